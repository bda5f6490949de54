import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Shared
import Testing

/// The floor's clients and a `sim-venue` of their own, over real sockets, on one loop that waiting turns.
final class VenueBench {
  struct NoMarket: Error {}

  let venue: SimVenueProcess
  let loop: EventLoop
  let http: HTTPClient
  let context: WebContext
  let clob: ClobClient
  let gamma: GammaClient
  let signer: OrderSigner
  let credentials: L2Authentication
  /// Its files go with it.
  private let authority: TestAuthority?
  private var salt: UInt64 = 1
  private var lastMilliseconds: UInt64 = 0

  /// - Parameters:
  ///   - postTimeout: how long an order's answer is waited for.
  ///   - authority: makes the venue speak TLS.
  init(_ arguments: [String] = [], postTimeout: Duration = .seconds(3), authority: TestAuthority? = nil) throws {
    self.authority = authority
    let tls = authority.map { ["--tls", $0.certificate, $0.key] } ?? []
    venue = try SimVenueProcess(["--seed", "5", "--taker-hold-ms", "20"] + tls + arguments)
    loop = try EventLoop()
    http = HTTPClient(loop: loop, authorities: authority?.authority)
    context = try WebContext(loop: loop, authorities: authority?.authority)
    let key = try EthereumKey(privateKey: #require(Word256(hex: venue.credentials.needText("private_key"))).bytes)
    signer = OrderSigner(key: key)
    credentials = try L2Authentication(
      address: key.address, apiKey: venue.credentials.needText("api_key"),
      secret: venue.credentials.needText("secret"), passphrase: venue.credentials.needText("passphrase"))
    clob = ClobClient(http: http, base: venue.base, credentials: credentials, postTimeout: postTimeout)
    gamma = GammaClient(http: http, base: venue.base)
  }

  // MARK: Waiting

  func wait<Value>(_ start: (@escaping (Value) -> Void) throws -> Void) throws -> Value {
    var value: Value?
    try start { value = $0 }
    try #require(try loop.turn(until: { value != nil }, limit: .seconds(20)))
    return try #require(value)
  }

  func until(_ what: Comment, within limit: Duration = .seconds(20), _ holds: () throws -> Bool) throws {
    let end = SystemClock.monotonic().advanced(by: limit)
    while try !holds() {
      try #require(SystemClock.monotonic() < end, what)
      try loop.turn(timeout: .milliseconds(20))
    }
  }

  // MARK: The console

  @discardableResult
  func console(_ path: String, _ body: JSON? = nil) throws -> JSON {
    let request = HTTPRequest(
      body == nil ? "GET" : "POST", venue.base + path,
      headers: body == nil ? [] : [WebField("Content-Type", "application/json")], body: body?.bytes)
    let response = try wait { http.send(request, timeout: .seconds(10), $0) }.get()
    try #require(response.status == 200, "\(String(decoding: response.body, as: UTF8.self))")
    return try JSON.parse(response.body)
  }

  /// Replaces the rules for requests by one.
  func fault(_ endpoint: String, _ kind: String, _ more: [JSON.Member] = [], count: Int64? = 1) throws {
    var members: [JSON.Member] = [.init("endpoint", .string(endpoint)), .init("kind", .string(kind))] + more
    if let count { members.append(.init("count", .int(count))) }
    try console("/sim/faults", .array([.object(members)]))
  }

  func faultHits() throws -> Int64 { try #require(console("/sim/faults")["hits"]?.int) }

  // MARK: Markets and orders

  /// A market with a book on both sides that a small order can take from, and open long enough for a test: near its end a price may
  /// fall to where an order of ours rests, and the end itself takes every order with it.
  ///
  /// - Parameter open: for so long yet by the market's clock. At the end of an hour most questions are over within a minute, and the next
  ///   ones open with the new one.
  func liveMarket(
    open: Duration = .seconds(60), _ wanted: (GammaMarket, VenueBook) -> Bool = { _, _ in true }
  ) throws -> (GammaMarket, VenueBook) {
    let clock = try #require(SimClock.clock(console("/sim/clock")))
    let end = SystemClock.monotonic().advanced(by: .seconds(150))
    while SystemClock.monotonic() < end {
      let page = try wait { gamma.openMarkets($0) }.get()
      let least = clock.market(at: SystemClock.wall()).advanced(by: open)
      for market in page.items
      where market.acceptingOrders && market.hasOrderBook && market.end.map({ $0 > least }) ?? true {
        // One that has ended since it was listed has no book.
        guard case .success(let book) = try wait({ clob.book(market.token(of: .yes), $0) }) else { continue }
        if let ask = book.asks.first, book.bids.first != nil, ask.size >= market.minimumSize, wanted(market, book) {
          return (market, book)
        }
      }
      _ = try loop.turn(until: { false }, limit: .milliseconds(200))
    }
    throw NoMarket()
  }

  func sign(
    _ market: GammaMarket, _ outcome: Outcome, _ side: Side, _ price: Price, _ size: Shares, tick: PriceTick? = nil
  ) throws -> SignedOrder {
    salt += 1
    lastMilliseconds = max(lastMilliseconds + 1, UInt64(SystemClock.wall().milliseconds))
    let token = market.token(of: outcome)
    let order = ExchangeOrder(
      salt: salt, maker: signer.key.address, signer: signer.key.address, token: token,
      amounts: try .limit(side, price: price, size: size, tick: tick ?? market.tick), side: side,
      createdAtMilliseconds: lastMilliseconds)
    let domain = ExchangeDomain(
      token: try Word256(token), negRisk: market.negRisk, chainID: ExchangeDomain.polygon)
    return try signer.sign(order, for: domain)
  }

  func body(
    _ order: SignedOrder, _ timeInForce: TimeInForce = .goodTillCancelled, expiration: Int64? = nil,
    postOnly: Bool = false
  ) throws -> [UInt8] {
    order.body(
      owner: credentials.apiKey, timeInForce: timeInForce, expiration: expiration, postOnly: postOnly)
  }

  func post(
    _ order: SignedOrder, _ timeInForce: TimeInForce = .goodTillCancelled, expiration: Int64? = nil,
    postOnly: Bool = false
  ) throws -> SubmitOutcome {
    let body = try body(order, timeInForce, expiration: expiration, postOnly: postOnly)
    return try wait { clob.post(body, expected: order.id, $0) }
  }

  /// Deep under the book: it rests.
  func resting(_ market: GammaMarket, size: Int64 = 20) throws -> SignedOrder {
    try sign(market, .yes, .buy, try Price(parsing: "0.01"), Shares(whole: size))
  }

  /// Buys at the ask until something is bought: the book moves while we look.
  func bought() throws -> (order: SignedOrder, market: GammaMarket, taking: Shares) {
    for _ in 0..<30 {
      let (market, book) = try liveMarket()
      let ask = try #require(book.asks.first)
      // Five shares, and more where they would cost less than the venue's dollar for taking orders.
      let size = Shares(whole: max(5, 1_200_000 / ask.price.micros + 1))
      let order = try sign(market, .yes, .buy, ask.price, size)
      switch try post(order, .fillAndKill) {
      case .matched(_, let taking?, _): return (order, market, Shares(micros: taking))
      case .rejected(.noMatch, _): continue
      case let outcome: throw Unexpected(outcome: outcome)
      }
    }
    throw NoMarket()
  }

  struct Unexpected: Error { let outcome: SubmitOutcome }

  func cancel(_ id: VenueOrderID) throws -> Result<CancelAnswer, VenueCallError> {
    try wait { (done: @escaping (Result<CancelAnswer, VenueCallError>) -> Void) in clob.cancel(id, done) }
  }

  func order(_ id: VenueOrderID) throws -> VenueOrder? { try wait { clob.order(id, $0) }.get() }

  func openIDs() throws -> Set<VenueOrderID> { Set(try wait { clob.openOrders($0) }.get().map(\.id)) }
}
