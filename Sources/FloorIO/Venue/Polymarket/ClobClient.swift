import FloorIOData
import Shared

/// The venue's order book service (protocol document, section 2). Every call answers exactly once, from the loop, at the latest after
/// its timeout. Nothing is repeated here, with one exception that is safe: a heartbeat whose id was corrected by the venue.
public final class ClobClient {
  /// After every exchange: was the venue there? A refusal is an answer.
  public var onExchange: ((_ answered: Bool) -> Void)? {
    get { requests.onExchange }
    set { requests.onExchange = newValue }
  }

  /// After every private exchange that says something of it: did the venue know us, and when had we asked?
  public var onAuthentication: ((_ accepted: Bool, _ asked: MonotonicTime) -> Void)?

  var requests: VenueHTTP
  let credentials: L2Authentication?
  /// The kind of wallet whose money is asked about.
  let wallet: ExchangeOrder.Wallet
  let timeout: Duration
  let postTimeout: Duration
  /// How far the venue's clock is from ours, as far as it was measured. Requests are stamped with the venue's time.
  public var clockOffset: ClockOffset { requests.manners.clockOffset }

  /// - Parameters:
  ///   - base: `https://clob.polymarket.com`; a slash at its end is dropped.
  ///   - credentials: `nil` allows only the public calls; a private one then answers 401 without asking.
  ///   - postTimeout: for an order, the venue's own hold included.
  public init(
    http: HTTPClient, base: String, credentials: L2Authentication? = nil, wallet: ExchangeOrder.Wallet = .plain,
    timeout: Duration = .seconds(5), postTimeout: Duration = .seconds(3), manners: VenueManners = VenueManners()
  ) {
    requests = VenueHTTP(http: http, service: .clob, base: base, manners: manners)
    self.credentials = credentials
    self.wallet = wallet
    self.timeout = timeout
    self.postTimeout = postTimeout
  }

  // MARK: Public

  /// The venue's clock, whole seconds: a bare number, whatever it is called.
  public func time(_ done: @escaping (Result<WallTime, VenueCallError>) -> Void) {
    requests.send("GET", "/time", timeout: timeout) { result in
      guard case .success(let response) = result, response.status == 200 else {
        return done(VenueHTTP.json(result).decoded { _ in nil })
      }
      let told = Int64(String(decoding: response.body, as: UTF8.self)).flatMap(WallTime.init(venueStamp:))
      done(told.map { .success($0) } ?? .failure(.malformed("time")))
    }
  }

  /// Asks the venue for its time and takes the answer into `clockOffset`.
  public func measureClock(_ done: @escaping (Result<ClockOffset, VenueCallError>) -> Void) {
    let sent = SystemClock.wall()
    time { [weak self] result in
      guard let self else { return }
      done(
        result.map { venue in
          requests.manners.clockOffset.observe(venue: venue, sent: sent, received: SystemClock.wall())
          return clockOffset
        })
    }
  }

  /// What `GET /version` answers, as it is: for the drift sentinel.
  public func version(_ done: @escaping (Result<JSON, VenueCallError>) -> Void) { ask("GET", "/version", done) }

  public func book(_ token: TokenID, _ done: @escaping (Result<VenueBook, VenueCallError>) -> Void) {
    ask("GET", "/book", query: [WebField("token_id", token.text)]) { result in done(result.decoded(VenueBook.init)) }
  }

  /// Books of many tokens in one request, in any order; a token without a book is left out.
  /// - Precondition: at most 500.
  public func books(_ tokens: [TokenID], _ done: @escaping (Result<[VenueBook], VenueCallError>) -> Void) {
    precondition(tokens.count <= 500, "the venue takes five hundred at a time")
    let body = JSON.array(tokens.map { ["token_id": .text($0)] })
    requests.send("POST", "/books", body: body.bytes, timeout: timeout) { result in
      done(
        VenueHTTP.json(result).decoded { json -> [VenueBook]? in
          guard let items = json.array else { return nil }
          let books = items.compactMap { VenueBook($0) }
          return books.count == items.count ? books : nil
        })
    }
  }

  /// A market's rules as the order book service knows them; `nil`: it knows no such market.
  public func market(_ condition: ConditionID, _ done: @escaping (Result<VenueMarketInfo?, VenueCallError>) -> Void) {
    ask("GET", "/clob-markets/\(condition)") { result in
      switch result {
      // In the venue's words only: a page that was not found is no market that was not found.
      case .failure(.status(404, let message, _)) where !message.isEmpty: done(.success(nil))
      case .failure(let error): done(.failure(error))
      case .success(let json):
        done(VenueMarketInfo(compact: json).map(Result.success) ?? .failure(.malformed("market \(condition)")))
      }
    }
  }

  // MARK: Requests

  func authentication(_ method: String, _ path: String, _ body: [UInt8]) -> [WebField]? {
    let stamp = clockOffset.venue(at: SystemClock.wall()).seconds
    return credentials?.headers(timestamp: stamp, method: method, path: path, body: body)
      .map { WebField($0.name, $0.value) }
  }

  /// The answer of a private call without credentials.
  func refuse<Value>(_ done: @escaping (Result<Value, VenueCallError>) -> Void) {
    requests.http.later { done(.failure(.status(401, message: "no credentials", retryAfter: nil))) }
  }

  func ask(
    _ method: String, _ path: String, query: [WebField] = [], _ done: @escaping (Result<JSON, VenueCallError>) -> Void
  ) {
    requests.send(method, path, query: query, timeout: timeout) { done(VenueHTTP.json($0)) }
  }

  func askPrivately(
    _ method: String, _ path: String, query: [WebField] = [], body: [UInt8]? = nil, items: Int = 1,
    _ done: @escaping (Result<JSON, VenueCallError>) -> Void
  ) {
    sendPrivately(method, path, query: query, body: body, items: items, timeout: timeout) { done(VenueHTTP.json($0)) }
  }

  func sendPrivately(
    _ method: String, _ path: String, query: [WebField] = [], body: [UInt8]? = nil, items: Int = 1, timeout: Duration,
    _ done: @escaping (Result<HTTPResponse, VenueCallError>) -> Void
  ) {
    guard let headers = authentication(method, path, body ?? []) else { return refuse(done) }
    let asked = SystemClock.monotonic()
    requests.send(method, path, query: query, headers: headers, body: body, items: items, timeout: timeout) {
      [weak self] result in
      if case .success(let response) = result, response.status < 500 {
        // What is refused before it is looked at says nothing of who we are.
        if ![403, 425, 429].contains(response.status) { self?.onAuthentication?(response.status != 401, asked) }
      }
      done(result)
    }
  }

  /// The cursor that ends a list.
  private static let lastCursor = "LTE="
  private static let pagesMax = 1000
  /// How long one page waits for our budget, or the venue's. Whoever asks for all pages cannot do with the first ones, and beginning anew
  /// each time would never come to the end of a long list.
  private static let pagePatience: Duration = .seconds(10)

  /// Reads all pages of a private list, or fails: an end that the venue did not announce is none.
  func pages<Item>(
    _ path: String, query: [WebField], decode: @escaping (JSON) -> Item?,
    _ done: @escaping (Result<[Item], VenueCallError>) -> Void
  ) {
    page(of: PagedList(path: path, query: query, decode: decode, done: done))
  }

  private func page<Item>(of list: PagedList<Item>) {
    askPrivately("GET", list.path, query: list.query + [WebField("next_cursor", list.cursor)]) { [weak self] result in
      switch result {
      case .failure(let error):
        guard let self, list.number > 1, let wait = error.wait, wait <= ClobClient.pagePatience else {
          return list.done(.failure(error))
        }
        requests.http.later(after: wait) { [weak self] in self?.page(of: list) }
      case .success(let json):
        guard let items = json["data"]?.array, let next = json["next_cursor"]?.string else {
          return list.done(.failure(.malformed("\(list.path) without data or cursor")))
        }
        for item in items {
          guard let value = list.decode(item) else { return list.done(.failure(.malformed("an item of \(list.path)"))) }
          list.items.append(value)
        }
        if next.isEmpty || next == ClobClient.lastCursor { return list.done(.success(list.items)) }
        // A venue whose list never ends must not keep us for ever, and what was read of it is a part.
        guard next != list.cursor, list.number < ClobClient.pagesMax, let self else {
          return list.done(.failure(.malformed("\(list.path): pages without end")))
        }
        list.cursor = next
        list.number += 1
        page(of: list)
      }
    }
  }
}

/// A list that is being read, page by page, into one array: handed on by value it would be copied with every page.
private final class PagedList<Item> {
  let path: String
  let query: [WebField]
  let decode: (JSON) -> Item?
  let done: (Result<[Item], VenueCallError>) -> Void
  var items: [Item] = []
  var cursor = "MA=="
  var number = 1

  init(
    path: String, query: [WebField], decode: @escaping (JSON) -> Item?,
    done: @escaping (Result<[Item], VenueCallError>) -> Void
  ) {
    self.path = path
    self.query = query
    self.decode = decode
    self.done = done
  }
}

extension Result<JSON, VenueCallError> {
  /// The decoded answer, or `.malformed` when the decoder finds not what it needs.
  func decoded<Value>(_ decode: (JSON) -> Value?) -> Result<Value, VenueCallError> {
    flatMap { json in
      decode(json).map(Result<Value, VenueCallError>.success) ?? .failure(.malformed("\(Value.self)"))
    }
  }
}
