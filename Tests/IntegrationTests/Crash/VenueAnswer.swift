import Shared

/// What the venue makes of one order: the columns of the crash matrix. Each comes in two ways, by the cell's seed.
enum VenueAnswer: String, CaseIterable, Sendable {
  case ok
  /// Answered `delayed` and matched later; or an answer that takes its time.
  case delayed
  /// It never reaches the book: a failure without a look at it; or the connection breaks, and once more when it is tried again.
  case lost
  /// Taken, and then called a duplicate; or the connection breaks after it was taken, so that the same bytes come twice.
  case duplicated
  /// Taken, never answered; or answered byte by byte.
  case timeoutAfterAccept = "timeout_after_accept"
  /// Taken when its sender has long given it up.
  case lateAccept = "late_accept"
  /// Matched, and the chain refuses the trade.
  case matchedThenFailed = "matched_then_failed"

  /// How long the gateway waits for an answer, in milliseconds.
  static let patience: Int64 = 400
  /// When a late order is taken, in milliseconds after it was sent.
  static let lateAfter: Int64 = patience + 50

  /// Prepares the venue for it, for one order.
  func arm(_ bench: GatewayBench, second: Bool) throws {
    func post(_ kind: String, _ more: [JSON.Member] = [], count: Int64 = 1) throws {
      let rule: [JSON.Member] = [
        .init("endpoint", "POST /order"), .init("kind", .string(kind)), .init("count", .int(count)),
      ]
      try bench.faults([.object(rule + more)])
    }
    switch self {
    case .ok: break
    case .delayed where second: try post("delay", [.init("ms", .int(Self.patience / 2))])
    case .delayed: try bench.request("POST", "/sim/delayed", [["market": "*", "ms": 200, "count": 1]])
    case .lost where second: try post("cut", count: 2)
    case .lost: try post("error")
    case .duplicated where second: try post("cut_answer")
    case .duplicated:
      try post("error_after", [.init("status", 400), .init("body", #"{"error":"order is invalid. Duplicated."}"#)])
    case .timeoutAfterAccept where second: try post("drip_answer")
    case .timeoutAfterAccept: try post("drop_answer")
    case .lateAccept: try post("late", [.init("ms", .int(Self.lateAfter))])
    case .matchedThenFailed: try bench.request("POST", "/sim/faults/settlement", [["kind": "fail", "count": 1]])
    }
  }

  /// How often any of it has struck since the venue was started.
  static func strikes(_ bench: GatewayBench) throws -> Int64 {
    try ["/sim/faults", "/sim/delayed", "/sim/faults/settlement"].reduce(0) { sum, path in
      sum + (try bench.get(path)["hits"]?.int ?? 0)
    }
  }

  /// What has not struck does not strike any more.
  static func disarm(_ bench: GatewayBench) throws {
    for path in ["/sim/faults", "/sim/delayed", "/sim/faults/settlement"] { try bench.request("POST", path, []) }
  }
}
