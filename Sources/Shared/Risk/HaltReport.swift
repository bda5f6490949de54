/// What a halt says, in one message: why, which account, what is still open, what was sold and what is left, what `floor resume` will and will
/// not do.
public struct HaltReport: Hashable, Sendable {
  /// What becomes of what is held.
  public enum Fate: Hashable, Sendable {
    /// The policy is to hold.
    case held
    /// The policy is to close, and this halt may not.
    case doubted
    /// It is to be sold.
    case pending
    case closed(HaltClosing.Result)
  }

  public let why: String
  public let account: String
  public let finding: FlatProof.Finding
  /// Positions that are held, and what they cost.
  public let positions: Int
  public let cost: USD
  public let fate: Fate
  /// Positions were read after everything that has been recorded.
  public let isFresh: Bool

  public init(
    why: String, account: String, finding: FlatProof.Finding, positions: Int, cost: USD, fate: Fate = .held,
    isFresh: Bool = true
  ) {
    self.why = why
    self.account = account
    self.finding = finding
    self.positions = positions
    self.cost = cost
    self.fate = fate
    self.isFresh = isFresh
  }

  public var isFlat: Bool { if case .flat = finding { true } else { false } }

  /// Whether a message of this kind says that nothing is open.
  public static func saysFlat(_ text: String) -> Bool { text.contains(flatWord) }

  private static let flatWord = ": FLAT after "

  /// Whether it says that something is still to be sold, and a last message will follow.
  public static func isPending(_ text: String) -> Bool { text.contains(pendingWord) }

  private static let pendingWord = "What is held is to be sold."

  /// Whether it says that something is held that was to be sold.
  public static func leaves(_ text: String) -> Bool { text.contains(leftWord) }

  private static let leftWord = " Not sold: "

  /// The stable code of its event.
  public var code: String {
    if !isFlat { return "not_flat" }
    if case .closed = fate { return "halt_closed" }
    return "halt_flat"
  }

  public var text: String { "HALTED (\(why.prefix(160))). Account \(account)\(open). \(held) \(Self.resume)" }

  private var held: String {
    switch fate {
    case .closed(let result): return Self.words(result)
    case .pending: return Self.pendingWord
    case .held, .doubted: if positions == 0, isFresh { return Self.nothing }
    }
    let what = positions == 0 ? "Nothing was held" : "Held: shares of \(positions) outcomes, cost \(cost)"
    let why = fate == .held ? "a halt sells nothing" : "a halt that doubts books or venue sells nothing"
    return what + (isFresh ? "" : ", when that was last read") + "; \(why)."
  }

  private static let nothing = "Nothing is held."

  private static func words(_ result: HaltClosing.Result) -> String {
    if result.sold == 0, result.left.isEmpty { return nothing }
    let sold = "Sold: all of \(result.sold) positions, and for all that was sold came \(result.proceeds)."
    if result.left.isEmpty { return sold + " " + nothing }
    let more = result.left.count > 4 ? "; \(result.left.count - 4) more" : ""
    return sold + leftWord + result.left.prefix(4).joined(separator: "; ") + more + "."
  }

  private var open: String {
    switch finding {
    case .flat(let after): "\(Self.flatWord)\(after.milliseconds) ms, no order is open by the venue's own list"
    case .notFlat(let after, let obstacles):
      ": NOT FLAT after \(after.milliseconds) ms: " + obstacles.map(Self.words).joined(separator: "; ")
        + "; it is asked again"
    }
  }

  private static let resume =
    "floor resume removes the halt file and opens the latch: REDUCE_ONLY, then by itself. It brings back no order and lifts no other limit."

  private static func words(_ obstacle: FlatProof.Obstacle) -> String {
    switch obstacle {
    case .notReady: "the gateway has not read its orders yet"
    case .silent(let time): "the venue has not said for \(time.milliseconds) ms what is open"
    case .listed(let orders):
      "the venue lists \(orders.count): "
        + orders.prefix(3).map { $0.text.prefix(12) + "…" }.joined(separator: ", ")
    case .sending(let count): "\(count) sent without an answer"
    case .unknown(let count): "\(count) of unknown outcome"
    case .working(let count): "\(count) whose end is not known"
    }
  }
}
