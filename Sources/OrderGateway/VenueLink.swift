import Shared

/// Why a question to the venue has no answer. Nothing is known then.
struct VenueProblem: Error, Hashable, Sendable, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// What the gateway asks of the venue. One implementation speaks HTTP; tests of the shell use the real one against `sim-venue`.
protocol VenueLink: AnyObject {
  /// After every exchange: did the venue answer at all (whatever it said)?
  var onExchange: ((_ answered: Bool) -> Void)? { get set }
  /// Sends exactly these bytes, once. Always answers, at the latest after the request's deadline.
  func post(_ order: PreparedOrder, _ done: @escaping (SubmitOutcome) -> Void)
  /// `cancelled` is `nil` when nothing is known.
  func cancel(_ id: VenueOrderID, _ done: @escaping (_ cancelled: Bool?, _ detail: String) -> Void)
  /// `nil`: the venue says that it has no such order.
  func order(_ id: VenueOrderID, _ done: @escaping (Result<VenueOrder?, VenueProblem>) -> Void)
  /// All pages, or a problem: never a part.
  func openOrders(_ done: @escaping (Result<[VenueOrder], VenueProblem>) -> Void)
  /// All trades of the account matched after that time, all pages, without a token filter.
  func trades(after: MarketTime, _ done: @escaping (Result<[VenueTrade], VenueProblem>) -> Void)
  /// Collateral at the venue.
  func balance(_ done: @escaping (Result<USD, VenueProblem>) -> Void)
  /// One beat of the dead-man switch; answers the id for the next.
  func beat(_ id: String, _ done: @escaping (Result<String, VenueProblem>) -> Void)
  /// `nil`: not listed.
  func market(_ slug: MarketSlug, _ done: @escaping (Result<GammaMarket?, VenueProblem>) -> Void)
  func clock(_ done: @escaping (Result<MarketClock, VenueProblem>) -> Void)
}
