import FloorIOData
import FloorIOVenue
import Shared

/// The venue over HTTP: signs every private request, reads every answer strictly, and turns all that proves nothing into a problem.
final class HTTPVenueLink: VenueLink {
  var onExchange: ((_ answered: Bool) -> Void)?

  private let http: HTTPClient
  private let venue: GatewayConfiguration.Venue
  private let credentials: L2Authentication
  private let walletKind: ExchangeOrder.Wallet
  private let timeout: Duration
  /// Pages of a list that are read at most: beyond it the answer is a problem, never a part.
  private static let pagesMax = 100

  init(loop: EventLoop, config: GatewayConfiguration) {
    http = HTTPClient(loop: loop)
    venue = config.venue
    credentials = config.credentials
    walletKind = config.walletKind
    timeout = config.requestTimeout
  }

  // MARK: Orders

  func post(_ order: PreparedOrder, _ done: @escaping (SubmitOutcome) -> Void) {
    send("POST", "/order", body: order.body) { result in
      switch result {
      case .failure(let error):
        // Not a byte left: as good as a refusal for its rate, and the same bytes may go again.
        done(error.outcomeKnown ? .throttled(retryAfterSeconds: nil) : .unknown(error.description))
      case .success(let response):
        done(
          SubmitOutcome.classify(
            status: response.status, body: Self.json(response), expected: order.id,
            retryAfterSeconds: response.retryAfter?.components.seconds))
      }
    }
  }

  func cancel(_ id: VenueOrderID, _ done: @escaping (Bool?, String) -> Void) {
    let body: JSON = ["orderID": .text(id)]
    send("DELETE", "/order", body: body.bytes) { result in
      guard case .success(let response) = result, response.status == 200, let json = Self.json(response) else {
        return done(nil, Self.problem(result).description)
      }
      if json["canceled"]?.array?.contains(where: { $0.string?.lowercased() == id.text }) ?? false {
        return done(true, "")
      }
      guard let reasons = json["not_canceled"]?.members,
        let mine = reasons.first(where: { $0.key.lowercased() == id.text })
      else { return done(nil, "an answer about other orders") }
      done(false, mine.value.string ?? "")
    }
  }

  func order(_ id: VenueOrderID, _ done: @escaping (Result<VenueOrder?, VenueProblem>) -> Void) {
    send("GET", "/data/order/" + id.text) { result in
      guard case .success(let response) = result else { return done(.failure(Self.problem(result))) }
      let json = Self.json(response)
      if response.status == 404, json != nil { return done(.success(nil)) }
      guard response.status == 200, let json else { return done(.failure(Self.problem(result))) }
      // The venue answers `null`, or an empty object, for an order that it does not hold any more.
      if json.isNull || json.members?.isEmpty ?? false { return done(.success(nil)) }
      guard let order = VenueOrder(json), order.id == id else {
        return done(.failure(VenueProblem("the order does not read")))
      }
      done(.success(order))
    }
  }

  func openOrders(_ done: @escaping (Result<[VenueOrder], VenueProblem>) -> Void) {
    pages("/data/orders", query: [], { VenueOrder($0) }, done)
  }

  func trades(after: MarketTime, _ done: @escaping (Result<[VenueTrade], VenueProblem>) -> Void) {
    // Whole seconds at the venue, and its comparison may be strict: one second more.
    pages("/data/trades", query: ["after=\(max(0, after.seconds - 1))"], { VenueTrade($0) }, done)
  }

  // MARK: Money, the dead-man switch

  func balance(_ done: @escaping (Result<USD, VenueProblem>) -> Void) {
    send("GET", "/balance-allowance", query: ["asset_type=COLLATERAL", "signature_type=\(walletKind.rawValue)"]) {
      result in
      guard case .success(let response) = result, response.status == 200,
        let micros = Self.json(response)?["balance"]?.int
      else { return done(.failure(Self.problem(result))) }
      done(.success(USD(micros: micros)))
    }
  }

  func beat(_ id: String, _ done: @escaping (Result<String, VenueProblem>) -> Void) {
    let body: JSON = ["heartbeat_id": .string(id)]
    send("POST", "/v1/heartbeats", body: body.bytes) { [weak self] result in
      guard case .success(let response) = result, let next = Self.json(response)?["heartbeat_id"]?.string else {
        return done(.failure(Self.problem(result)))
      }
      if response.status == 200 { return done(.success(next)) }
      // A wrong id is answered with the right one: go on with it, once.
      guard response.status == 400, next != id, !next.isEmpty, let self else {
        return done(.failure(Self.problem(result)))
      }
      beat(next, done)
    }
  }

  // MARK: Markets, time

  func market(_ slug: MarketSlug, _ done: @escaping (Result<GammaMarket?, VenueProblem>) -> Void) {
    send("GET", venue.gamma + "/markets?slug=\(slug.text)&closed=true", isPrivate: false) { result in
      guard case .success(let response) = result, response.status == 200, let list = Self.json(response)?.array else {
        return done(.failure(Self.problem(result)))
      }
      for item in list where item["slug"]?.string == slug.text {
        do throws(GammaMarket.Refusal) {
          return done(.success(try GammaMarket(item)))
        } catch {
          return done(.failure(VenueProblem("the market does not read: \(error)")))
        }
      }
      done(.success(nil))
    }
  }

  func clock(_ done: @escaping (Result<MarketClock, VenueProblem>) -> Void) {
    guard let address = venue.clock else { return done(.success(.live)) }
    send("GET", address, isPrivate: false) { result in
      guard case .success(let response) = result, response.status == 200,
        let clock = Self.json(response).flatMap(SimClock.clock)
      else { return done(.failure(Self.problem(result))) }
      done(.success(clock))
    }
  }

  // MARK: Requests

  private func send(
    _ method: String, _ path: String, query: [String] = [], body: [UInt8]? = nil, isPrivate: Bool = true,
    _ done: @escaping (Result<HTTPResponse, HTTPError>) -> Void
  ) {
    var headers = [WebField("Accept", "application/json")]
    if body != nil { headers.append(WebField("Content-Type", "application/json")) }
    var url = path
    if isPrivate {
      let signed = credentials.headers(
        timestamp: SystemClock.wall().seconds, method: method, path: path, body: body ?? [])
      headers += signed.map { WebField($0.name, $0.value) }
      url = venue.clob + path
    }
    if !query.isEmpty { url += "?" + query.joined(separator: "&") }
    http.send(HTTPRequest(method, url, headers: headers, body: body), timeout: timeout) { [weak self] result in
      switch result {
      case .success(let response): self?.onExchange?(response.status < 500)
      case .failure: self?.onExchange?(false)
      }
      done(result)
    }
  }

  /// Reads all pages of a list, from the first cursor to `LTE=`.
  private func pages<Item>(
    _ path: String, query: [String], _ read: @escaping (JSON) -> Item?,
    _ done: @escaping (Result<[Item], VenueProblem>) -> Void
  ) {
    func page(_ cursor: String, _ items: [Item], _ count: Int) {
      let encoded = cursor.replacing("=", with: "%3D")
      send("GET", path, query: query + (cursor.isEmpty ? [] : ["next_cursor=" + encoded])) { result in
        guard case .success(let response) = result, response.status == 200, let json = Self.json(response),
          let data = json["data"]?.array, let next = json["next_cursor"]?.string
        else { return done(.failure(Self.problem(result))) }
        var all = items
        for entry in data {
          guard let item = read(entry) else {
            return done(.failure(VenueProblem("\(path): an entry does not read")))
          }
          all.append(item)
        }
        if next == "LTE=" || next.isEmpty || data.isEmpty { return done(.success(all)) }
        if count >= Self.pagesMax || next == cursor {
          return done(.failure(VenueProblem("\(path): pages without end")))
        }
        page(next, all, count + 1)
      }
    }
    page("", [], 1)
  }

  private static func json(_ response: HTTPResponse) -> JSON? {
    do throws(JSONError) { return try JSON.parse(response.body, limits: JSONLimits(bytes: 16 << 20)) } catch {
      return nil
    }
  }

  private static func problem(_ result: Result<HTTPResponse, HTTPError>) -> VenueProblem {
    switch result {
    case .failure(let error): VenueProblem(error.description)
    case .success(let response): VenueProblem("status \(response.status)")
    }
  }
}
