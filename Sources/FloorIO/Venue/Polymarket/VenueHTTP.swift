import FloorIOData
import Shared

/// What the clients of one of the venue's services share: addresses, manners, JSON answers, errors.
struct VenueHTTP {
  let http: HTTPClient
  let service: VenueEndpoint.Service
  /// Without a slash at its end.
  let base: String
  let manners: VenueManners
  /// Told after every exchange but the clock's whether the venue was there.
  var onExchange: ((_ answered: Bool) -> Void)?

  /// An order that has to wait longer is not sent: by then its decision is old.
  private static let orderPatience: Duration = .milliseconds(250)

  init(http: HTTPClient, service: VenueEndpoint.Service, base: String, manners: VenueManners) {
    self.http = http
    self.service = service
    self.base = base.hasSuffix("/") ? String(base.dropLast()) : base
    self.manners = manners
  }

  /// Sends the request when the budget lets it, or answers `.held`. All its waiting together leaves it half of its timeout at least: a
  /// request that is cut off as soon as it has left would make an unknown outcome of nothing.
  /// - Parameter items: how many orders it places or cancels, when it names them.
  func send(
    _ method: String, _ path: String, query: [WebField] = [], headers: [WebField] = [], body: [UInt8]? = nil,
    items: Int = 1, timeout: Duration, _ done: @escaping (Result<HTTPResponse, VenueCallError>) -> Void
  ) {
    let endpoint = VenueEndpoint(service, method, path)
    send(
      endpoint, method, path, query, headers, body, items: items, timeout: timeout,
      patience: endpoint.places ? min(timeout / 2, Self.orderPatience) : timeout / 2, done)
  }

  private func send(
    _ endpoint: VenueEndpoint, _ method: String, _ path: String, _ query: [WebField], _ headers: [WebField],
    _ body: [UInt8]?, items: Int, timeout: Duration, patience: Duration,
    _ done: @escaping (Result<HTTPResponse, VenueCallError>) -> Void
  ) {
    let wait = manners.budget.admit(endpoint, items: items, SystemClock.monotonic())
    guard wait == .zero else {
      guard wait < patience else { return http.later { done(.failure(.held(wait))) } }
      // Another may have taken its place by then: it asks again, with what is left of its patience.
      return http.later(after: wait) { [self] in
        send(
          endpoint, method, path, query, headers, body, items: items, timeout: timeout - wait,
          patience: patience - wait, done)
      }
    }
    var fields = [WebField("Accept", "application/json")] + headers
    if body != nil { fields.append(WebField("Content-Type", "application/json")) }
    let request = HTTPRequest(method, base + path + VenueHTTP.encoded(query), headers: fields, body: body)
    // The clock is asked every second, and its answer comes from the edge: counted, it would drown what the venue's own calls meet.
    let told = path == "/time" ? nil : onExchange
    let manners = manners
    http.send(request, timeout: timeout) { result in
      if case .success(let response) = result { manners.heard(response, to: endpoint) }
      told?(VenueHTTP.isThere(result))
      done(result.mapError(VenueCallError.transport))
    }
  }

  /// Was the venue there? A refusal is an answer, and so is its word that it does not trade now; any other 5xx is what stands before it,
  /// or its failure.
  private static func isThere(_ result: Result<HTTPResponse, HTTPError>) -> Bool {
    guard case .success(let response) = result else { return false }
    return response.status < 500 || response.status == 503 && parsed(response)?["error"] != nil
  }

  /// The answer's JSON, or why there is none.
  static func json(_ result: Result<HTTPResponse, VenueCallError>) -> Result<JSON, VenueCallError> {
    switch result {
    case .failure(let error): return .failure(error)
    case .success(let response):
      let parsed = parsed(response)
      guard response.status == 200 else {
        let message = (parsed?["error"] ?? parsed?["error_msg"] ?? parsed?["errorMsg"])?.string ?? ""
        return .failure(
          .status(response.status, message: String(message.prefix(300)), retryAfter: response.retryAfter))
      }
      guard let parsed else { return .failure(.malformed("no JSON")) }
      return .success(parsed)
    }
  }

  /// `nil` for a body that is no JSON, and for one that says that it is something else: a page of the edge is never an answer.
  static func parsed(_ response: HTTPResponse) -> JSON? {
    if let type = response.headers["content-type"], !type.lowercased().contains("json") { return nil }
    do throws(JSONError) { return try JSON.parse(response.body, limits: JSONLimits(bytes: 16 << 20)) } catch {
      return nil
    }
  }

  private static func encoded(_ query: [WebField]) -> String {
    if query.isEmpty { return "" }
    return "?" + query.map { percent($0.name) + "=" + percent($0.value) }.joined(separator: "&")
  }

  private static func percent(_ text: String) -> String {
    var out: [UInt8] = []
    let hex = Array("0123456789ABCDEF".utf8)
    for byte in text.utf8 {
      switch byte {
      case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
        out.append(byte)
      default: out += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
