/// Bets that the price returns to its average: far above the mean → NO, far below → YES.
public typealias MeanReversionStrategy = DirectionalStrategy<ReversionSignal>

/// The figure now against its time-weighted mean over the last `lookback_s`.
public struct ReversionSignal: FigureSignal, Hashable {
  public static let kind = StrategyKind(
    name: "reversion",
    summary:
      "Bets on the return to the average: NO when the price is above its mean by at least the threshold, YES when below.",
    parameters: [
      StrategyParameter(
        ConfigKey(
          "lookback_s", .whole(1...14_400, .seconds), builtIn: "600", "Over how long the mean is taken (market time)."),
        mutation: 20...3600),
      StrategyParameter(
        ConfigKey(
          "exit_on_return", .flag, builtIn: "true",
          "Sell when the price is back at its mean, whatever the token's price.")),
    ] + SignalThreshold.parameters(reference: "1", tokenMid: "0.08")
      + TradeRules.parameters(takeProfit: "0.10", stopLoss: "0.12", holdingSeconds: "300", cooldownSeconds: "90"))

  private let lookback: Duration
  private let threshold: SignalThreshold
  private let exitOnReturn: Bool
  private var history: RollingMean

  public init(_ parameters: StrategyParameters, input: TradeRules.Input) {
    lookback = parameters.duration("lookback_s")
    threshold = SignalThreshold(parameters, input: input)
    exitOnReturn = parameters.flag("exit_on_return")
    history = RollingMean(span: lookback)
  }

  public var latest: MarketTime? { history.latest }

  public mutating func observe(_ value: Int64, at time: MarketTime) { history.add(value, at: time) }

  public var reading: SignalReading {
    guard history.coverage >= lookback, let mean = history.mean, let value = history.newest, let time = history.latest
    else { return .warmingUp(known: history.coverage, needed: lookback) }
    let side = threshold.side(of: value, from: mean)
    if side == 0 { return .quiet }
    let evidence = SignalEvidence(
      base: .mean, lookback: lookback, threshold: threshold, baseValue: mean, value: value, valueTime: time)
    return side > 0
      ? .toward(.no, reason: "reversion_down", evidence: evidence.json)
      : .toward(.yes, reason: "reversion_up", evidence: evidence.json)
  }

  public func targetReached(holding outcome: Outcome) -> Bool {
    guard exitOnReturn, history.coverage >= lookback, let mean = history.mean, let value = history.newest else {
      return false
    }
    return outcome == .yes ? value >= mean : value <= mean
  }

  public var checkpoint: JSON { history.checkpoint }
  public mutating func restore(_ checkpoint: JSON) -> Bool { history.restore(checkpoint) }
}
