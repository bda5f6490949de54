/// Buys in the direction of recent movement: up → YES, down → NO.
public typealias MomentumStrategy = DirectionalStrategy<MomentumSignal>

/// The figure now against the last one known `lookback_s` ago.
public struct MomentumSignal: FigureSignal, Hashable {
  public static let kind = StrategyKind(
    name: "momentum",
    summary:
      "Buys the side the price is moving to: YES after a rise, NO after a fall, by at least the threshold in the lookback.",
    parameters: [
      StrategyParameter(
        ConfigKey(
          "lookback_s", .whole(1...14_400, .seconds), builtIn: "300",
          "How far back the price is compared with (market time)."), mutation: 10...1800)
    ] + SignalThreshold.parameters(reference: "0.5", tokenMid: "0.05")
      + TradeRules.parameters(takeProfit: "0.08", stopLoss: "0.10", holdingSeconds: "180", cooldownSeconds: "60"))

  private let lookback: Duration
  private let threshold: SignalThreshold
  private var rate: RateOfChange

  public init(_ parameters: StrategyParameters, input: TradeRules.Input) {
    lookback = parameters.duration("lookback_s")
    threshold = SignalThreshold(parameters, input: input)
    rate = RateOfChange(lookback: lookback)
  }

  public var latest: MarketTime? { rate.latest }

  public mutating func observe(_ value: Int64, at time: MarketTime) { rate.add(value, at: time) }

  public var reading: SignalReading {
    guard let change = rate.change else { return .warmingUp(known: rate.coverage, needed: lookback) }
    let side = threshold.side(of: change.to.value, from: change.from.value)
    if side == 0 { return .quiet }
    let evidence = SignalEvidence(
      base: .lastKnown, lookback: lookback, threshold: threshold, baseValue: change.from.value, value: change.to.value,
      valueTime: change.to.time)
    return side > 0
      ? .toward(.yes, reason: "momentum_up", evidence: evidence.json)
      : .toward(.no, reason: "momentum_down", evidence: evidence.json)
  }

  /// Momentum has no goal of its own: its exits are price and time.
  public func targetReached(holding outcome: Outcome) -> Bool { false }

  public var checkpoint: JSON { rate.checkpoint }
  public mutating func restore(_ checkpoint: JSON) -> Bool { rate.restore(checkpoint) }
}
