/// What the venue lets one signer do, by the volume of its last thirty days (protocol document, section 2.16; the venue's page on trading
/// rate limits names the tiers between the two that stand there).
public enum VenueTier: String, Hashable, Sendable, CaseIterable {
  case standard, copper, bronze, silver, gold, platinum, diamond, elite

  /// As `Poly-RateLimit-Tier` writes it, in letters of any case.
  public init?(header text: String) { self.init(rawValue: text.lowercased()) }

  /// Twice as many cancels.
  public var ordersPerSecond: Int64 {
    switch self {
    case .standard: 40
    case .copper: 60
    case .bronze: 80
    case .silver: 200
    case .gold: 400
    case .platinum: 450
    case .diamond: 525
    case .elite: 600
    }
  }
}
