/// A trade of any wallet as the venue's data service tells it (protocol document, sections 6.3 and 6.4), seconds after the match: it is
/// read from the chain. Both spellings, of the present service and of the one before it, are read.
public struct WalletTrade: Hashable, Sendable {
  /// The wallet that holds the shares, lower case.
  public let wallet: String
  public let token: TokenID
  public let market: ConditionID
  public let slug: MarketSlug?
  public let side: Side
  public let size: Shares
  /// To the nearest 10⁻⁶: the service calculates it.
  public let price: Price
  /// Whole seconds.
  public let time: MarketTime
  public let transaction: String
  /// The venue's label of the outcome; empty where it is not told.
  public let outcome: String

  public init?(_ json: JSON) {
    let row = WalletRow(json)
    guard let wallet = row.text("proxyWallet", "proxy_wallet"), let token = row.token, let market = row.market,
      let side = row.side, let size = row.micros("size", "size"), size > 0,
      let price = row.micros("price", "price").flatMap({ Price(micros: $0) }), let time = row.time
    else { return nil }
    self.wallet = wallet.lowercased()
    self.token = token
    self.market = market
    self.side = side
    self.size = Shares(micros: size)
    self.price = price
    self.time = time
    slug = row.text("slug", "slug").flatMap { MarketSlug($0) }
    transaction = row.text("transactionHash", "transaction_hash") ?? ""
    outcome = row.text("outcome", "outcome") ?? ""
  }
}

/// One row of the data service in either spelling: `camelCase` before, `snake_case` now, numbers written as numbers or texts.
struct WalletRow {
  let json: JSON

  init(_ json: JSON) { self.json = json }

  /// `nil` also for an empty text.
  func text(_ before: String, _ now: String) -> String? {
    (json[now] ?? json[before])?.string.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// To the nearest 10⁻⁶; `nil` when there is none or it is no number.
  func micros(_ before: String, _ now: String) -> Int64? {
    (json[now] ?? json[before])?.decimalText.flatMap { Decimal6.nearest($0) }
  }

  func flag(_ before: String, _ now: String) -> Bool { (json[now] ?? json[before])?.bool ?? false }

  var token: TokenID? { text("asset", "token_id").flatMap { TokenID($0) } }
  var market: ConditionID? { text("conditionId", "condition_id").flatMap { ConditionID($0) } }
  var side: Side? { json["side"]?.string.flatMap { Side(rawValue: $0.uppercased()) } }
  var time: MarketTime? { json["timestamp"]?.int.map { MarketTime(seconds: $0) } }
}
