/// All that is known of one underlying: canonical, leading and settling series, volatility, watch. Fed with reference ticks in order of
/// arrival, constant work each (a settling tick compares three means).
public struct HammerFeeds: Hashable, Sendable {
  public let symbol: String
  public private(set) var canonical = SecondGrid()
  public private(set) var exchange = SecondGrid()
  public private(set) var volatility: StepVolatility
  /// Boundaries of the three series that can settle a window.
  private var strikes: [ReferenceKind: StrikeWatch] = [:]
  public private(set) var drift = RecipeDrift()
  /// Newest second for which the watch is armed.
  public private(set) var armedUntil: Int64?

  public init(symbol: String, _ settings: StepVolatility.Settings) {
    self.symbol = symbol
    volatility = StepVolatility(settings)
  }

  public mutating func put(_ price: ReferencePrice, _ parameters: HammerParameters) {
    let second = price.envelope.time.seconds
    let dollars = HammerFeeds.dollars(price.value)
    guard dollars > 0 else { return }
    switch price.kind {
    case .binance: exchange.put(dollars, at: second)
    case .pyth: return  // the hint's kernel is fitted to the exchange's price
    case .chainlink:
      strikes[.chainlink, default: StrikeWatch()].put(price.value, at: price.envelope.time)
      guard canonical.put(dollars, at: second) else { return }
      volatility.put(dollars, at: second)
      arm(at: second, parameters)
    case .twap30, .twap60:
      strikes[price.kind, default: StrikeWatch()].put(price.value, at: price.envelope.time)
      drift.put(
        mean: dollars, at: second, window: price.kind == .twap60 ? 60 : 30, endLag: parameters.endLag, canonical)
    }
  }

  /// The value for statistics.
  static func dollars(_ value: ReferenceValue) -> Double { Double(value.attos) / 1e18 }

  public func strike(of kind: ReferenceKind, at boundary: Int64) -> StrikeWatch.Strike? {
    strikes[kind]?.strike(at: boundary)
  }

  /// S3-03: a large move within a minute arms the watch; another while it is armed holds it longer.
  private mutating func arm(at second: Int64, _ parameters: HammerParameters) {
    guard let move = canonical.change(over: 60).map({ abs($0) }) else { return }
    var isLarge = parameters.watchReturn > 0 && move >= parameters.watchReturn
    if parameters.watchDeviations > 0, let sigma = volatility.sigma {
      isLarge = isLarge || move >= parameters.watchDeviations * sigma * 60.0.squareRoot()
    }
    guard isLarge else { return }
    armedUntil = second + parameters.watchHold
  }

  /// Seconds since the newest tick of a series; `nil` without one.
  static func age(_ newest: Int64?, at now: MarketTime) -> Double? {
    newest.map { Double(now.since(MarketTime(seconds: $0)).nanoseconds) / 1e9 }
  }
}

extension HammerFeeds {
  var checkpoint: JSON {
    let watched = ReferenceKind.allCases.compactMap { kind in
      strikes[kind].map { JSON.Member(kind.rawValue, $0.checkpoint) }
    }
    return [
      "symbol": .string(symbol), "canonical": canonical.checkpoint, "exchange": exchange.checkpoint,
      "volatility": volatility.checkpoint, "strikes": .object(watched), "drift": drift.checkpoint,
      "armed_until_s": .optional(armedUntil.map { .int($0) }),
    ]
  }

  init(checkpoint: JSON, _ settings: StepVolatility.Settings) throws(MessageError) {
    let fields = try MessageFields(checkpoint, prefix: "feeds")
    self.init(symbol: try fields.string("symbol"), settings)
    guard let canonical = SecondGrid(checkpoint: try fields.value("canonical")) else {
      throw fields.invalid("canonical")
    }
    guard let exchange = SecondGrid(checkpoint: try fields.value("exchange")) else { throw fields.invalid("exchange") }
    guard let volatility = StepVolatility(checkpoint: try fields.value("volatility"), settings) else {
      throw fields.invalid("volatility")
    }
    guard let drift = RecipeDrift(checkpoint: try fields.value("drift")) else { throw fields.invalid("drift") }
    self.canonical = canonical
    self.exchange = exchange
    self.volatility = volatility
    self.drift = drift
    for member in try fields.value("strikes").members ?? [] {
      guard let kind = ReferenceKind(rawValue: member.key) else { throw fields.invalid("strikes") }
      strikes[kind] = try StrikeWatch(checkpoint: member.value)
    }
    armedUntil = try fields.optional("armed_until_s") { $0.int }
  }
}
