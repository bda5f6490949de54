-- What people and the desk read.
set local role floor_owner;

create view trades as
  select id, executed_at, market_at, agent_id, market, side, entry_price, exit_price, shares, cost, proceeds, fees, pnl, opened_at,
         opened_market_at, exit_reason, is_paper, token_id
    from trade_records where voided_at is null;
comment on view trades is 'Completed round trips that stand (a failed settlement voids one). executed_at is the wall time of the close.';

create view realized_events as
  select f.agent_id, f.executed_at as at, s.realized, f.fee, 'fill'::text as kind
    from fill_state s join fills f using (venue_trade_id, order_id) where s.voided_at is null
  union all
  select agent_id, settled_at, realized, 0, 'settlement' from settlements;
comment on view realized_events is 'Everything that realised profit or loss, with its time; sums to allocations.realized_total.';

create view agent_pnl as
  select a.id as agent_id, a.name, a.strategy, a.status, a.generation, l.allocated, l.reserved, l.invested, l.realized, l.realized_total,
         l.overdrawn, l.allocated + least(l.realized, 0) - l.reserved - l.invested as free,
         coalesce(t.trades, 0) as trades, coalesce(t.wins, 0) as wins, coalesce(t.pnl, 0) as pnl, coalesce(t.fees, 0) as fees, t.last_trade_at
    from agents a join allocations l on l.agent_id = a.id
    left join lateral (select count(*) as trades, count(*) filter (where pnl > 0) as wins, sum(pnl) as pnl, sum(fees) as fees,
                              max(executed_at) as last_trade_at
                         from trade_records r where r.agent_id = a.id and r.voided_at is null) t on true;

create view agent_day_pnl as
  select a.id as agent_id, a.name, coalesce(e.realized, 0) as realized, coalesce(t.trades, 0) as trades, coalesce(t.wins, 0) as wins,
         coalesce(t.losses, 0) as losses, s.losses_in_a_row
    from agents a
    left join lateral (
      select sum(r.realized) as realized from (
        select fs.realized from fills f join fill_state fs using (venue_trade_id, order_id)
         where f.agent_id = a.id and fs.voided_at is null and f.executed_at >= date_trunc('day', now(), 'UTC')
        union all
        select x.realized from settlements x where x.agent_id = a.id and x.settled_at >= date_trunc('day', now(), 'UTC')) r) e on true
    left join lateral (
      select count(*) as trades, count(*) filter (where pnl > 0) as wins, count(*) filter (where pnl < 0) as losses
        from trade_records r where r.agent_id = a.id and r.voided_at is null and r.executed_at >= date_trunc('day', now(), 'UTC')) t on true
    left join lateral (
      select count(*) as losses_in_a_row from trade_records r
       where r.agent_id = a.id and r.voided_at is null and r.pnl < 0
         and r.executed_at > coalesce((select max(w.executed_at) from trade_records w
                                        where w.agent_id = a.id and w.voided_at is null and w.pnl >= 0), '-infinity')) s on true;
comment on view agent_day_pnl is 'Realised since 00:00 UTC, net of fees.';

create view positions_view as
  select a.name as agent, t.slug as market, t.outcome, x.shares, x.reserved_shares, x.cost, x.fees,
         case when x.shares <> 0 then round(x.cost / x.shares, 6) end as average_price, x.opened_at, x.opened_market_at, m.ends_at, m.state as market_state,
         x.deficient, x.agent_id, x.token_id
    from positions x join agents a on a.id = x.agent_id join tokens t using (token_id) join markets m using (slug)
   where x.shares <> 0;

create view open_orders as
  select o.order_id, a.name as agent, o.slug as market, o.outcome, o.side, o.type, o.price, o.size, s.filled, s.state, s.settlement, s.reserved,
         s.reserved_shares, s.reason, o.useful_until, o.created_at, s.updated_at, o.agent_id, o.token_id, o.intent_id
    from order_state s join orders o using (order_id) join agents a on a.id = o.agent_id
   where not order_state_is_final(s.state);

create view exposure as
  select m.slug as market, m.series, m.state, m.ends_at, e.open, e.cap from market_exposure e join markets m using (slug) where e.open > 0;

create view floor_overview as
  select f.mode, f.reason, f.halted, f.latched_by, f.is_paper, f.capital, f.allocation_cap, f.updated_at,
         account_balance('treasury') as treasury,
         (select coalesce(sum(balance), 0) from ledger_balances where asset = 'USD' and (account = 'treasury' or account like 'agent:%')) as cash,
         (select coalesce(sum(allocated), 0) from allocations) as allocated, (select coalesce(sum(reserved), 0) from allocations) as reserved,
         (select coalesce(sum(invested), 0) from allocations) as invested,
         (select coalesce(sum(realized), 0) from agent_day_pnl) as day_pnl,
         (select count(*) from agents where status = 'RUNNING') as agents_running, (select count(*) from agents where status <> 'RETIRED') as agents,
         (select count(*) from order_state where not order_state_is_final(state)) as open_orders,
         (select count(*) from order_state where state = 'UNKNOWN') as unknown_orders,
         (select count(*) from positions where shares <> 0) as open_positions,
         (select count(*) from trade_records where voided_at is null and executed_at >= date_trunc('day', now(), 'UTC')) as trades_today
    from floor_state f;

create view waiting_recommendations as
  select r.*, a.name as agent from recommendations r join agents a on a.id = r.agent_id
   where r.expires_at > clock_timestamp() and not exists (select from verdicts v where v.recommendation_id = r.id);

reset role;
