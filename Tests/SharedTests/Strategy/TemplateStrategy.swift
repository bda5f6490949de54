@testable import Shared

/// Follows a trend: buys the side on which the fast average of the figure lies, when it is away from the slow one by the threshold.
public typealias CrossingStrategy = DirectionalStrategy<CrossingSignal>

/// The fast exponential mean of a figure against the slow one, once every `step_ms`.
public struct CrossingSignal: FigureSignal, Hashable {
  public static let kind = StrategyKind(
    name: "crossing",
    summary: "Buys the side on which the fast average lies of the slow one: YES above it, NO below.",
    parameters: [
      StrategyParameter(
        ConfigKey(
          "step_ms", .whole(100...60_000, .milliseconds), builtIn: "1000",
          "How often the figure is looked at (market time).")),
      StrategyParameter(
        ConfigKey("fast_span_count", .whole(1...1000, .count), builtIn: "10", "Steps that the fast average remembers."),
        mutation: 2...60),
      StrategyParameter(
        ConfigKey("slow_span_count", .whole(2...4000, .count), builtIn: "60", "Steps that the slow average remembers."),
        mutation: 20...600),
    ] + SignalThreshold.parameters(reference: "0.1", tokenMid: "0.02")
      + TradeRules.parameters(takeProfit: "0.08", stopLoss: "0.08", holdingSeconds: "180", cooldownSeconds: "60"))

  private let input: TradeRules.Input
  private let threshold: SignalThreshold
  private var clock: StepClock
  private var fast: ExponentialMean
  private var slow: ExponentialMean

  public init(_ parameters: StrategyParameters, input: TradeRules.Input) {
    self.input = input
    threshold = SignalThreshold(parameters, input: input)
    clock = StepClock(step: parameters.duration("step_ms"))
    fast = ExponentialMean(span: parameters.whole("fast_span_count"))
    slow = ExponentialMean(span: parameters.whole("slow_span_count"))
  }

  public static func problems(_ parameters: StrategyParameters, input: TradeRules.Input) -> [String] {
    parameters.whole("fast_span_count") < parameters.whole("slow_span_count")
      ? [] : ["fast_span_count must be below slow_span_count, or the fast average is the slow one"]
  }

  public var latest: MarketTime? { clock.newest?.time }

  public mutating func observe(_ value: Int64, at time: MarketTime) {
    // Only steps that are over count: a feed that speaks twice as often makes the same averages.
    guard let steps = clock.add(value, at: time) else { return }
    fast.add(Double(steps.value), times: steps.count)
    slow.add(Double(steps.value), times: steps.count)
  }

  public var reading: SignalReading {
    guard slow.isWarm else { return .warmingUp(known: clock.step * slow.count, needed: clock.step * slow.span) }
    let (value, base) = (Int64(fast.mean.rounded()), Int64(slow.mean.rounded()))
    let side = threshold.side(of: value, from: base)
    if side == 0 { return .quiet }
    return .toward(
      side > 0 ? .yes : .no, reason: side > 0 ? "crossing_up" : "crossing_down",
      evidence: ["input": .string(input.rawValue), "fast_value": .micros(value), "slow_value": .micros(base)])
  }

  /// The exits are price and time.
  public func targetReached(holding outcome: Outcome) -> Bool { false }

  public var checkpoint: JSON {
    ["clock": clock.checkpoint, "fast": fast.checkpoint, "slow": slow.checkpoint]
  }

  public mutating func restore(_ checkpoint: JSON) -> Bool {
    var new = self
    guard let clock = checkpoint["clock"], let fast = checkpoint["fast"], let slow = checkpoint["slow"],
      new.clock.restore(clock), new.fast.restore(fast), new.slow.restore(slow)
    else { return false }
    self = new
    return true
  }
}
