/// Trades sudden moves: with them (`follow`), or against them (`fade`), which bets on the over-reaction (S0-43, S1-06).
public typealias SpikeStrategy = DirectionalStrategy<SpikeSignal>

/// What the detector's layers make of a figure. The fourth layer, liquidity, is a guard of every entry (`liquidity_min_usd`,
/// `spread_max_points`): an order into an empty book is never a good one (C-10).
public struct SpikeSignal: FigureSignal, Hashable {
  public static let kind = StrategyKind(
    name: "spike",
    summary:
      "Finds sudden moves by CUSUM, EWMA bands and rate of change; follows them, or fades them, betting on the over-reaction.",
    parameters: SpikeParameters.all
      + TradeRules.parameters(
        input: .tokenMid, takeProfit: "0.08", stopLoss: "0.04", holdingSeconds: "120", cooldownSeconds: "30",
        spreadMax: "0.05", liquidityMin: "50", exits: .tighter))

  private enum Direction: String, Hashable, Sendable, CaseIterable {
    case follow, fade
  }

  static let directions = Direction.allCases.map(\.rawValue)

  private let settings: SpikeSettings
  private let direction: Direction
  private let input: TradeRules.Input
  private var detector: SpikeDetector

  public init(_ parameters: StrategyParameters, input: TradeRules.Input) {
    settings = SpikeSettings(parameters)
    guard let direction = Direction(rawValue: parameters.word("direction")) else {
      preconditionFailure("the words of the directions and of the key are the same")
    }
    self.direction = direction
    self.input = input
    detector = SpikeDetector(settings, isRelative: input == .reference)
  }

  public static func problems(_ parameters: StrategyParameters, input: TradeRules.Input) -> [String] {
    SpikeSettings.problems(parameters, input: input)
  }

  public var latest: MarketTime? { detector.latest }

  public mutating func observe(_ value: Int64, at time: MarketTime) { detector.observe(value, at: time) }

  public var reading: SignalReading {
    guard detector.isWarm else { return .warmingUp(known: detector.known, needed: detector.needed) }
    let layers = detector.layers
    // The first layer that speaks says where to; the others agree or do not.
    let side = [layers.cusum, layers.bands, layers.roc].first { $0 != 0 } ?? 0
    guard side != 0, settings.required.allSatisfy({ layers[$0] == side }) else { return .quiet }
    let agreeing = SpikeSettings.Layer.allCases.count { layers[$0] == side }
    let confidence = Int64(agreeing + 1) * 250_000
    guard confidence >= settings.confidenceMin else { return .quiet }
    let isUp = (side > 0) == (direction == .follow)
    return .toward(
      isUp ? .yes : .no, reason: "spike_\(side > 0 ? "up" : "down")_\(direction.rawValue)",
      evidence: evidence(layers, confidence: confidence))
  }

  private func evidence(_ layers: SpikeDetector.Layers, confidence: Int64) -> JSON {
    func micros(_ value: Double) -> JSON { .micros(Int64(min(9e15, max(-9e15, value.rounded())))) }
    return [
      "input": .string(input.rawValue), "direction": .string(direction.rawValue),
      "step_ns": .optional(detector.stepEnd.map { .int($0.nanoseconds) }), "value": micros(detector.value),
      "base_value": micros(detector.base), "deviation": micros(detector.deviation),
      "cusum_ratio": micros(detector.cusumProgress * 1e6),
      "roc_pct": .optional(detector.rocMicros.map { .micros($0) }),
      "layers": .object(SpikeSettings.Layer.allCases.map { .init($0.rawValue, .int(layers[$0])) }),
      "confidence_ratio": .micros(confidence),
    ]
  }

  /// The exits are price and time.
  public func targetReached(holding outcome: Outcome) -> Bool { false }

  public var checkpoint: JSON { detector.checkpoint }
  public mutating func restore(_ checkpoint: JSON) -> Bool { detector.restore(checkpoint) }
}

/// The detector's parameters, with the founding texts' values (S0-56 to S0-63, profile *starter75*).
private enum SpikeParameters {
  static let all: [StrategyParameter] = [
    .init(
      ConfigKey(
        "direction", .word(SpikeSignal.directions), builtIn: "follow",
        "What a spike is worth: follow buys the side it goes to, fade the other, betting that it was an over-reaction.")
    ),
    .init(
      ConfigKey(
        "step_ms", .whole(100...60_000, .milliseconds), builtIn: "1000",
        "How often the figure is looked at (market time): mean, bands and CUSUM count these steps.")),
    .init(
      ConfigKey(
        "ewma_span_count", .whole(2...3600, .count), builtIn: "20",
        "About how many steps the moving average remembers: more is a slower tide line, less a nervous one."),
      mutation: 5...120),
    .init(
      ConfigKey(
        "ewma_width_sigma", .decimal(from: "0.1", to: "20", .standardDeviations), builtIn: "2.5",
        "How many deviations from the average a value must lie to be outside the usual waves."), mutableFrom: "1",
      to: "5"),
    .init(
      ConfigKey(
        "baseline", .word(SpikeSettings.Baseline.allCases.map(\.rawValue)), builtIn: "before",
        "What a value is held against: the average before it strayed, or (latest) the one that it has already moved.")),
    .init(
      ConfigKey(
        "cusum_unit", .word(SpikeSettings.Unit.allCases.map(\.rawValue)), builtIn: "price",
        "What slack and threshold of the CUSUM mean: price (dollars a share; per cent of a reference price) or sigma (deviations)."
      )),
    .init(
      ConfigKey(
        "cusum_slack_ratio", .decimal(from: "0", to: "100", .ratio), builtIn: "0.005",
        "What each step may stray without being counted: ripples."), mutableFrom: "0.001", to: "1"),
    .init(
      ConfigKey(
        "cusum_threshold_ratio", .decimal(from: "0.0001", to: "100", .ratio), builtIn: "0.03",
        "How much straying, added up, is an alarm: a wave. In sigma 2.5 with a slack of 0.5 is usual."),
      mutableFrom: "0.01", to: "5"),
    .init(
      ConfigKey(
        "roc_lookback_s", .whole(1...3600, .seconds), builtIn: "3",
        "Over how long the speed is measured (market time)."), mutation: 1...60),
    .init(
      ConfigKey(
        "roc_threshold_pct", .decimal(from: "0", to: "100", .percent), builtIn: "1",
        "How fast it must have moved over the lookback, in per cent of where it was."), mutableFrom: "0.01", to: "10"),
    .init(
      ConfigKey(
        "layers_required", .words(SpikeSettings.Layer.allCases.map(\.rawValue), atLeast: 0), builtIn: "cusum,bands,roc",
        "Layers that must agree; liquidity is always required.")),
    .init(
      ConfigKey(
        "confidence_min_ratio", .decimal(from: "0.25", to: "1", .ratio), builtIn: "1",
        "A quarter for each layer that agrees, and one for liquidity: how sure it must be."), mutableFrom: "0.5",
      to: "1"),
  ]
}
