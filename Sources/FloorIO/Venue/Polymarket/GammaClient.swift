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

  public init(http: HTTPClient, base: String, timeout: Duration = .seconds(5)) {
    requests = VenueHTTP(http: http, base: base)
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

  /// One page of open listings. Those that cannot be used (other than two outcomes, no tokens yet) are left out.
  /// - Parameters:
  ///   - cursor: what the last page answered; `nil` for the first.
  ///   - limit: 1…100.
  public func openMarkets(
    after cursor: String? = nil, limit: Int = 100,
    _ done: @escaping (Result<(markets: [GammaMarket], next: String?), VenueCallError>) -> Void
  ) {
    var query = [WebField("limit", String(limit)), WebField("closed", "false")]
    if let cursor { query.append(WebField("after_cursor", cursor)) }
    requests.send("GET", "/markets/keyset", query: query, timeout: timeout) { result in
      done(
        VenueHTTP.json(result).decoded { json in
          guard let items = json["markets"]?.array else { return nil }
          let next = json["next_cursor"]?.string.flatMap { $0.isEmpty ? nil : $0 }
          return (items.compactMap { try? GammaMarket($0) }, next)
        })
    }
  }
}
