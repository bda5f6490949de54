/// Which feed carries what (C-30, S3-14 to S3-17): the settling series gives strike and result, single observations of the same source
/// are the canonical price, the exchange's price is a hint and a sign of life and never the truth.
public enum FeedRoles {
  /// The series of exchange prices.
  public static let hint = ReferenceKind.binance
  /// Single observations of the settling source.
  public static let canonical = ReferenceKind.chainlink

  /// The series whose values settle a market; `nil` for a look-back that no series has.
  public static func settling(_ settlement: Market.Settlement) -> ReferenceKind? {
    switch settlement.twapSeconds {
    case nil: .chainlink
    case 30: .twap30
    case 60: .twap60
    default: nil
    }
  }

  /// How the canonical price is doing (S3-48 to S3-51). A function of what is known now, so recovery needs no step of its own.
  public enum Mode: String, Hashable, Sendable, CaseIterable {
    case canonical
    /// The canonical price is old, the exchange's is not: life without truth, reduced confidence.
    case fallback
    /// Neither is there.
    case blind
  }

  /// - Parameters:
  ///   - canonicalAge, hintAge: of the newest ticks, seconds; `nil` without one.
  public static func mode(
    canonicalAge: Double?, hintAge: Double?, canonicalAgeMax: Double, hintAgeMax: Double, fallback: Bool
  ) -> Mode {
    if let canonicalAge, canonicalAge <= canonicalAgeMax { return .canonical }
    if fallback, let hintAge, hintAge <= hintAgeMax { return .fallback }
    return .blind
  }
}
