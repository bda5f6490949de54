/// Dollars per share, an integer count of 10⁻⁶ dollars in 0 … 1 000 000 (a share of a binary market pays 0 or 1).
public struct Price: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let micros: Int64

  public static let zero = Price(unchecked: 0)
  public static let one = Price(unchecked: 1_000_000)

  /// `nil` outside 0 … 1 000 000.
  public init?(micros: Int64) {
    guard micros >= 0, micros <= 1_000_000 else { return nil }
    self.micros = micros
  }

  init(unchecked micros: Int64) { self.micros = micros }

  /// Reads decimal text in dollars, `"0.52"`. Throws `.outOfRange` outside 0 … 1.
  public init(parsing text: some StringProtocol) throws(DecimalError) {
    guard let price = Price(micros: try Decimal6.parse(text)) else { throw .outOfRange }
    self = price
  }

  /// What the other outcome is worth at this price: `1 − self`.
  public var complement: Price { Price(unchecked: 1_000_000 - micros) }

  /// `nil` when the sum leaves 0 … 1.
  public func adding(_ other: Price) -> Price? { Price(micros: micros + other.micros) }

  /// `nil` when the difference leaves 0 … 1.
  public func subtracting(_ other: Price) -> Price? { Price(micros: micros - other.micros) }

  /// Half-way between two prices, in 10⁻⁶ (rounded down on the half).
  public static func middle(_ a: Price, _ b: Price) -> Price { Price(unchecked: (a.micros + b.micros) / 2) }

  public static func < (a: Price, b: Price) -> Bool { a.micros < b.micros }
  public var description: String { Decimal6.text(micros) }
}

/// The grid a market's prices stand on: a venue fact, read per market (0.1, 0.01, 0.005, 0.0025, 0.001 or 0.0001).
public struct PriceTick: Hashable, Sendable, CustomStringConvertible {
  public let micros: Int64

  /// `nil` unless the tick divides one dollar.
  public init?(micros: Int64) {
    guard micros > 0, micros < 1_000_000, 1_000_000 % micros == 0 else { return nil }
    self.micros = micros
  }

  public init(parsing text: some StringProtocol) throws(DecimalError) {
    guard let tick = PriceTick(micros: try Decimal6.parse(text)) else { throw .outOfRange }
    self = tick
  }

  public static let cent = PriceTick(micros: 10_000)!
  public static let tenthOfCent = PriceTick(micros: 1_000)!

  /// On the grid and inside `tick … 1 − tick`, as the venue demands of an order.
  public func allows(_ price: Price) -> Bool {
    price.micros % micros == 0 && price.micros >= micros && price.micros <= 1_000_000 - micros
  }

  /// The nearest orderable price in the named direction, kept inside `tick … 1 − tick`.
  public func rounded(_ price: Price, _ rounding: Rounding) -> Price {
    let steps = divide(Int128(price.micros), by: Int128(micros), rounding: rounding)
    let onGrid = Int64(steps) * micros
    return Price(unchecked: min(max(onGrid, micros), 1_000_000 - micros))
  }

  public var description: String { Decimal6.text(micros) }
}
