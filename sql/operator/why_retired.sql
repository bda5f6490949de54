-- Verdicts on agents and the evidence behind them
SELECT v.at, a.name, v.verdict, v.made_by, v.reason, r.rule, r.evidence
FROM verdicts v JOIN agents a ON a.id = v.agent_id LEFT JOIN recommendations r ON r.id = v.recommendation_id
ORDER BY v.at DESC LIMIT 50;
