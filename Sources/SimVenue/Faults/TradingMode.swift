import Shared

/// What the venue lets its traders do (protocol document, section 2.17). Set by the fault console; a restart ends by itself, in a time in
/// which orders may only rest.
struct TradingMode: Hashable, Sendable {
  enum Kind: String, Hashable, Sendable, CaseIterable {
    case normal
    /// The matching engine is away: 425 for everything about orders.
    case restart
    case postOnly = "post_only"
    case cancelOnly = "cancel_only"
    case disabled
  }

  private var kind = Kind.normal
  private var until: WallTime?
  private var postOnlyUntil: WallTime?

  init() {}

  /// `{"mode": …, "ms": …, "post_only_ms": …}`: for how long, for a restart also how long only resting orders are taken afterwards.
  init(_ value: WireValue, at wall: WallTime) throws(FaultProblem) {
    kind = try FaultProblem.word(value, "mode")
    func milliseconds(_ name: String) throws(FaultProblem) -> Int64? {
      guard let item = value[name] else { return nil }
      guard let number = item.asNumber, (1...86_400_000).contains(number) else {
        throw FaultProblem("\(name) is between 1 and 86400000")
      }
      return number
    }
    until = try milliseconds("ms").map { wall.advanced(by: .milliseconds($0)) }
    if kind == .restart {
      let begin = until ?? wall.advanced(by: .seconds(90))
      until = begin
      postOnlyUntil = begin.advanced(by: .milliseconds(try milliseconds("post_only_ms") ?? 120_000))
    }
  }

  /// What is in force, and for how many more seconds.
  func current(at wall: WallTime) -> (kind: Kind, seconds: Int64?) {
    func left(_ end: WallTime) -> Int64 { max(1, (end.since(wall).milliseconds + 999) / 1000) }
    if let until, wall < until { return (kind, left(until)) }
    if let postOnlyUntil { return wall < postOnlyUntil ? (.postOnly, left(postOnlyUntil)) : (.normal, nil) }
    return until == nil ? (kind, nil) : (.normal, nil)
  }

  /// The refusal of a request, if the mode forbids it.
  /// - Parameter isPostOnly: every order of it is.
  func refusal(
    _ method: String, _ path: String, isPostOnly: @autoclosure () -> Bool, at wall: WallTime
  ) -> Answer? {
    let isNew = method == "POST" && (path == "/order" || path == "/orders")
    let isCancel = method == "DELETE" && (path == "/order" || path == "/orders" || path.hasPrefix("/cancel-"))
    guard isNew || isCancel else { return nil }
    let (kind, seconds) = current(at: wall)
    switch kind {
    case .normal: return nil
    case .restart:
      var answer = Answer.refused(425, "matching engine is restarting")
      answer.retryAfter = seconds
      return answer
    case .postOnly:
      guard isNew, !isPostOnly() else { return nil }
      let text = "post-only mode: only post-only orders and cancels are allowed"
      let body = WireValue.object(
        ("error", .text(text)), ("code", "post_only_mode"), ("retry_after_seconds", .integer(seconds ?? 0)))
      return Answer(status: 503, body: body.bytes, decision: text)
    case .cancelOnly:
      guard isNew else { return nil }
      return .refused(503, "Trading is currently cancel-only. New orders are not accepted, but cancels are allowed.")
    case .disabled: return .refused(503, "Trading is currently disabled. Check polymarket.com for updates")
    }
  }

  func shown(at wall: WallTime) -> WireValue {
    let (kind, seconds) = current(at: wall)
    return .object(("mode", .text(kind.rawValue)), ("seconds_left", seconds.map { .integer($0) } ?? .null))
  }
}
