import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Shared
import Testing

/// A venue of one test with the floor's own clients of all its services.
final class VenueBench {
  let venue: SimVenueProcess
  let loop: EventLoop
  let http: HTTPClient
  let context: WebContext
  let clob: ClobClient
  let gamma: GammaClient
  private var nextKey: UInt8 = 1

  init(_ arguments: [String] = []) throws {
    venue = try SimVenueProcess(["--seed", "5", "--taker-hold-ms", "20"] + arguments)
    loop = try EventLoop()
    http = HTTPClient(loop: loop)
    context = try WebContext(loop: loop)
    clob = ClobClient(http: http, base: venue.base)
    gamma = GammaClient(http: http, base: venue.base)
  }

  func wait<Value>(_ start: (@escaping (Value) -> Void) -> Void) throws -> Value {
    var value: Value?
    start { value = $0 }
    try #require(try loop.turn(until: { value != nil }, limit: .seconds(15)))
    return try #require(value)
  }

  /// As `wait`, of a call whose answer is a success.
  func get<Value>(_ start: (@escaping (Result<Value, VenueCallError>) -> Void) -> Void) throws -> Value {
    try wait(start).get()
  }

  /// All open listings, page by page.
  func listings(limit: Int = 100) throws -> [GammaMarket] {
    var markets: [GammaMarket] = []
    var cursor: String?
    for _ in 0..<50 {
      let page = try get { gamma.openMarkets(after: cursor, limit: limit, $0) }
      #expect(page.items.count + page.unusable.count <= limit)
      markets += page.items
      guard let next = page.next else { return markets }
      cursor = next
    }
    throw EndlessPages()
  }

  /// A question (no up/down window: those hold takers and end) whose first outcome has a book on both sides.
  func question(negRisk: Bool = false, version: String = "v1") throws -> GammaMarket {
    let found = try listings().first {
      $0.acceptingOrders && $0.negRisk == negRisk && $0.version == version && MarketSeries.contract($0.slug) == nil
    }
    let market = try #require(found, "no question with negative risk \(negRisk), \(version)")
    for _ in 0..<100 {
      let book = try get { clob.book(market.token(of: .yes), $0) }
      if !book.bids.isEmpty, !book.asks.isEmpty { return market }
      _ = try loop.turn(until: { false }, limit: .milliseconds(100))
    }
    throw NoBook(slug: market.slug)
  }

  /// A wallet of its own, with a key that the venue made for it.
  func trader(_ wallet: ExchangeOrder.Wallet = .plain) throws -> VenueTrader {
    let key = try newKey()
    let credentials = try get { clob.createKey(key, timestamp: SystemClock.wall().seconds, $0) }
    return try VenueTrader(self, key: key, credentials: credentials, wallet: wallet)
  }

  /// Throw-away: every venue of a test has wallets of the same names.
  func newKey() throws -> EthereumKey {
    nextKey += 1
    return try EthereumKey(privateKey: [UInt8](repeating: 7, count: 31) + [nextKey])
  }
}

struct EndlessPages: Error {}
struct NoBook: Error { let slug: MarketSlug }

/// One wallet at the venue.
final class VenueTrader {
  let bench: VenueBench
  let key: EthereumKey
  let credentials: ApiCredentials
  let wallet: ExchangeOrder.Wallet
  let clob: ClobClient
  /// Holds the funds.
  let maker: EthereumAddress
  private var salt: UInt64 = 1

  init(_ bench: VenueBench, key: EthereumKey, credentials: ApiCredentials, wallet: ExchangeOrder.Wallet) throws {
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
    _ market: GammaMarket, _ outcome: Outcome, _ side: Side, _ amounts: OrderAmounts, signedBy other: EthereumKey? = nil
  ) throws -> SignedOrder {
    salt += 1
    let token = market.token(of: outcome)
    let order = ExchangeOrder(
      salt: salt, maker: maker, signer: wallet == .deposit ? maker : key.address, token: token, amounts: amounts,
      side: side, wallet: wallet, createdAtMilliseconds: UInt64(SystemClock.wall().milliseconds))
    let domain = ExchangeDomain(token: try Word256(token), negRisk: market.negRisk, chainID: ExchangeDomain.polygon)
    return try OrderSigner(key: other ?? key).sign(order, for: domain)
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
