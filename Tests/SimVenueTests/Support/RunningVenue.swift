import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Foundation
import Glibc
import Shared

@testable import SimVenue

/// A `sim-venue` of its own, as an operator would start it, and an independent client for it.
final class RunningVenue {
  struct Failure: Error, CustomStringConvertible { var description: String }

  let data: String
  private(set) var port: UInt16 = 0
  private let arguments: [String]
  private var process = Process()
  let credentials: Credentials
  let signer: OrderSigner
  let login: L2Authentication
  private var orders: UInt64 = 0

  static var executable: String {
    let own = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    return own.deletingLastPathComponent().appending(path: "sim-venue").path
  }

  init(_ arguments: [String] = [], data: String) throws {
    self.data = data
    self.arguments = ["--port", "0", "--data", data] + arguments
    let started = try Self.start(self.arguments)
    process = started.process
    port = started.port
    credentials = try Credentials.open(data + "/credentials.json")
    signer = OrderSigner(key: try EthereumKey(privateKey: Hex.bytes(credentials.privateKey)!))
    login = try L2Authentication(
      address: signer.key.address, apiKey: credentials.apiKey, secret: credentials.secret,
      passphrase: credentials.passphrase)
  }

  deinit { if process.isRunning { process.terminate() } }

  private static func start(_ arguments: [String]) throws -> (process: Process, port: UInt16) {
    let process = Process()
    process.executableURL = URL(filePath: executable)
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    var text = ""
    while !text.contains("\n") {
      let chunk = output.fileHandleForReading.availableData
      if chunk.isEmpty { throw Failure(description: "sim-venue ended: \(text)") }
      text += String(decoding: chunk, as: UTF8.self)
    }
    guard let line = text.split(separator: "\n").first, line.hasPrefix("sim-venue ready on http://127.0.0.1:"),
      let port = UInt16(line.split(separator: ":").last ?? "")
    else { throw Failure(description: text) }
    return (process, port)
  }

  /// As the kernel would end it.
  func kill9() {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  func stop() -> Int32 {
    process.terminate()
    process.waitUntilExit()
    return process.terminationStatus
  }

  func restart() throws {
    let started = try Self.start(arguments)
    process = started.process
    port = started.port
  }

  // MARK: - Asking

  struct Reply {
    var status: Int
    var body: WireValue
    subscript(_ name: String) -> WireValue? { body[name] }
  }

  func ask(
    _ method: String, _ path: String, query: String = "", body: [UInt8] = [], headers: [(String, String)] = [],
    patience: Int = 10
  ) throws -> Reply {
    let socket = try PlainSocket(port: port, patience: patience)
    var text = "\(method) \(path)\(query.isEmpty ? "" : "?" + query) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n"
    for (name, value) in headers { text += "\(name): \(value)\r\n" }
    if !body.isEmpty { text += "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n" }
    try socket.send(Array((text + "Connection: close\r\n\r\n").utf8) + body)
    let head = try socket.take(through: "\r\n\r\n")
    guard let status = Int(head.dropFirst(9).prefix(3)),
      let length = head.lowercased().split(separator: "\r\n").first(where: { $0.hasPrefix("content-length:") })
        .flatMap({ Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) })
    else { throw Failure(description: head) }
    return Reply(status: status, body: WireReader.read(try socket.take(length)) ?? .null)
  }

  func get(_ path: String, _ query: String = "") throws -> Reply { try ask("GET", path, query: query) }

  func signed(
    _ method: String, _ path: String, query: String = "", body: [UInt8] = [], skew: Int64 = 0, patience: Int = 10
  ) throws -> Reply {
    let headers = login.headers(
      timestamp: SystemClock.wall().seconds + skew, method: method, path: path, body: body)
    return try ask(
      method, path, query: query, body: body, headers: headers.map { ($0.name, $0.value) }, patience: patience)
  }

  // MARK: - Trading

  func order(
    _ token: String, _ side: Side, _ price: String, _ size: String, _ type: TimeInForce = .goodTillCancelled,
    postOnly: Bool = false, expiration: Int64? = nil
  ) throws -> (id: String, body: [UInt8]) {
    orders += 1
    let amounts = try OrderAmounts.limit(
      side, price: Price(parsing: price), size: Shares(parsing: size), tick: .cent)
    let order = ExchangeOrder(
      salt: UInt64.random(in: 1..<(1 << 53)), maker: signer.key.address, signer: signer.key.address,
      token: TokenID(token)!, amounts: amounts, side: side, wallet: .plain,
      createdAtMilliseconds: UInt64(SystemClock.wall().milliseconds) + orders)
    let signed = try signer.sign(
      order, for: ExchangeDomain(token: Word256(TokenID(token)!), negRisk: false, chainID: ExchangeDomain.polygon))
    return (
      signed.id.text,
      signed.body(owner: credentials.apiKey, timeInForce: type, expiration: expiration, postOnly: postOnly)
    )
  }

  func post(_ body: [UInt8], patience: Int = 10) throws -> Reply {
    try signed("POST", "/order", body: body, patience: patience)
  }

  /// A question of the synthetic venue: open for an hour, quoted, without the taker hold.
  func question() throws -> (token: String, other: String, condition: String) {
    let found = try eventually("a quoted question") { () -> WireValue? in
      try get("/markets/keyset", "limit=100")["markets"]?.asList?.first {
        $0["slug"]?.asText?.contains("updown") == false && $0["bestBid"] != nil && $0["bestAsk"] != nil
          && $0["clobTokenIds"] != nil && $0["negRisk"]?.asFlag == false
      }
    }
    let tokens = WireReader.read(found["clobTokenIds"]!.asText!)!.asList!.map { $0.asText! }
    return (tokens[0], tokens[1], found["conditionId"]!.asText!)
  }

  /// All lines of the truth log, read without the venue's own code paths for state.
  func truth() throws -> [WireValue] {
    let text = try String(contentsOfFile: data + "/truth.jsonl", encoding: .utf8)
    return text.split(separator: "\n").compactMap { WireReader.read(String($0)) }
  }
}
