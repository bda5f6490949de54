/// The figures under a directional decision, as the decision row keeps them: enough to find them again in a recording.
public struct SignalEvidence: Hashable, Sendable {
  public enum Base: String, Hashable, Sendable {
    /// The last value known at or before the lookback's start.
    case lastKnown = "last_known"
    /// The time-weighted mean over the lookback.
    case mean
  }

  public var input: TradeRules.Input
  public var base: Base
  public var lookback: Duration
  public var threshold: SignalThreshold
  /// What the figure is measured against, at 10⁻⁶.
  public var baseValue: Int64
  /// The figure, at 10⁻⁶, and its time.
  public var value: Int64
  public var valueTime: MarketTime

  public init(
    base: Base, lookback: Duration, threshold: SignalThreshold, baseValue: Int64, value: Int64, valueTime: MarketTime
  ) {
    input = threshold.input
    self.base = base
    self.lookback = lookback
    self.threshold = threshold
    self.baseValue = baseValue
    self.value = value
    self.valueTime = valueTime
  }

  public var json: JSON {
    let unit = input == .reference ? "threshold_pct" : "threshold_points"
    return [
      "input": .string(input.rawValue), "base": .string(base.rawValue), "lookback_ms": .int(lookback.milliseconds),
      unit: .micros(threshold.micros), "base_value": .micros(baseValue),
      "value": .micros(value), "value_ns": .int(valueTime.nanoseconds),
    ]
  }

  public init(_ json: JSON) throws(MessageError) {
    let fields = try MessageFields(json, prefix: "evidence")
    input = try fields.word("input")
    base = try fields.word("base")
    lookback = .milliseconds(try fields.int("lookback_ms"))
    let unit = input == .reference ? "threshold_pct" : "threshold_points"
    threshold = SignalThreshold(input: input, micros: try fields.usd(unit).micros)
    baseValue = try fields.usd("base_value").micros
    value = try fields.usd("value").micros
    valueTime = try fields.time("value_ns")
  }
}
