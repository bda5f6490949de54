// How agents are judged: statistics of completed trades, and the rule that turns them into advice. May use `Values` and `Runtime`.
// Ratios here are statistics and may be floating point; amounts of money stay exact.
