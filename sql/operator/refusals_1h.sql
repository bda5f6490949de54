-- Why intents were denied in the last hour
SELECT a.name, i.denial, count(*) AS times, max(i.created_at) AS last
FROM intents i JOIN agents a ON a.id = i.agent_id
WHERE i.result = 'denied' AND i.created_at > NOW() - INTERVAL '1 hour'
GROUP BY 1, 2 ORDER BY times DESC;
