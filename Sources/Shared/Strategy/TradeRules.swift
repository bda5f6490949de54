/// What the directional strategies have in common: where they look, when they may enter, how much, and when they leave. All settings come
/// from `StrategyParameters`; the table in docs/strategies.md explains each.
public struct TradeRules: Hashable, Sendable {
  /// Which figure the signal is computed from.
  public enum Input: String, Hashable, Sendable, CaseIterable {
    /// The underlying's reference price: thresholds in per cent.
    case reference
    /// The middle of the YES book: thresholds in dollars per share.
    case tokenMid = "token_mid"
    /// What takers bought and sold.
    case trades
    /// The size that appears in the book.
    case book

    /// Of these a figure is made.
    static let figures: [Input] = [.reference, .tokenMid]
  }

  public let size: USD
  public let input: Input
  /// Of the series that is looked at when the input is the reference price.
  public let referenceKind: ReferenceKind
  public let entrySlippageTicks: Int64
  public let exitSlippageTicks: Int64
  public let spreadMax: Int64
  public let depthMin: USD
  public let entryPriceMin: Int64
  public let entryPriceMax: Int64
  public let noEntryLast: Duration
  public let cooldown: Duration
  public let entriesMax: Int64
  public let bookAgeMax: Duration
  public let referenceAgeMax: Duration
  public let usefulFor: Duration
  /// How many times its round-trip cost a trade must be able to win; millionths.
  public let feeCover: Int64
  /// 0: off.
  public let takeProfit: Int64
  /// 0: off.
  public let stopLoss: Int64
  /// 0: off.
  public let holdingMax: Duration
  /// 0: hold to settlement.
  public let exitBeforeEnd: Duration
  public let exitRetry: Duration
  /// The thinner side of the book, in dollars, that an entry needs; 0: not asked.
  public let liquidityMin: USD
  public let exits: VolatilityExits

  public init(_ parameters: StrategyParameters) throws(StrategyParameters.Refusal) {
    size = parameters.size
    guard let input = Input(rawValue: parameters.word("input")) else {
      preconditionFailure("the words of the inputs and of the key are the same")
    }
    self.input = input
    let looksAtReference = parameters.has("reference_kind")
    guard let kind = looksAtReference ? ReferenceKind(rawValue: parameters.word("reference_kind")) : .chainlink else {
      preconditionFailure("the words of the kinds and of the key are the same")
    }
    referenceKind = kind
    referenceAgeMax = looksAtReference ? parameters.duration("reference_age_max_s") : .zero
    entrySlippageTicks = parameters.whole("entry_slippage_ticks_count")
    exitSlippageTicks = parameters.whole("exit_slippage_ticks_count")
    spreadMax = parameters.micros("spread_max_points")
    depthMin = USD(micros: parameters.micros("depth_min_usd"))
    entryPriceMin = parameters.micros("entry_price_min_points")
    entryPriceMax = parameters.micros("entry_price_max_points")
    noEntryLast = parameters.duration("no_entry_last_s")
    cooldown = parameters.duration("cooldown_s")
    entriesMax = parameters.whole("entries_max_count")
    bookAgeMax = parameters.duration("book_age_max_s")
    usefulFor = parameters.duration("useful_for_s")
    feeCover = parameters.micros("fee_cover_ratio")
    takeProfit = parameters.micros("take_profit_points")
    stopLoss = parameters.micros("stop_loss_points")
    holdingMax = parameters.duration("holding_max_s")
    exitBeforeEnd = parameters.duration("exit_before_end_s")
    exitRetry = parameters.duration("exit_retry_ms")
    liquidityMin = USD(micros: parameters.micros("liquidity_min_usd"))
    exits = VolatilityExits(parameters)
    var problems: [String] = []
    if entryPriceMin > entryPriceMax { problems.append("entry_price_min_points is above entry_price_max_points") }
    if exitBeforeEnd > .zero, exitBeforeEnd >= noEntryLast {
      problems.append("exit_before_end_s must be shorter than no_entry_last_s, or an entry would be closed at once")
    }
    guard problems.isEmpty else { throw StrategyParameters.Refusal(problems: problems) }
  }
}

extension TradeRules {
  static let figuresMeaning =
    "What the signal is computed from: the underlying's reference price, or the middle of the YES book."

  /// Of strategies that may look at the underlying.
  private static let reference: [StrategyParameter] = [
    .init(
      ConfigKey(
        "reference_kind", .word(ReferenceKind.allCases.map(\.rawValue)), builtIn: ReferenceKind.chainlink.rawValue,
        "Which reference series is used when the input is the reference price.")),
    .init(
      ConfigKey(
        "reference_age_max_s", .whole(1...3600, .seconds), builtIn: "30",
        "Oldest reference price on which an entry is made (market time).")),
  ]

  /// The parameters behind the rules.
  /// - Parameters: what differs between the strategies.
  static func parameters(
    inputs: [Input] = Input.figures, input: Input = .reference, inputMeaning: String = figuresMeaning,
    takeProfit: String, stopLoss: String, holdingSeconds: String, cooldownSeconds: String,
    spreadMax: String = "0.04", liquidityMin: String = "0", exits: VolatilityExits.Policy = .fixed
  ) -> [StrategyParameter] {
    let input = [
      StrategyParameter(ConfigKey("input", .word(inputs.map(\.rawValue)), builtIn: input.rawValue, inputMeaning))
    ]
    return input + (inputs.contains(.reference) ? reference : []) + [
      .init(
        ConfigKey(
          "entry_slippage_ticks_count", .whole(0...20, .count), builtIn: "1",
          "Ticks above the best ask that an entry may pay.")),
      .init(
        ConfigKey(
          "exit_slippage_ticks_count", .whole(0...50, .count), builtIn: "2",
          "Ticks below the best bid that an exit may take.")),
      .init(
        ConfigKey(
          "spread_max_points", .decimal(from: "0.0001", to: "1", .pricePoints), builtIn: spreadMax,
          "Widest spread, in dollars per share, at which an entry is made."), mutableFrom: "0.01", to: "0.08"),
      .init(
        ConfigKey(
          "depth_min_usd", .decimal(from: "0", to: "1000000", .dollars), builtIn: "20",
          "Dollars that must be offered within the entry's price limit.")),
      .init(
        ConfigKey(
          "entry_price_min_points", .decimal(from: "0.0001", to: "0.9999", .pricePoints), builtIn: "0.10",
          "Lowest price per share at which an entry is made.")),
      .init(
        ConfigKey(
          "entry_price_max_points", .decimal(from: "0.0001", to: "0.9999", .pricePoints), builtIn: "0.85",
          "Highest price per share at which an entry is made."), mutableFrom: "0.5", to: "0.95"),
      .init(
        ConfigKey(
          "no_entry_last_s", .whole(0...14_400, .seconds), builtIn: "30",
          "No entry in the last seconds of a window (market time).")),
      .init(
        ConfigKey(
          "cooldown_s", .whole(0...14_400, .seconds), builtIn: cooldownSeconds,
          "Pause in a market after an exit, or after an entry that came to nothing (market time)."), mutation: 5...900),
      .init(
        ConfigKey(
          "entries_max_count", .whole(1...1000, .count), builtIn: "4", "Entries that bought something, in one market.")),
      .init(
        ConfigKey(
          "book_age_max_s", .whole(1...3600, .seconds), builtIn: "60",
          "Oldest book on which an entry is made (market time); the feed's own judgement of staleness comes first.")),
      .init(
        ConfigKey(
          "useful_for_s", .whole(1...600, .seconds), builtIn: "10",
          "How long an intent is worth sending (market time); after that the gateway drops it.")),
      .init(
        ConfigKey(
          "fee_cover_ratio", .decimal(from: "0", to: "100", .ratio), builtIn: "1",
          "How many times spread and fees of the round trip the trade must be able to win; 0 does not ask."),
        mutableFrom: "0.5", to: "3"),
      .init(
        ConfigKey(
          "take_profit_points", .decimal(from: "0", to: "1", .pricePoints), builtIn: takeProfit,
          "Sell when the best bid is this far above the average price paid; 0 is off."), mutableFrom: "0.02", to: "0.4"),
      .init(
        ConfigKey(
          "stop_loss_points", .decimal(from: "0", to: "1", .pricePoints), builtIn: stopLoss,
          "Sell when the best bid is this far below the average price paid; 0 is off."), mutableFrom: "0.02", to: "0.4"),
      .init(
        ConfigKey(
          "holding_max_s", .whole(0...86_400, .seconds), builtIn: holdingSeconds,
          "Sell what has been held this long (market time); 0 is off."), mutation: 20...1800),
      .init(
        ConfigKey(
          "exit_before_end_s", .whole(0...14_400, .seconds), builtIn: "0",
          "Sell this long before the window ends (market time); 0 holds to settlement.")),
      .init(
        ConfigKey(
          "exit_retry_ms", .whole(0...600_000, .milliseconds), builtIn: "500",
          "Pause before an exit that sold too little is tried again (market time); doubles while nothing sells.")),
      .init(
        ConfigKey(
          "liquidity_min_usd", .decimal(from: "0", to: "1000000", .dollars), builtIn: liquidityMin,
          "Dollars that the best five levels of each side of the token's book must hold for an entry; 0 does not ask.")),
    ] + VolatilityExits.parameters(policy: exits)
  }
}
