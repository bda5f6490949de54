-- System health events
SELECT * FROM system_events
WHERE severity IN ('ERROR', 'CRITICAL')
ORDER BY timestamp DESC
LIMIT 50;
