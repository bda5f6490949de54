import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Shared
import Testing

/// A venue of one test with the floor's own clients of all its services.
final class VenueClients {
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

  func wait<Value>(_ start: (@escaping (Value) -> Void) throws -> Void) throws -> Value {
    var value: Value?
    try start { value = $0 }
    try #require(try loop.turn(until: { value != nil }, limit: .seconds(15)))
    return try #require(value)
  }

  /// As `wait`, of a call whose answer is a success.
  func get<Value>(_ start: (@escaping (Result<Value, VenueCallError>) -> Void) throws -> Void) throws -> Value {
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
