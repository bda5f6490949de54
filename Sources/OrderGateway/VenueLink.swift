import FloorIOVenue
import Shared

/// What the gateway asks of the venue. `HTTPVenueLink` speaks to it; `PaperVenueLink` only reads its public data and matches here.
protocol VenueLink: AnyObject {
  /// Called once, when the wallet is this process's alone, before anything else is asked.
  func open() throws
  /// After every exchange: was the venue there (whatever it said)?
  var onExchange: ((_ answered: Bool) -> Void)? { get set }
  /// Sends exactly these bytes, once. Always answers, at the latest after the request's deadline.
  func post(_ order: PreparedOrder, _ done: @escaping (SubmitOutcome) -> Void)
  /// `cancelled` is `nil` when nothing is known.
  func cancel(_ id: VenueOrderID, _ done: @escaping (_ cancelled: Bool?, _ detail: String) -> Void)
  /// Takes out all that rests on the account, whoever placed it; answers what was taken out.
  func cancelAll(_ done: @escaping (Result<[VenueOrderID], VenueCallError>) -> Void)
  /// `nil`: the venue says that it has no such order.
  func order(_ id: VenueOrderID, _ done: @escaping (Result<VenueOrder?, VenueCallError>) -> Void)
  /// All pages, or an error: never a part.
  func openOrders(_ done: @escaping (Result<[VenueOrder], VenueCallError>) -> Void)
  /// All trades of the account matched after that time, all pages, without a token filter.
  func trades(after: MarketTime, _ done: @escaping (Result<[VenueTrade], VenueCallError>) -> Void)
  /// One match of ours; `nil`: the venue lists no such trade.
  func trade(_ id: VenueTradeID, _ done: @escaping (Result<VenueTrade?, VenueCallError>) -> Void)
  /// Collateral at the venue.
  func balance(_ done: @escaping (Result<USD, VenueCallError>) -> Void)
  /// Shares of a token at the venue; they may lag a match by seconds.
  func shares(of token: TokenID, _ done: @escaping (Result<Shares, VenueCallError>) -> Void)
  /// One beat of the dead-man switch; answers the id for the next.
  func beat(_ id: String, _ done: @escaping (Result<String, VenueCallError>) -> Void)
  /// `nil`: not listed.
  func market(_ slug: MarketSlug, _ done: @escaping (Result<GammaMarket?, VenueCallError>) -> Void)
  /// Compares the venue's wall clock with ours; private requests are stamped with the venue's time.
  func measureClock(_ done: @escaping (Result<ClockOffset, VenueCallError>) -> Void)
  /// After every private exchange that says something of it: did the venue know us, and when had we asked?
  var onAuthentication: ((_ accepted: Bool, _ asked: MonotonicTime) -> Void)? { get set }
  /// What the venue says of its version.
  func version(_ done: @escaping (Result<JSON, VenueCallError>) -> Void)
  /// The market's clock.
  func clock(_ done: @escaping (Result<MarketClock, VenueCallError>) -> Void)
}
