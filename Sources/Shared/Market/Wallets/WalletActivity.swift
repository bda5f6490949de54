/// Anything a wallet did (protocol document, section 6.3): trades, and what moves shares or money without a trade.
public struct WalletActivity: Hashable, Sendable {
  /// As the venue writes it: `TRADE`, `SPLIT`, `MERGE`, `REDEEM`, `CONVERSION`, `REWARD`, `MAKER_REBATE`, … Words we do not know are kept.
  public let kind: String
  /// Lower case.
  public let wallet: String
  /// Whole seconds.
  public let time: MarketTime
  public let transaction: String
  /// `nil` for credits, which belong to no market.
  public let market: ConditionID?
  public let token: TokenID?
  public let side: Side?
  /// `nil` where the row names none.
  public let size: Shares?
  /// Dollars, to the nearest 10⁻⁶.
  public let value: USD?
  /// Of a trade only.
  public let price: Price?
  public let slug: MarketSlug?
  public let outcome: String

  public init?(_ json: JSON) {
    let row = WalletRow(json)
    guard let kind = row.text("type", "type"), let wallet = row.text("proxyWallet", "proxy_wallet"), let time = row.time
    else { return nil }
    self.kind = kind
    self.wallet = wallet.lowercased()
    self.time = time
    transaction = row.text("transactionHash", "transaction_hash") ?? ""
    market = row.market
    token = row.token
    side = row.side
    size = row.micros("size", "size").map(Shares.init(micros:))
    value = row.micros("usdcSize", "usdc_size").map(USD.init(micros:))
    price = row.micros("price", "price").flatMap { Price(micros: $0) }
    slug = row.text("slug", "slug").flatMap { MarketSlug($0) }
    outcome = row.text("outcome", "outcome") ?? ""
  }
}
