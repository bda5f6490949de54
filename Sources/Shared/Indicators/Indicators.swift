// Indicators: figures over a stretch of market time, kept up to date with each observation. Uses `Values`, `Runtime` and `Market`.
//
//   RollingWindow   what was known, and since when, over the last `span`     RateOfChange   now against `span` ago
//   RollingMean     time-weighted mean and deviation over the last `span`
//   StepClock       the figure at moments of a grid, for those that count    ExponentialMean   mean and deviation, the newest first
//   CumulativeSum   a change detector, in price points or deviations         AverageRange      how far a bar of time travels
//   BookFigures     spread, depth and imbalance of a book                   FlowWindow        what moved lately against what is usual
//
// All are defined on time, never on counts of observations: a feed that speaks twice as often gives the same figures. The rolling ones
// work on whole numbers (10⁻⁶ of whatever is observed) with exact sums, so the figure after a million observations is bit for bit the
// one recomputed from the recording; the stepped ones are `Double` recursions, the same for the same steps. Constant work an observation
// on average, bounded memory, no allocation once warm.
