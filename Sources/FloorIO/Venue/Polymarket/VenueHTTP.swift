import Shared

/// What the clients of the venue's services share: addresses, JSON answers, errors.
struct VenueHTTP {
  let http: HTTPClient
  /// Without a slash at its end.
  let base: String
  let timeout: Duration
  /// Told after every exchange whether an answer came, whatever it said.
  let onExchange: (Bool) -> Void

  func send(
    _ method: String, _ path: String, query: [WebField] = [], headers: [WebField] = [], body: [UInt8]? = nil,
    _ done: @escaping (Result<HTTPResponse, HTTPError>) -> Void
  ) {
    let request = HTTPRequest(
      method, base + path + VenueHTTP.encoded(query),
      headers: headers + (body == nil ? [] : [WebField("Content-Type", "application/json")]), body: body)
    let told = onExchange
    http.send(request, timeout: timeout) { result in
      if case .success = result { told(true) } else { told(false) }
      done(result)
    }
  }

  /// The answer's JSON, or why there is none.
  static func json(_ result: Result<HTTPResponse, HTTPError>) -> Result<JSON, VenueCallError> {
    switch result {
    case .failure(let error): return .failure(.transport(error))
    case .success(let response):
      let parsed: JSON?
      do { parsed = try JSON.parse(response.body, limits: JSONLimits(bytes: 16 << 20)) } catch { parsed = nil }
      guard response.status == 200 else {
        let message = (parsed?["error"] ?? parsed?["error_msg"] ?? parsed?["errorMsg"])?.string ?? ""
        return .failure(
          .status(response.status, message: String(message.prefix(300)), retryAfter: response.retryAfter))
      }
      guard let parsed else { return .failure(.malformed("no JSON")) }
      return .success(parsed)
    }
  }

  static func encoded(_ query: [WebField]) -> String {
    if query.isEmpty { return "" }
    return "?" + query.map { percent($0.name) + "=" + percent($0.value) }.joined(separator: "&")
  }

  static func percent(_ text: String) -> String {
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
