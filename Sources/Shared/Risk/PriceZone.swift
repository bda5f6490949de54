/// Where a price lies between nothing and a dollar, and who may bet there (S2-19, S2-96 to S2-100, C-25, C-26). What a favourite can still
/// win shrinks with its price: at 0.90 one loss takes nine wins.
public enum PriceZone: Int, Hashable, Sendable, CaseIterable {
  /// [0, 0.05): tails.
  case tail
  /// [0.05, 0.20): 1 to 4 up to 1 to 19.
  case longShot
  /// [0.20, 0.40)
  case outsider
  /// [0.40, 0.60): about even.
  case even
  /// [0.60, 0.80)
  case favourite
  /// [0.80, 0.98]
  case nearlySure
  /// (0.98, 1]: nothing left to win after fees.
  case settled

  public init(_ price: Price) {
    self =
      switch price.micros {
      case ..<50_000: .tail
      case ..<200_000: .longShot
      case ..<400_000: .outsider
      case ..<600_000: .even
      case ..<800_000: .favourite
      case ...980_000: .nearlySure
      default: .settled
      }
  }

  /// Whether a strategy of that class may enter at a price of this zone.
  /// - Parameter isLate: the market ends within `RiskLimits.lateWindow`.
  public func allows(_ class: StrategyClass, isLate: Bool) -> Bool {
    switch (self, `class`) {
    // About even, direction needs a stated chance of more than 0.52 (C-27), and no wish states one.
    case (.longShot, .directional), (.outsider, .directional): true
    // Bets on what is all but decided, where the end is near: their own class, whose only zones these are.
    case (.even, .nearResolution), (.favourite, .nearResolution), (.nearlySure, .nearResolution): isLate
    default: false
    }
  }
}
