/// What a signal says at the moment.
public enum SignalReading: Hashable, Sendable {
  /// The history is too short to say anything.
  case warmingUp(known: Duration, needed: Duration)
  case quiet
  /// Buy this outcome. `reason` is a stable code, `evidence` what a recording must show for it (`SignalEvidence`).
  case toward(Outcome, reason: String, evidence: JSON)
}

/// A figure's history and what it makes of it: one for each reference price, or for each market when the input is the token's middle.
public protocol DirectionalSignal: Sendable {
  static var kind: StrategyKind { get }
  init(_ parameters: StrategyParameters, input: TradeRules.Input)
  /// What contradicts itself in the parameters, one sentence each.
  static func problems(_ parameters: StrategyParameters, input: TradeRules.Input) -> [String]
  /// The time of the newest observation.
  var latest: MarketTime? { get }
  /// Takes what a live market's update tells; with inputs that are of the market itself.
  mutating func observe(_ market: MarketUpdate)
  /// Takes the underlying's price; with input `reference`.
  mutating func observe(_ price: ReferencePrice)
  var reading: SignalReading { get }
  /// Has happened what buying this outcome bet on?
  func targetReached(holding outcome: Outcome) -> Bool
  var checkpoint: JSON { get }
  mutating func restore(_ checkpoint: JSON) -> Bool
}

extension DirectionalSignal {
  public static func problems(_ parameters: StrategyParameters, input: TradeRules.Input) -> [String] { [] }
}

/// A signal of one figure: the reference price, or the middle of the YES book.
public protocol FigureSignal: DirectionalSignal {
  /// Takes the figure, at 10⁻⁶ of its unit.
  mutating func observe(_ value: Int64, at time: MarketTime)
}

extension FigureSignal {
  public mutating func observe(_ market: MarketUpdate) {
    if let mid = market.mid { observe(mid.micros, at: market.envelope.time) }
  }

  public mutating func observe(_ price: ReferencePrice) {
    if let value = price.value.micros { observe(value, at: price.envelope.time) }
  }
}

/// How far a figure must be from its base to mean something: per cent of the base for a reference price, dollars a share for a token.
public struct SignalThreshold: Hashable, Sendable {
  public let input: TradeRules.Input
  /// Millionths of a per cent, or of a dollar a share.
  public let micros: Int64

  public init(input: TradeRules.Input, micros: Int64) {
    self.input = input
    self.micros = micros
  }

  init(_ parameters: StrategyParameters, input: TradeRules.Input) {
    let key = input == .reference ? "threshold_reference_pct" : "threshold_token_mid_points"
    self.init(input: input, micros: parameters.micros(key))
  }

  /// +1 when `value` lies at least the threshold above `base`, −1 below, 0 inside. Exact: no rounding decides.
  public func side(of value: Int64, from base: Int64) -> Int {
    let difference = Int128(value) - Int128(base)
    let reached =
      switch input {
      case .reference: base > 0 && Int128(difference.magnitude) * 100_000_000 >= Int128(micros) * Int128(base)
      case .tokenMid, .trades, .book: Int128(difference.magnitude) >= Int128(micros)
      }
    return reached ? Int(difference.signum()) : 0
  }

  /// The two parameters; only the one of the configured input is used.
  static func parameters(reference: String, tokenMid: String) -> [StrategyParameter] {
    [
      .init(
        ConfigKey(
          "threshold_reference_pct", .decimal(from: "0.0001", to: "100", .percent), builtIn: reference,
          "With input reference: how far the price must be from its base to be a signal."), mutableFrom: "0.005",
        to: "5"),
      .init(
        ConfigKey(
          "threshold_token_mid_points", .decimal(from: "0.0001", to: "1", .pricePoints), builtIn: tokenMid,
          "With input token_mid: how far the middle of the YES book must be from its base to be a signal."),
        mutableFrom: "0.01", to: "0.3"),
    ]
  }
}
