-- What each agent's present life came to (floor why AGENT takes it apart down to the orders)
SELECT DISTINCT ON (a.name) a.name, c.at, c.evaluations, c.quiet, c.refused, c.signals, c.reasons
FROM evaluation_counts c JOIN agents a ON a.id = c.agent_id AND a.epoch = c.epoch
ORDER BY a.name, c.slot DESC;
