import Shared

/// The venue's market discovery (protocol document, section 1). Public, read only.
public final class GammaClient {
  /// After every exchange: was the venue there? A refusal is an answer.
  public var onExchange: ((_ answered: Bool) -> Void)? {
    get { requests.onExchange }
    set { requests.onExchange = newValue }
  }

  private var requests: VenueHTTP
  private let timeout: Duration

  public init(
    http: HTTPClient, base: String, timeout: Duration = .seconds(5), manners: VenueManners = VenueManners()
  ) {
    requests = VenueHTTP(http: http, service: .gamma, base: base, manners: manners)
    self.timeout = timeout
  }

  /// `nil`: not listed, or listed without tokens yet. A listing that cannot be used is `.malformed` with the reason.
  public func market(_ slug: MarketSlug, _ done: @escaping (Result<GammaMarket?, VenueCallError>) -> Void) {
    requests.send("GET", "/markets/slug/\(slug)", timeout: timeout) { result in
      switch VenueHTTP.json(result) {
      case .failure(.status(404, _, _)): done(.success(nil))
      case .failure(let error): done(.failure(error))
      case .success(let json):
        guard let listing = json.array == nil ? json : json.array?.first else { return done(.success(nil)) }
        do throws(GammaMarket.Refusal) {
          done(.success(try GammaMarket(listing)))
        } catch {
          done(error == .notDeployed ? .success(nil) : .failure(.malformed("\(slug): \(error)")))
        }
      }
    }
  }

  /// `nil`: no such event.
  public func event(_ slug: MarketSlug, _ done: @escaping (Result<GammaEvent?, VenueCallError>) -> Void) {
    requests.send("GET", "/events/slug/\(slug)", timeout: timeout) { result in
      switch VenueHTTP.json(result) {
      case .failure(.status(404, _, _)): done(.success(nil))
      case .failure(let error): done(.failure(error))
      case .success(let json):
        guard let item = json.array == nil ? json : json.array?.first else { return done(.success(nil)) }
        done(GammaEvent(item).map(Result.success) ?? .failure(.malformed("event \(slug)")))
      }
    }
  }

  /// The series of that slug; `nil`: there is none.
  public func series(_ slug: String, _ done: @escaping (Result<GammaSeries?, VenueCallError>) -> Void) {
    requests.send("GET", "/series", query: [WebField("slug", slug)], timeout: timeout) { result in
      done(
        VenueHTTP.json(result).decoded { json -> GammaSeries?? in
          guard let items = json.array else { return nil }
          let series = items.compactMap { GammaSeries($0) }
          return series.count == items.count ? .some(series.first { $0.slug == slug }) : nil
        })
    }
  }

  /// One page of a list.
  public struct Page<Item: Sendable>: Sendable {
    public let items: [Item]
    /// Left out because they cannot be used, each with its reason.
    public let unusable: [GammaMarket.Unusable]
    /// For the next page; `nil` after the last.
    public let next: String?
  }

  /// One page of open listings.
  /// - Parameters:
  ///   - cursor: what the last page answered; `nil` for the first.
  ///   - limit: 1…100.
  public func openMarkets(
    after cursor: String? = nil, limit: Int = 100,
    _ done: @escaping (Result<Page<GammaMarket>, VenueCallError>) -> Void
  ) {
    page("markets", [], cursor, limit) { result in
      done(
        result.map { items, next in
          let (markets, unusable) = GammaMarket.readable(items)
          return Page(items: markets, unusable: unusable, next: next)
        })
    }
  }

  /// One page of open events, with their markets.
  /// - Parameters:
  ///   - series: the id of one series; `nil` for all.
  ///   - cursor: what the last page answered; `nil` for the first.
  ///   - limit: 1…100.
  public func openEvents(
    series: String? = nil, after cursor: String? = nil, limit: Int = 100,
    _ done: @escaping (Result<Page<GammaEvent>, VenueCallError>) -> Void
  ) {
    page("events", series.map { [WebField("series_id", $0)] } ?? [], cursor, limit) { result in
      done(
        result.flatMap { items, next in
          let events = items.compactMap { GammaEvent($0) }
          guard events.count == items.count else { return .failure(.malformed("an event of the list")) }
          return .success(Page(items: events, unusable: events.flatMap(\.unusable), next: next))
        })
    }
  }

  /// The keyset form of a list (section 1.2): the other one is announced to end, and moves while it is read.
  private func page(
    _ list: String, _ filters: [WebField], _ cursor: String?, _ limit: Int,
    _ done: @escaping (Result<([JSON], next: String?), VenueCallError>) -> Void
  ) {
    precondition((1...100).contains(limit), "the venue's cap is a hundred")
    var query = [WebField("limit", String(limit)), WebField("closed", "false")] + filters
    if let cursor { query.append(WebField("after_cursor", cursor)) }
    requests.send("GET", "/\(list)/keyset", query: query, timeout: timeout) { result in
      done(
        VenueHTTP.json(result).decoded { json in
          guard let items = json[list]?.array else { return nil }
          let next = json["next_cursor"]?.string.flatMap { $0.isEmpty ? nil : $0 }
          // The cursor that was sent, come back: the list would never end.
          if let next, next == cursor { return nil }
          return (items, next)
        })
    }
  }
}
