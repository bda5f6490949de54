import Shared

/// What the boss remembers of the orders under way: only what spares it needless questions. Everything that matters is in the record.
struct OrderDesk {
  /// A look at the record is under way; another one was asked for meanwhile.
  var isLooking = false
  var lookAgain = false
  /// Orders whose step is being performed now.
  var busy: Set<RosterOrder.Source> = []
  /// Agents whose status is being written because of their process.
  var statusesUnderWay: Set<String> = []
  /// What a waiting order waits for, so that it is logged once.
  var waits: [RosterOrder.Source: String] = [:]
}
