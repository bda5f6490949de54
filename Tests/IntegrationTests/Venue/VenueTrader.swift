import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Shared
import Testing

/// One wallet at the venue.
final class VenueTrader {
  let bench: VenueClients
  let key: EthereumKey
  let credentials: ApiCredentials
  let wallet: ExchangeOrder.Wallet
  let clob: ClobClient
  /// Holds the funds.
  let maker: EthereumAddress
  private var salt: UInt64 = 1

  init(_ bench: VenueClients, key: EthereumKey, credentials: ApiCredentials, wallet: ExchangeOrder.Wallet) throws {
    self.bench = bench
    self.key = key
    self.credentials = credentials
    self.wallet = wallet
    clob = ClobClient(
      http: bench.http, base: bench.venue.base, credentials: try credentials.authentication(of: key.address),
      wallet: wallet)
    maker =
      switch wallet {
      case .plain: key.address
      case .proxy: WalletDerivation.proxy(of: key.address)
      case .safe: WalletDerivation.safe(of: key.address)
      case .deposit: WalletDerivation.deposit(of: key.address)
      }
  }

  func sign(
    _ market: GammaMarket, _ outcome: Outcome, _ side: Side, _ amounts: OrderAmounts,
    signedBy other: EthereumKey? = nil,
    asDelegate: Bool = false
  ) throws -> SignedOrder {
    salt += 1
    let token = market.token(of: outcome)
    let order = ExchangeOrder(
      salt: salt, maker: maker, signer: wallet == .deposit ? maker : key.address, token: token, amounts: amounts,
      side: side, wallet: wallet, createdAtMilliseconds: UInt64(SystemClock.wall().milliseconds))
    let domain = ExchangeDomain(token: try Word256(token), negRisk: market.negRisk, chainID: ExchangeDomain.polygon)
    return try OrderSigner(key: other ?? key, isDelegate: asDelegate).sign(order, for: domain)
  }

  /// A bid of so many shares at the lowest price there is.
  func low(_ market: GammaMarket, _ outcome: Outcome = .yes, shares: Int64 = 120) throws -> SignedOrder {
    let price = try #require(Price(micros: market.tick.micros))
    return try sign(
      market, outcome, .buy, .limit(.buy, price: price, size: Shares(whole: shares), tick: market.tick))
  }

  func post(
    _ order: SignedOrder, _ timeInForce: TimeInForce = .goodTillCancelled, expiration: Int64? = nil,
    postOnly: Bool = false
  ) throws -> SubmitOutcome {
    let body = order.body(
      owner: credentials.apiKey, timeInForce: timeInForce, expiration: expiration, postOnly: postOnly)
    return try bench.wait { clob.post(body, expected: order.id, $0) }
  }

  func open() throws -> [VenueOrderID] { try bench.get { clob.openOrders($0) }.map(\.id) }

  /// Buys by amount: the book is walked to its limit price, and the fee has room in the amount.
  func buy(_ market: GammaMarket, for wanted: USD) throws -> (order: SignedOrder, trades: [VenueTradeID]) {
    // The book moves between looking and hitting it.
    for _ in 0..<20 {
      let book = try bench.get { clob.book(market.token(of: .yes), $0) }
      guard let price = MarketPriceWalk.buy(spending: wanted, asks: book.asks, whole: true) else { continue }
      let budget = try #require(MarketBuyBudget(available: wanted, price: price, fee: market.fee))
      let amount = budget.affordable(wanted)
      #expect(market.fee == .none || amount < wanted)
      let order = try sign(market, .yes, .buy, .marketBuy(spending: amount, price: price, tick: market.tick))
      switch try post(order, .fillAndKill) {
      case .matched(_, _, let trades): return (order, trades)
      case .rejected(.noMatch, _): continue
      case let other: Issue.record("\(other)")
      }
    }
    throw NoBook(slug: market.slug)
  }
}
