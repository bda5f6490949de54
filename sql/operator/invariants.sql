-- What must never be: every row of the answer is a broken invariant. An empty answer is health.
SELECT 'ledger transaction sums to zero' AS invariant, tx_id::text || ' ' || asset AS subject, sum(amount)::text AS found
  FROM ledger_entries GROUP BY tx_id, asset HAVING sum(amount) <> 0
UNION ALL
SELECT 'balance is the sum of its entries', account || ' ' || asset, coalesce(b.balance, 0) || ' against ' || coalesce(e.total, 0)
  FROM ledger_balances b FULL JOIN (SELECT account, asset, sum(amount) AS total FROM ledger_entries GROUP BY 1, 2) e USING (account, asset)
 WHERE coalesce(b.balance, 0) <> coalesce(e.total, 0)
UNION ALL
SELECT 'cash is allocated + realized - invested', a.name, account_balance('agent:' || a.id) || ' against ' || (l.allocated + l.realized - l.invested)
  FROM allocations l JOIN agents a ON a.id = l.agent_id WHERE account_balance('agent:' || a.id) <> l.allocated + l.realized - l.invested
UNION ALL
SELECT 'shares held are shares in the ledger', x.agent_id || ' ' || x.token_id, x.shares || ' against ' || account_balance('agent:' || x.agent_id, x.token_id)
  FROM positions x WHERE x.shares <> account_balance('agent:' || x.agent_id, x.token_id)
UNION ALL
SELECT 'invested is the cost of what is held', l.agent_id::text, l.invested || ' against ' || coalesce(sum(x.cost + x.fees), 0)
  FROM allocations l LEFT JOIN positions x ON x.agent_id = l.agent_id GROUP BY l.agent_id, l.invested
HAVING l.invested <> coalesce(sum(x.cost + x.fees), 0)
UNION ALL
SELECT 'reserved is what open orders reserve', l.agent_id::text, l.reserved || ' against ' || coalesce(sum(s.reserved), 0)
  FROM allocations l LEFT JOIN order_state s ON s.agent_id = l.agent_id GROUP BY l.agent_id, l.reserved HAVING l.reserved <> coalesce(sum(s.reserved), 0)
UNION ALL
SELECT 'reserved shares are what open sales reserve', x.agent_id || ' ' || x.token_id, x.reserved_shares || ' against ' || coalesce(sum(s.reserved_shares), 0)
  FROM positions x LEFT JOIN order_state s ON s.agent_id = x.agent_id AND s.token_id = x.token_id
 GROUP BY x.agent_id, x.token_id, x.reserved_shares HAVING x.reserved_shares <> coalesce(sum(s.reserved_shares), 0)
UNION ALL
SELECT 'realized is what fills and settlements realised', l.agent_id::text, l.realized_total || ' against ' || coalesce(sum(r.realized), 0)
  FROM allocations l LEFT JOIN realized_events r ON r.agent_id = l.agent_id GROUP BY l.agent_id, l.realized_total
HAVING l.realized_total <> coalesce(sum(r.realized), 0)
UNION ALL
SELECT 'days sum to what was realised', l.agent_id::text, l.realized_total || ' against ' || coalesce(sum(d.realized), 0)
  FROM allocations l LEFT JOIN agent_days d ON d.agent_id = l.agent_id GROUP BY l.agent_id, l.realized_total
HAVING l.realized_total <> coalesce(sum(d.realized), 0)
UNION ALL
SELECT 'filled is the sum of standing fills', s.order_id, s.filled || ' against ' || coalesce(sum(f.size) FILTER (WHERE fs.voided_at IS NULL), 0)
  FROM order_state s LEFT JOIN fills f USING (order_id) LEFT JOIN fill_state fs USING (venue_trade_id, order_id)
 GROUP BY s.order_id, s.filled HAVING s.filled <> coalesce(sum(f.size) FILTER (WHERE fs.voided_at IS NULL), 0)
UNION ALL
SELECT 'one order an intent', intent_id, count(*)::text FROM orders GROUP BY intent_id HAVING count(*) > 1
UNION ALL
SELECT 'exposure is reserved plus invested', m.slug, m.open || ' against ' || t.worst
  FROM market_exposure m JOIN LATERAL (
    SELECT coalesce((SELECT sum(s.reserved) FROM order_state s JOIN orders o USING (order_id) WHERE o.slug = m.slug), 0)
         + coalesce((SELECT sum(x.cost + x.fees) FROM positions x JOIN tokens k USING (token_id) WHERE k.slug = m.slug), 0) AS worst) t ON true
 WHERE m.open <> t.worst
UNION ALL
SELECT 'allocations stay under the cap', 'floor', sum(l.allocated) || ' over ' || f.allocation_cap
  FROM allocations l, floor_state f GROUP BY f.allocation_cap HAVING sum(l.allocated) > f.allocation_cap
UNION ALL
SELECT 'order events are numbered without gaps', agent_id::text, count(*) || ' events, last ' || max(cursor)
  FROM order_events GROUP BY agent_id HAVING count(*) <> max(cursor)
UNION ALL
SELECT 'an order belongs to an intent, an agent, a market and its token', o.order_id, concat_ws(' ', i.id, a.name, t.token_id)
  FROM orders o LEFT JOIN intents i ON i.id = o.intent_id LEFT JOIN agents a ON a.id = o.agent_id
  LEFT JOIN tokens t ON t.token_id = o.token_id AND t.slug = o.slug
 WHERE i.id IS NULL OR i.agent_id <> o.agent_id OR i.result <> 'accepted' OR a.id IS NULL OR t.token_id IS NULL
UNION ALL
SELECT 'an order has one state, and a state its order', coalesce(o.order_id, s.order_id), coalesce(s.state, 'none')
  FROM orders o FULL JOIN order_state s USING (order_id)
 WHERE o.order_id IS NULL OR s.order_id IS NULL OR o.agent_id <> s.agent_id OR o.token_id <> s.token_id
UNION ALL
SELECT 'a fill is of its order, and has one state', coalesce(f.venue_trade_id, s.venue_trade_id), coalesce(f.order_id, s.order_id)
  FROM fills f FULL JOIN fill_state s USING (venue_trade_id, order_id) LEFT JOIN orders o ON o.order_id = f.order_id
 WHERE o.order_id IS NULL OR s.order_id IS NULL OR (f.agent_id, f.token_id, f.side) <> (o.agent_id, o.token_id, o.side)
UNION ALL
SELECT 'a ledger line is of a transaction', e.tx_id::text, e.line::text
  FROM ledger_entries e LEFT JOIN ledger_transactions t USING (tx_id) WHERE t.tx_id IS NULL
UNION ALL
SELECT 'an intent and an event belong to an agent', x.what, x.agent_id::text
  FROM (SELECT id AS what, agent_id FROM intents UNION ALL SELECT agent_id || '/' || cursor, agent_id FROM order_events) x
  LEFT JOIN agents a ON a.id = x.agent_id WHERE a.id IS NULL
UNION ALL
SELECT 'an allocation covers the worst case', l.agent_id::text, l.reserved || ' + ' || l.invested || ' of ' || l.allocated
  FROM allocations l
 WHERE l.allocated < 0 OR l.reserved < 0 OR l.invested < 0 OR l.overdrawn < 0
    OR l.reserved + l.invested > l.allocated + least(l.realized, 0) + l.overdrawn
UNION ALL
SELECT 'an ended order reserves nothing', s.order_id, s.state || ' ' || s.reserved || ' ' || s.reserved_shares
  FROM order_state s WHERE order_state_is_final(s.state) AND (s.reserved <> 0 OR s.reserved_shares <> 0)
UNION ALL
SELECT 'an order is between 0 and 1 dollar a share', o.order_id, o.price || ' ' || o.size || ' ' || o.worst
  FROM orders o WHERE o.price <= 0 OR o.price >= 1 OR o.size <= 0 OR o.worst < 0;
