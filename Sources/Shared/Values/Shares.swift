/// A count of outcome tokens at 10⁻⁶. Signed, because ledger legs and position changes are; orders and fills demand positive ones.
public struct Shares: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let micros: Int64

  public static let zero = Shares(micros: 0)

  public init(micros: Int64) { self.micros = micros }
  /// - Precondition: fits at 10⁻⁶.
  public init(whole: Int64) { self.micros = whole * 1_000_000 }
  public init(parsing text: some StringProtocol) throws(DecimalError) { micros = try Decimal6.parse(text) }

  /// Drops decimals beyond `decimals` (0…6), toward zero: the venue's *cut* (protocol document, section 2.8).
  public func cut(decimals: Int) -> Shares {
    var unit: Int64 = 1
    for _ in 0..<(6 - decimals) { unit *= 10 }
    return Shares(micros: micros / unit * unit)
  }

  public func adding(_ other: Shares) throws(OverflowError) -> Shares {
    let (sum, overflow) = micros.addingReportingOverflow(other.micros)
    if overflow { throw OverflowError() }
    return Shares(micros: sum)
  }

  /// Traps on overflow: for values already known to be small (books, positions).
  public static func + (a: Shares, b: Shares) -> Shares { Shares(micros: a.micros + b.micros) }
  public static func - (a: Shares, b: Shares) -> Shares { Shares(micros: a.micros - b.micros) }
  public static prefix func - (a: Shares) -> Shares { Shares(micros: -a.micros) }
  public static func += (a: inout Shares, b: Shares) { a = a + b }
  public static func -= (a: inout Shares, b: Shares) { a = a - b }
  public static func < (a: Shares, b: Shares) -> Bool { a.micros < b.micros }
  public var description: String { Decimal6.text(micros) }
}
