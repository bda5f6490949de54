/// What a wallet holds of one token as the venue's data service tells it (protocol document, sections 6.3 and 6.4). It lags fills by up to
/// minutes (requirement V-12): never the size of an exit, never proof of being flat.
public struct WalletPosition: Hashable, Sendable {
  /// The wallet that holds the shares, lower case.
  public let wallet: String
  public let token: TokenID
  public let market: ConditionID
  public let slug: MarketSlug?
  /// Zero for one that is over.
  public let size: Shares
  /// What was paid for a share on average, to the nearest 10⁻⁶.
  public let averagePrice: Price
  public let currentPrice: Price
  /// Of what was sold or redeemed.
  public let realized: USD
  /// The market is resolved and these shares can be turned into money.
  public let isRedeemable: Bool
  /// The wallet holds both outcomes, and a pair is worth a dollar at once.
  public let isMergeable: Bool
  public let isNegativeRisk: Bool
  /// The market's other token.
  public let opposite: TokenID?
  public let outcome: String

  public init?(_ json: JSON) {
    let row = WalletRow(json)
    guard let wallet = row.text("proxyWallet", "proxy_wallet"), let token = row.token, let market = row.market,
      let average = row.micros("avgPrice", "avg_price").flatMap({ Price(micros: $0) }),
      let current = row.micros("curPrice", "current_price").flatMap({ Price(micros: $0) })
    else { return nil }
    // A closed position has no size: what it traded in all is another figure.
    let size = row.micros("size", "current_size") ?? 0
    guard size >= 0 else { return nil }
    self.wallet = wallet.lowercased()
    self.token = token
    self.market = market
    self.size = Shares(micros: size)
    averagePrice = average
    currentPrice = current
    slug = row.text("slug", "slug").flatMap { MarketSlug($0) }
    realized = USD(micros: row.micros("realizedPnl", "realized_pnl") ?? 0)
    isRedeemable = row.flag("redeemable", "redeemable")
    isMergeable = row.flag("mergeable", "mergeable")
    isNegativeRisk = row.flag("negativeRisk", "negative_risk")
    opposite = row.text("oppositeAsset", "opposite_token_id").flatMap { TokenID($0) }
    outcome = row.text("outcome", "outcome") ?? ""
  }
}
