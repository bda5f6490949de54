/// What the oracle says of a market's outcome.
struct OracleStep: Hashable, Sendable {
  enum Status: String, Hashable, Sendable {
    case proposed
    case disputed
    /// Closed without a result: both payouts are nothing.
    case empty
    case resolved
  }

  var status: Status
  /// Of outcome 0 and 1, in 10⁻⁶ dollars a share.
  var payouts: [Int64]
}
