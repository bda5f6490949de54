-- Recent trades
SELECT * FROM trades ORDER BY executed_at DESC LIMIT 20;
