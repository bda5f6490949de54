// Indicators: figures over a stretch of market time, kept up to date with each observation. Uses `Values` and `Runtime`.
//
//   RollingWindow   what was known, and since when, over the last `span`     RateOfChange   now against `span` ago
//   RollingMean     time-weighted mean and deviation over the last `span`
//
// All are defined on time, never on counts: a feed that speaks twice as often gives the same figures. Values are whole numbers (10⁻⁶
// of whatever is observed) and sums are exact, so the figure after a million observations is bit for bit the one recomputed from
// the recording. Constant work an observation on average, bounded memory, no allocation once warm.
