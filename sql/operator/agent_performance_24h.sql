-- Agent performance (24h)
SELECT
    a.name,
    COUNT(t.id) as trades,
    SUM(t.pnl) as pnl,
    AVG(CASE WHEN t.pnl > 0 THEN 1 ELSE 0 END) * 100 as win_rate
FROM agents a
LEFT JOIN trades t ON t.agent_id = a.id
WHERE t.executed_at > NOW() - INTERVAL '24 hours'
GROUP BY a.name;
