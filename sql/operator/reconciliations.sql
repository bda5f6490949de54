-- Comparisons of venue and record, and what differed (floor reconcile --now asks for one)
SELECT ended_at, why, requested_by, compared, passed, differences, failure FROM reconciliations
WHERE ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT 20;
