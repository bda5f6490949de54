// Mathematics: the functions of statistics that the language lacks. Uses nothing.
//
//   Elementary           exponential, logarithm, inverse tangent     NormalDistribution    Φ
//   StudentDistribution  its distribution function                   Odds                  logit and its inverse
//
// Written out here because Shared imports no C library, and because a decision that is replayed elsewhere must come out bit for bit: only
// additions, multiplications, divisions and square roots, which IEEE 754 fixes to the last digit. For statistics, never for money.
