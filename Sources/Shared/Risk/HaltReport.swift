/// What a halt says, in one message: why, which account, what is still open, what `floor resume` will and will not do.
public struct HaltReport: Hashable, Sendable {
  public let why: String
  public let account: String
  public let finding: FlatProof.Finding
  /// Positions that are held, and what they cost.
  public let positions: Int
  public let cost: USD

  public init(why: String, account: String, finding: FlatProof.Finding, positions: Int, cost: USD) {
    self.why = why
    self.account = account
    self.finding = finding
    self.positions = positions
    self.cost = cost
  }

  public var isFlat: Bool { if case .flat = finding { true } else { false } }

  /// Whether a message of this kind says that nothing is open.
  public static func saysFlat(_ text: String) -> Bool { text.contains(flatWord) }

  private static let flatWord = ": FLAT after "

  public var text: String {
    let held =
      positions == 0 ? "Nothing is held." : "Held: shares of \(positions) outcomes, cost \(cost); a halt sells nothing."
    return "HALTED (\(why.prefix(160))). Account \(account)\(open). \(held) \(Self.resume)"
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
