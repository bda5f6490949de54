/// What the racers share a dollar of.
enum AllocationScope: String, CaseIterable, Sendable {
  /// All sessions speak for one agent, which has one dollar allocated.
  case agent
  /// Every session speaks for an agent of its own, with more than enough allocated, in one market that is capped at one dollar.
  case market
}

/// How an admission keeps the limit.
enum AllocationForm: String, CaseIterable, Sendable {
  /// The floor's own: `submit_intent`, one call.
  case floor
  /// Read, compare, write, in READ COMMITTED.
  case unlocked
  /// The same, reading with FOR UPDATE.
  case locked
  /// The same as `unlocked` in SERIALIZABLE, again after each conflict.
  case serializable
  /// The same as `unlocked` under an advisory lock of what is shared.
  case advisory

  var words: String {
    switch self {
    case .floor: "submit_intent, one call"
    case .unlocked: "read, then write"
    case .locked: "SELECT FOR UPDATE, then UPDATE"
    case .serializable: "SERIALIZABLE with retry"
    case .advisory: "advisory lock"
    }
  }
}
