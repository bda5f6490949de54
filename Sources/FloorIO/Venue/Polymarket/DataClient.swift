import Shared

/// The venue's data service (protocol document, section 6): what any wallet trades and holds, read from the chain seconds later. Public, read
/// only. Never the size of an exit and never proof of being flat: its rows lag our own fills (requirement V-12).
public final class DataClient {
  /// Which of the service's two generations is asked. The former was announced to end on 2026-10-24.
  public enum Generation: Hashable, Sendable {
    case present
    case former
  }

  /// What a list gave.
  public struct Rows<Row: Hashable & Sendable>: Hashable, Sendable {
    public let rows: [Row]
    /// False when the service gives no more although there may be more: then these are the newest.
    public let isWhole: Bool
  }

  /// After every exchange: was the venue there? A refusal is an answer.
  public var onExchange: ((_ answered: Bool) -> Void)? {
    get { requests.onExchange }
    set { requests.onExchange = newValue }
  }

  private var requests: VenueHTTP
  private let generation: Generation
  private let timeout: Duration
  private let pageRows: Int
  private let rowsMax: Int

  /// - Parameters:
  ///   - base: `https://data-api.polymarket.com`; a slash at its end is dropped.
  ///   - pageRows: rows asked for at a time: 1…1000, of the former generation 1…500.
  ///   - rowsMax: where a list is given up as too long.
  public init(
    http: HTTPClient, base: String, generation: Generation = .present, timeout: Duration = .seconds(5),
    pageRows: Int = 500, rowsMax: Int = 100_000, manners: VenueManners = VenueManners()
  ) {
    precondition((1...(generation == .present ? 1000 : 500)).contains(pageRows), "the service's caps")
    requests = VenueHTTP(http: http, service: .data, base: base, manners: manners)
    self.generation = generation
    self.timeout = timeout
    self.pageRows = pageRows
    self.rowsMax = rowsMax
  }

  /// Newest first.
  /// - Parameters:
  ///   - wallet: `nil` for everybody's.
  ///   - market: `nil` for all markets.
  ///   - takersOnly: false gives a wallet's fills as a maker, too.
  ///   - since: whole seconds; the present generation only, the former ignores it.
  public func trades(
    of wallet: String? = nil, in market: ConditionID? = nil, takersOnly: Bool = false, since: MarketTime? = nil,
    _ done: @escaping (Result<Rows<WalletTrade>, VenueCallError>) -> Void
  ) {
    let isPresent = generation == .present
    var query = [WebField(isPresent ? "taker_only" : "takerOnly", String(takersOnly))]
    if let wallet { query.append(WebField("user", wallet)) }
    if let market { query.append(WebField(isPresent ? "condition_id" : "market", market.text)) }
    if isPresent, let since { query.append(WebField("start", String(max(1, since.seconds)))) }
    rows("/trades", query, offsetMax: 3000, WalletTrade.init, done)
  }

  /// What a wallet holds now.
  public func positions(
    of wallet: String, _ done: @escaping (Result<Rows<WalletPosition>, VenueCallError>) -> Void
  ) {
    // The former generation leaves out what is smaller than one share unless told otherwise.
    let query = [WebField("user", wallet)] + (generation == .former ? [WebField("sizeThreshold", "0")] : [])
    rows("/positions", query, offsetMax: 10_000, WalletPosition.init, done)
  }

  /// Everything a wallet did, newest first.
  public func activity(
    of wallet: String, since: MarketTime? = nil,
    _ done: @escaping (Result<Rows<WalletActivity>, VenueCallError>) -> Void
  ) {
    var query = [WebField("user", wallet)]
    if let since { query.append(WebField("start", String(max(1, since.seconds)))) }
    rows("/activity", query, offsetMax: 3000, WalletActivity.init, done)
  }

  // MARK: Pages

  private func rows<Row>(
    _ path: String, _ query: [WebField], offsetMax: Int, _ decode: @escaping (JSON) -> Row?,
    _ done: @escaping (Result<Rows<Row>, VenueCallError>) -> Void
  ) {
    switch generation {
    case .present: byCursor("/v2" + path, query, decode, nil, [], done)
    case .former:
      byOffset(path, query, decode, offset: 0, OffsetPages(offsetMax: offsetMax), done)
    }
  }

  private func byCursor<Row>(
    _ path: String, _ query: [WebField], _ decode: @escaping (JSON) -> Row?, _ cursor: String?, _ collected: [Row],
    _ done: @escaping (Result<Rows<Row>, VenueCallError>) -> Void
  ) {
    let place = [WebField("limit", String(pageRows))] + (cursor.map { [WebField("cursor", $0)] } ?? [])
    requests.send("GET", path, query: query + place, timeout: timeout) { [weak self] result in
      switch VenueHTTP.json(result) {
      case .failure(let error): done(.failure(error))
      case .success(let json):
        guard let self, let items = json["data"]?.array, let paging = json["pagination"],
          let page = DataClient.decoded(items, decode)
        else { return done(.failure(.malformed(path))) }
        let next = paging["next_cursor"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        // The two must agree; where they do not, nobody can say whether this is the end.
        guard (next != nil) == (paging["has_more"]?.bool ?? false), next == nil || next != cursor else {
          return done(.failure(.malformed("\(path): has_more and next_cursor")))
        }
        let all = collected + page
        guard let next else { return done(.success(Rows(rows: all, isWhole: true))) }
        if all.count >= rowsMax { return done(.success(Rows(rows: all, isWhole: false))) }
        // A page of nothing that promises more would be asked for without end.
        guard !page.isEmpty else { return done(.failure(.malformed("\(path): an empty page before the last"))) }
        byCursor(path, query, decode, next, all, done)
      }
    }
  }

  private func byOffset<Row>(
    _ path: String, _ query: [WebField], _ decode: @escaping (JSON) -> Row?, offset: Int, _ pages: OffsetPages<Row>,
    _ done: @escaping (Result<Rows<Row>, VenueCallError>) -> Void
  ) {
    let place = [WebField("limit", String(pageRows)), WebField("offset", String(offset))]
    requests.send("GET", path, query: query + place, timeout: timeout) { [weak self] result in
      switch VenueHTTP.json(result) {
      case .failure(let error): done(.failure(error))
      case .success(let json):
        guard let self, let items = json.array, let page = DataClient.decoded(items, decode) else {
          return done(.failure(.malformed(path)))
        }
        var pages = pages
        switch pages.take(page) {
        case .whole: done(.success(Rows(rows: pages.rows, isWhole: true)))
        case .part: done(.success(Rows(rows: pages.rows, isWhole: false)))
        case .ask(let next): byOffset(path, query, decode, offset: next, pages, done)
        }
      }
    }
  }

  private static func decoded<Row>(_ items: [JSON], _ decode: (JSON) -> Row?) -> [Row]? {
    var rows: [Row] = []
    for item in items {
      guard let row = decode(item) else { return nil }
      rows.append(row)
    }
    return rows
  }
}
