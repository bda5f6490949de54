-- Every agent: capital, result, lineage
SELECT p.name, p.strategy, p.status, p.generation, parent.name AS parent, p.allocated, p.free, p.trades, p.wins, p.pnl, p.fees, d.realized AS today
FROM agent_pnl p
JOIN agents a ON a.id = p.agent_id
LEFT JOIN agents parent ON parent.id = a.parent_id
LEFT JOIN agent_day_pnl d ON d.agent_id = p.agent_id
ORDER BY p.status, p.name;
