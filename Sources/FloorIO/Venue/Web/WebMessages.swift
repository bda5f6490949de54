/// One HTTP request, complete with its body.
public struct WebRequest: Hashable, Sendable {
  /// Upper case.
  public let method: String
  /// Percent-decoded, without the query.
  public let path: String
  /// Percent-decoded, in their order; a name may repeat.
  public let query: [WebField]
  /// Names in lower case; repeated ones joined by a comma.
  public let headers: [String: String]
  public internal(set) var body: [UInt8]
  /// The client would send another request on this connection.
  let keepsAlive: Bool

  public init(
    method: String, path: String, query: [WebField] = [], headers: [String: String] = [:], body: [UInt8] = [],
    keepsAlive: Bool = true
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.keepsAlive = keepsAlive
  }

  /// The first value of that name.
  public func query(_ name: String) -> String? { query.first { $0.name == name }?.value }
  /// Names are compared without regard to case.
  public func header(_ name: String) -> String? { headers[name.lowercased()] }

  var wantsSocket: Bool {
    header("upgrade")?.lowercased() == "websocket" && header("connection")?.lowercased().contains("upgrade") == true
  }
}

public struct WebField: Hashable, Sendable {
  public let name: String
  public let value: String
  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

public struct WebResponse: Hashable, Sendable {
  public var status: Int
  public var contentType: String
  public var headers: [WebField]
  public var body: [UInt8]

  public init(status: Int = 200, contentType: String, headers: [WebField] = [], body: [UInt8]) {
    self.status = status
    self.contentType = contentType
    self.headers = headers
    self.body = body
  }

  public static func json(_ bytes: [UInt8], status: Int = 200, headers: [WebField] = []) -> WebResponse {
    WebResponse(status: status, contentType: "application/json", headers: headers, body: bytes)
  }

  public static func text(_ text: String, status: Int = 200) -> WebResponse {
    WebResponse(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
  }

  /// The bytes on the wire.
  func wire(keepAlive: Bool, withoutBody: Bool) -> [UInt8] {
    var text = "HTTP/1.1 \(status) \(WebResponse.reason(status))\r\n"
    text += "content-type: \(contentType)\r\ncontent-length: \(body.count)\r\n"
    for field in headers { text += "\(field.name): \(field.value)\r\n" }
    if !keepAlive { text += "connection: close\r\n" }
    text += "\r\n"
    return Array(text.utf8) + (withoutBody ? [] : body)
  }

  static func reason(_ status: Int) -> String {
    switch status {
    case 200: "OK"
    case 204: "No Content"
    case 301: "Moved Permanently"
    case 302: "Found"
    case 304: "Not Modified"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 411: "Length Required"
    case 413: "Content Too Large"
    case 415: "Unsupported Media Type"
    case 421: "Misdirected Request"
    case 425: "Too Early"
    case 426: "Upgrade Required"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 503: "Service Unavailable"
    case 505: "HTTP Version Not Supported"
    default: "Status"
    }
  }
}

/// One request that waits for its answer. Answer it once; answering one whose client has left does nothing.
public struct WebExchange: Hashable, Sendable {
  let number: UInt64
}

/// One open web socket of a server.
public struct WebPeer: Hashable, Sendable {
  let number: UInt64
}

/// How much a server takes and keeps.
public struct WebLimits: Hashable, Sendable {
  /// Bytes of a request's body.
  public var body: Int
  /// Bytes of a web socket message.
  public var message: Int
  /// Bytes waiting to be sent to one web socket; a peer that falls behind further is cut off.
  public var sendQueue: Int
  /// Connections at a time; further ones are refused.
  public var connections: Int
  /// How long an idle HTTP connection is kept; a half-sent request gets ten seconds.
  public var keepAlive: Duration

  public init(
    body: Int = 1 << 20, message: Int = 64 << 10, sendQueue: Int = 8 << 20, connections: Int = 1000,
    keepAlive: Duration = .seconds(75)
  ) {
    self.body = body
    self.message = message
    self.sendQueue = sendQueue
    self.connections = connections
    self.keepAlive = keepAlive
  }
}
