import FloorIOData
import Shared

/// The venue's order book service (protocol document, section 2). Every call answers exactly once, from the loop, at the latest after
/// its timeout. Nothing is repeated here, with one exception that is safe: a heartbeat whose id was corrected by the venue.
public final class ClobClient {
  /// What the venue did with a request to cancel. Neither list says whether an order traded before: ask for the order.
  public struct CancelAnswer: Hashable, Sendable {
    public let canceled: [VenueOrderID]
    public let refused: [VenueOrderID: String]
  }

  /// After every exchange: did the venue answer at all?
  public var onExchange: ((_ answered: Bool) -> Void)?

  private let http: HTTPClient
  private let base: String
  private let credentials: L2Authentication?
  private let timeout: Duration
  private let postTimeout: Duration

  /// - Parameters:
  ///   - base: `https://clob.polymarket.com`; a slash at its end is dropped.
  ///   - credentials: `nil` allows only the public calls; a private one then answers 401 without asking.
  ///   - postTimeout: for an order, the venue's own hold included.
  public init(
    http: HTTPClient, base: String, credentials: L2Authentication? = nil, timeout: Duration = .seconds(5),
    postTimeout: Duration = .seconds(3)
  ) {
    self.http = http
    self.base = base.hasSuffix("/") ? String(base.dropLast()) : base
    self.credentials = credentials
    self.timeout = timeout
    self.postTimeout = postTimeout
  }

  // MARK: Public

  /// The venue's clock, whole seconds.
  public func time(_ done: @escaping (Result<WallTime, VenueCallError>) -> Void) {
    ask("GET", "/time") { result in
      done(result.decoded { $0.int.map(WallTime.init(seconds:)) })
    }
  }

  public func book(_ token: TokenID, _ done: @escaping (Result<VenueBook, VenueCallError>) -> Void) {
    ask("GET", "/book", query: [WebField("token_id", token.text)]) { result in done(result.decoded(VenueBook.init)) }
  }

  // MARK: Orders

  /// Sends exactly these bytes, once.
  /// - Parameter expected: the order's id, known since it was signed: an answer about another order proves nothing.
  public func post(
    _ body: [UInt8], expected: VenueOrderID, _ done: @escaping (SubmitOutcome) -> Void
  ) {
    guard let headers = authentication("POST", "/order", body) else {
      http.later { done(.rejected(.credentials, detail: "no credentials")) }
      return
    }
    requests(postTimeout).send("POST", "/order", headers: headers, body: body) { result in
      switch result {
      case .failure(let error):
        // Not a byte has left: as good as refused for its rate, the same bytes may go again.
        done(error.outcomeKnown ? .throttled(retryAfterSeconds: nil) : .unknown(error.description))
      case .success(let response):
        let parsed: JSON?
        do { parsed = try JSON.parse(response.body) } catch { parsed = nil }
        done(
          SubmitOutcome.classify(
            status: response.status, body: parsed, expected: expected,
            retryAfterSeconds: response.retryAfter?.components.seconds))
      }
    }
  }

  public func cancel(_ id: VenueOrderID, _ done: @escaping (Result<CancelAnswer, VenueCallError>) -> Void) {
    let body: JSON = ["orderID": .text(id)]
    askPrivately("DELETE", "/order", body: body.bytes) { done($0.decoded(CancelAnswer.init)) }
  }

  /// At most 1000 at a time (the smaller of the two documented caps).
  public func cancel(_ ids: [VenueOrderID], _ done: @escaping (Result<CancelAnswer, VenueCallError>) -> Void) {
    precondition(ids.count <= 1000, "the venue takes a thousand at a time")
    let body = JSON.array(ids.map { .text($0) })
    askPrivately("DELETE", "/orders", body: body.bytes) { done($0.decoded(CancelAnswer.init)) }
  }

  public func cancelAll(_ done: @escaping (Result<CancelAnswer, VenueCallError>) -> Void) {
    askPrivately("DELETE", "/cancel-all") { done($0.decoded(CancelAnswer.init)) }
  }

  /// `nil`: the venue says that it has no such order.
  public func order(_ id: VenueOrderID, _ done: @escaping (Result<VenueOrder?, VenueCallError>) -> Void) {
    askPrivately("GET", "/data/order/\(id)") { result in
      switch result {
      case .failure(.status(404, _, _)): done(.success(nil))
      case .failure(let error): done(.failure(error))
      // An unknown order was also seen answered with null and with an empty object.
      case .success(let json) where json.isNull || json.members?.isEmpty == true: done(.success(nil))
      case .success(let json):
        guard let order = VenueOrder(json), order.id == id else { return done(.failure(.malformed("order"))) }
        done(.success(order))
      }
    }
  }

  /// All open orders of the account, of all pages, or an error: never a part.
  public func openOrders(_ done: @escaping (Result<[VenueOrder], VenueCallError>) -> Void) {
    pages("/data/orders", query: [], decode: VenueOrder.init, done)
  }

  /// All trades of the account matched at or after that time, all pages, or an error: never a part.
  public func trades(after: MarketTime?, _ done: @escaping (Result<[VenueTrade], VenueCallError>) -> Void) {
    pages(
      "/data/trades", query: after.map { [WebField("after", String(max(0, $0.seconds)))] } ?? [],
      decode: VenueTrade.init, done)
  }

  // MARK: Account

  /// Collateral, what resting orders hold included.
  public func collateral(_ done: @escaping (Result<USD, VenueCallError>) -> Void) {
    let query = [WebField("asset_type", "COLLATERAL"), WebField("signature_type", "0")]
    askPrivately("GET", "/balance-allowance", query: query) { result in
      done(result.decoded { $0["balance"]?.int.map(USD.init(micros:)) })
    }
  }

  public func balance(of token: TokenID, _ done: @escaping (Result<Shares, VenueCallError>) -> Void) {
    let query = [
      WebField("asset_type", "CONDITIONAL"), WebField("token_id", token.text), WebField("signature_type", "0"),
    ]
    askPrivately("GET", "/balance-allowance", query: query) { result in
      done(result.decoded { $0["balance"]?.int.map(Shares.init(micros:)) })
    }
  }

  /// One beat of the dead-man switch, with the id of the last answer (empty the first time); answers the id for the next. More than 10 s
  /// without one, and the venue cancels everything.
  public func beat(_ id: String, _ done: @escaping (Result<String, VenueCallError>) -> Void) {
    beat(id, mayRepeat: true, done)
  }

  private func beat(_ id: String, mayRepeat: Bool, _ done: @escaping (Result<String, VenueCallError>) -> Void) {
    let path = "/v1/heartbeats"
    let body = JSON.object([JSON.Member("heartbeat_id", .string(id))]).bytes
    guard let headers = authentication("POST", path, body) else { return refuse(done) }
    requests(timeout).send("POST", path, headers: headers, body: body) { [weak self] result in
      // A wrong id is answered with the right one.
      if mayRepeat, case .success(let response) = result, response.status == 400,
        let right = (try? JSON.parse(response.body))?["heartbeat_id"]?.string, !right.isEmpty, let self
      {
        return beat(right, mayRepeat: false, done)
      }
      done(VenueHTTP.json(result).decoded { $0["heartbeat_id"]?.string })
    }
  }

  // MARK: Requests

  private func requests(_ timeout: Duration) -> VenueHTTP {
    VenueHTTP(http: http, base: base, timeout: timeout) { [weak self] in self?.onExchange?($0) }
  }

  private func authentication(_ method: String, _ path: String, _ body: [UInt8]) -> [WebField]? {
    credentials?.headers(timestamp: SystemClock.wall().seconds, method: method, path: path, body: body)
      .map { WebField($0.name, $0.value) }
  }

  private func refuse<Value>(_ done: @escaping (Result<Value, VenueCallError>) -> Void) {
    http.later { done(.failure(.status(401, message: "no credentials", retryAfter: nil))) }
  }

  private func ask(
    _ method: String, _ path: String, query: [WebField] = [], _ done: @escaping (Result<JSON, VenueCallError>) -> Void
  ) {
    requests(timeout).send(method, path, query: query) { done(VenueHTTP.json($0)) }
  }

  private func askPrivately(
    _ method: String, _ path: String, query: [WebField] = [], body: [UInt8]? = nil,
    _ done: @escaping (Result<JSON, VenueCallError>) -> Void
  ) {
    guard let headers = authentication(method, path, body ?? []) else { return refuse(done) }
    requests(timeout).send(method, path, query: query, headers: headers, body: body) { done(VenueHTTP.json($0)) }
  }

  /// The cursor that ends a list.
  private static let lastCursor = "LTE="
  private static let pageLimit = 1000

  private func pages<Item>(
    _ path: String, query: [WebField], decode: @escaping (JSON) -> Item?, cursor: String = "MA==",
    collected: [Item] = [], page: Int = 0, _ done: @escaping (Result<[Item], VenueCallError>) -> Void
  ) {
    // A venue whose list never ends must not keep us for ever.
    guard page < ClobClient.pageLimit else { return done(.failure(.malformed("more than \(page) pages"))) }
    askPrivately("GET", path, query: query + [WebField("next_cursor", cursor)]) { [weak self] result in
      switch result {
      case .failure(let error): done(.failure(error))
      case .success(let json):
        guard let items = json["data"]?.array else { return done(.failure(.malformed("\(path) without data"))) }
        var collected = collected
        for item in items {
          guard let value = decode(item) else { return done(.failure(.malformed("an item of \(path)"))) }
          collected.append(value)
        }
        let next = json["next_cursor"]?.string ?? ""
        guard !next.isEmpty, next != ClobClient.lastCursor, next != cursor else { return done(.success(collected)) }
        self?.pages(path, query: query, decode: decode, cursor: next, collected: collected, page: page + 1, done)
      }
    }
  }
}

extension ClobClient.CancelAnswer {
  init?(_ json: JSON) {
    guard let canceled = json["canceled"]?.array else { return nil }
    var refused: [VenueOrderID: String] = [:]
    for member in json["not_canceled"]?.members ?? [] {
      guard let id = VenueOrderID(member.key) else { return nil }
      refused[id] = member.value.string ?? ""
    }
    self.init(canceled: canceled.compactMap { $0.string.flatMap(VenueOrderID.init) }, refused: refused)
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
