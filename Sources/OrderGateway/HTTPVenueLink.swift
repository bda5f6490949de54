import FloorIOData
import FloorIOVenue
import Shared

/// The venue over HTTP, through the floor's one client of it.
final class HTTPVenueLink: VenueLink {
  var onExchange: ((_ answered: Bool) -> Void)? {
    didSet {
      clob.onExchange = onExchange
      gamma.onExchange = onExchange
    }
  }

  var onAuthentication: ((_ accepted: Bool, _ asked: MonotonicTime) -> Void)? {
    didSet { clob.onAuthentication = onAuthentication }
  }

  /// What the venue said of our signer and somebody should hear.
  var onNotice: ((VenueBudget.Notice) -> Void)? {
    get { manners.onNotice }
    set { manners.onNotice = newValue }
  }

  private let http: HTTPClient
  private let clob: ClobClient
  private let gamma: GammaClient
  private let clockURL: String?
  private let timeout: Duration
  private let manners: VenueManners

  init(loop: EventLoop, config: GatewayConfiguration) {
    http = HTTPClient(loop: loop, authorities: config.venue.authorities)
    timeout = config.requestTimeout
    clockURL = config.venue.clock
    manners = VenueManners(ordersPerSecond: config.venueOrdersPerSecond, isUnlimited: config.isUnlimited)
    clob = ClobClient(
      http: http, base: config.venue.clob, credentials: config.credentials, wallet: config.walletKind,
      timeout: timeout, postTimeout: timeout, manners: manners)
    gamma = GammaClient(http: http, base: config.venue.gamma, timeout: timeout, manners: manners)
  }

  /// The account is the venue's; there is nothing to open.
  func open() {}

  func post(_ order: PreparedOrder, _ done: @escaping (SubmitOutcome) -> Void) {
    clob.post(order.body, expected: order.id, done)
  }

  func cancel(_ id: VenueOrderID, _ done: @escaping (Bool?, String) -> Void) {
    clob.cancel(id) { result in
      switch result {
      case .failure(let error): done(nil, error.description)
      case .success(let answer):
        if answer.canceled.contains(id) { return done(true, "") }
        guard let reason = answer.refused[id] else { return done(nil, "an answer about other orders") }
        done(false, reason)
      }
    }
  }

  func cancelAll(_ done: @escaping (Result<[VenueOrderID], VenueCallError>) -> Void) {
    clob.cancelAll { done($0.map(\.canceled)) }
  }

  func order(_ id: VenueOrderID, _ done: @escaping (Result<VenueOrder?, VenueCallError>) -> Void) {
    clob.order(id, done)
  }

  func openOrders(_ done: @escaping (Result<[VenueOrder], VenueCallError>) -> Void) { clob.openOrders(done) }

  func trades(after: MarketTime, _ done: @escaping (Result<[VenueTrade], VenueCallError>) -> Void) {
    clob.trades(after: after, done)
  }

  func trade(_ id: VenueTradeID, _ done: @escaping (Result<VenueTrade?, VenueCallError>) -> Void) {
    clob.trade(id, done)
  }

  func balance(_ done: @escaping (Result<USD, VenueCallError>) -> Void) { clob.collateral(done) }

  func shares(of token: TokenID, _ done: @escaping (Result<Shares, VenueCallError>) -> Void) {
    clob.balance(of: token, done)
  }

  func beat(_ id: String, _ done: @escaping (Result<String, VenueCallError>) -> Void) { clob.beat(id, done) }

  func market(_ slug: MarketSlug, _ done: @escaping (Result<GammaMarket?, VenueCallError>) -> Void) {
    gamma.market(slug, done)
  }

  func version(_ done: @escaping (Result<JSON, VenueCallError>) -> Void) { clob.version(done) }

  func measureClock(_ done: @escaping (Result<ClockOffset, VenueCallError>) -> Void) { clob.measureClock(done) }

  func clock(_ done: @escaping (Result<MarketClock, VenueCallError>) -> Void) {
    guard let clockURL else { return done(.success(.live)) }
    SimClock.read(http, url: clockURL, timeout: timeout, done)
  }
}
