/// Exits measured in how far the token's price travels (S0-64, S0-65, S0-67, S0-68), beside or instead of those in fixed dollars a share
/// (C-17). The range is the average true range of the YES book's middle; it is the same for NO, whose price is the complement. Pure.
public struct VolatilityExits: Hashable, Sendable {
  public enum Policy: String, Hashable, Sendable, CaseIterable {
    /// `take_profit_points` and `stop_loss_points`.
    case fixed
    /// Multiples of the range; until it is known, and where a multiple is 0, the fixed ones.
    case atr
    /// The nearer of the two, for stop and target alike.
    case tighter
  }

  public let policy: Policy
  public let bar: Duration
  public let period: Int64
  /// Multiples, in millionths; 0 is off.
  public let profitMultiple: Int64
  public let stopMultiple: Int64
  public let trailMultiple: Int64

  init(_ parameters: StrategyParameters) {
    guard let policy = Policy(rawValue: parameters.word("exit_policy")) else {
      preconditionFailure("the words of the policies and of the key are the same")
    }
    self.policy = policy
    bar = parameters.duration("atr_bar_s")
    period = parameters.whole("atr_period_count")
    profitMultiple = parameters.micros("atr_profit_ratio")
    stopMultiple = parameters.micros("atr_stop_ratio")
    trailMultiple = parameters.micros("atr_trail_ratio")
  }

  /// Whether the range of every market has to be known.
  public var needsRange: Bool { policy != .fixed || trailMultiple > 0 }

  public var emptyRange: AverageRange { AverageRange(bar: bar, period: period) }

  /// How far from the price paid a position's exits lie.
  /// - Parameter range: at the entry, at 10⁻⁶ dollars a share; `nil` while it is unknown.
  public func levels(range: Double?, _ rules: TradeRules) -> ExitLevels {
    func measured(_ multiple: Int64) -> Int64? {
      guard policy != .fixed else { return nil }
      return distance(multiple, range)
    }
    func chosen(_ fixed: Int64, _ multiple: Int64) -> Int64? {
      let fixed = fixed > 0 ? fixed : nil
      guard let measured = measured(multiple) else { return fixed }
      return policy == .tighter ? min(measured, fixed ?? measured) : measured
    }
    return ExitLevels(
      takeProfit: chosen(rules.takeProfit, profitMultiple), stopLoss: chosen(rules.stopLoss, stopMultiple))
  }

  /// The bid at which a position that was in profit is sold: so far below the highest bid since the entry. `nil` while it never was.
  public func trailingStop(peak: Price, paid: Price, range: Double?) -> Int64? {
    guard peak > paid, let distance = distance(trailMultiple, range) else { return nil }
    return peak.micros - distance
  }

  /// At least a millionth, so that a price that never moved does not sell at once for no loss.
  private func distance(_ multiple: Int64, _ range: Double?) -> Int64? {
    guard multiple > 0, let range, range > 0 else { return nil }
    return max(1, Int64((range * Double(multiple) / 1e6).rounded()))
  }

  static func parameters(policy: Policy) -> [StrategyParameter] {
    [
      .init(
        ConfigKey(
          "exit_policy", .word(Policy.allCases.map(\.rawValue)), builtIn: policy.rawValue,
          "Exits by fixed distances, by multiples of the token's average range (atr), or by the nearer of both (tighter)."
        )),
      .init(
        ConfigKey(
          "atr_bar_s", .whole(1...3600, .seconds), builtIn: "5",
          "Length of the bars whose ranges are averaged (market time).")),
      .init(
        ConfigKey(
          "atr_period_count", .whole(1...1000, .count), builtIn: "14", "How many bars the average range remembers."),
        mutation: 3...60),
      .init(
        ConfigKey(
          "atr_profit_ratio", .decimal(from: "0", to: "100", .ratio), builtIn: policy == .fixed ? "3" : "0",
          "Sell when the best bid is this many ranges above the price paid; 0 leaves it to take_profit_points."),
        mutableFrom: "0.5", to: "10"),
      .init(
        ConfigKey(
          "atr_stop_ratio", .decimal(from: "0", to: "100", .ratio), builtIn: "2",
          "Sell when the best bid is this many ranges below the price paid; 0 leaves it to stop_loss_points."),
        mutableFrom: "0.5", to: "10"),
      .init(
        ConfigKey(
          "atr_trail_ratio", .decimal(from: "0", to: "100", .ratio), builtIn: policy == .fixed ? "0" : "1.5",
          "Once in profit, sell when the best bid falls this many ranges below its highest since the entry; 0 is off."),
        mutableFrom: "0.5", to: "10"),
    ]
  }
}

/// Where a position's exits lie: distances from the price paid, and the bid of the trailing stop, all at 10⁻⁶. `nil`: none.
public struct ExitLevels: Hashable, Sendable {
  public var takeProfit: Int64?
  public var stopLoss: Int64?
  public var trailingStop: Int64?

  public init(takeProfit: Int64?, stopLoss: Int64?, trailingStop: Int64? = nil) {
    self.takeProfit = takeProfit
    self.stopLoss = stopLoss
    self.trailingStop = trailingStop
  }
}
