/// Follows unusual volume (S4-37, S4X-11): when the last seconds moved several times what was usual before, and mostly to one side, it buys
/// that side. Another strategy than `spike`, which looks at prices (C-48).
public typealias VolumeStrategy = DirectionalStrategy<VolumeSignal>

/// Volume of the last `short_s` against the average of the `baseline_s` before. What volume is, and where it goes, `input` says: what takers
/// took, to the side that they took; or the size that appears in the book, to the side on which more stands.
public struct VolumeSignal: DirectionalSignal, Hashable {
  public static let kind = StrategyKind(
    name: "volume",
    summary:
      "Follows unusual volume: buys the side that takers take, or on which the book grows, when it is several times the usual.",
    parameters: [
      StrategyParameter(
        ConfigKey(
          "short_s", .whole(1...600, .seconds), builtIn: "10",
          "The last seconds whose volume is looked at (market time)."), mutation: 2...60),
      StrategyParameter(
        ConfigKey(
          "baseline_s", .whole(2...3000, .seconds), builtIn: "120",
          "How long before them the usual volume is taken from (market time)."), mutation: 30...900),
      StrategyParameter(
        ConfigKey(
          "surge_ratio", .decimal(from: "1", to: "1000", .ratio), builtIn: "3",
          "How many times the usual volume is unusual."), mutableFrom: "1.5", to: "10"),
      StrategyParameter(
        ConfigKey(
          "volume_min_shares", .decimal(from: "0", to: "1000000000", .shares), builtIn: "100",
          "Shares that must have moved in the last seconds: in a quiet market a few are many times the usual."),
        mutableFrom: "5", to: "10000"),
      StrategyParameter(
        ConfigKey(
          "lean_min_ratio", .decimal(from: "0.01", to: "1", .ratio), builtIn: "0.3",
          "How one-sided it must be, (YES − NO) ÷ (YES + NO): of what takers took, or of what stands in the book."),
        mutableFrom: "0.1", to: "0.9"),
    ]
      + TradeRules.parameters(
        inputs: [.trades, .book], input: .trades,
        inputMeaning:
          "What volume is: trades (what takers took), or book (the size that appears in the best five levels).",
        takeProfit: "0.08", stopLoss: "0.06", holdingSeconds: "120", cooldownSeconds: "60"))

  /// The grid on which volume is counted.
  private static let step = Duration.seconds(1)

  private let input: TradeRules.Input
  private let surge: Int64
  private let volumeMin: Int64
  private let leanMin: Int64
  private var tape: VolumeTape
  private var window: FlowWindow
  /// Of the newest book, 10⁻⁶; `nil` for an empty one.
  private var imbalance: Int64?

  public init(_ parameters: StrategyParameters, input: TradeRules.Input) {
    self.input = input
    surge = parameters.micros("surge_ratio")
    volumeMin = parameters.micros("volume_min_shares")
    leanMin = parameters.micros("lean_min_ratio")
    let short = parameters.duration("short_s")
    tape = VolumeTape(input: input, gapMax: short)
    window = FlowWindow(
      step: VolumeSignal.step, short: Int(parameters.whole("short_s")), baseline: Int(parameters.whole("baseline_s")))
  }

  public static func problems(_ parameters: StrategyParameters, input: TradeRules.Input) -> [String] {
    parameters.whole("baseline_s") > parameters.whole("short_s")
      ? [] : ["baseline_s must be longer than short_s, or what is usual is a matter of chance"]
  }

  public var latest: MarketTime? { window.latest }

  public mutating func observe(_ market: MarketUpdate) {
    let news = tape.take(market)
    if news.didBreak { window = FlowWindow(step: window.step, short: window.short, baseline: window.baseline) }
    window.add(news.amount, at: market.envelope.time)
    imbalance = BookFigures(market.yes).imbalance.map { Int64(($0 * 1e6).rounded()) }
  }

  /// The underlying has no volume of its own.
  public mutating func observe(_ price: ReferencePrice) {}

  public var reading: SignalReading {
    guard window.isWarm else { return .warmingUp(known: window.known, needed: window.needed) }
    guard window.recent.total > 0, window.recent.total >= volumeMin, window.isUnusual(ratio: surge),
      let lean = input == .book ? imbalance : window.recent.lean, lean.magnitude >= leanMin.magnitude
    else { return .quiet }
    return .toward(
      lean > 0 ? .yes : .no, reason: lean > 0 ? "volume_up" : "volume_down", evidence: evidence(lean: lean))
  }

  private func evidence(lean: Int64) -> JSON {
    let usual = window.usual
    let times = usual > 0 ? Int64(clamping: Int128(window.recent.total) * 1_000_000 / Int128(usual)) : nil
    return [
      "input": .string(input.rawValue), "short_ms": .int(window.step.milliseconds * Int64(window.short)),
      "baseline_ms": .int(window.step.milliseconds * Int64(window.baseline)),
      "yes_shares": .micros(window.recent.yes), "no_shares": .micros(window.recent.no),
      "usual_shares": .micros(usual), "surge_ratio": .optional(times.map { .micros($0) }),
      "lean_ratio": .micros(lean), "value_ns": .optional(window.latest.map { .int($0.nanoseconds) }),
    ]
  }

  /// The exits are price and time.
  public func targetReached(holding outcome: Outcome) -> Bool { false }

  public var checkpoint: JSON {
    ["tape": tape.checkpoint, "window": window.checkpoint, "imbalance": .optional(imbalance.map { .int($0) })]
  }

  /// Spans of another length mean nothing for these: they begin anew.
  public mutating func restore(_ checkpoint: JSON) -> Bool {
    var new = self
    guard let tape = checkpoint["tape"], let window = checkpoint["window"], new.tape.restore(tape) else { return false }
    let empty = FlowWindow(step: self.window.step, short: self.window.short, baseline: self.window.baseline)
    new.window = empty
    if window["short"]?.int == Int64(empty.short), window["baseline"]?.int == Int64(empty.baseline) {
      guard new.window.restore(window) else { return false }
    }
    new.imbalance = checkpoint["imbalance"]?.int
    self = new
    return true
  }
}
