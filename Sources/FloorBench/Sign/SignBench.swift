import CBench
import FloorIOData
import FloorIOVenue
import Shared

/// What an order costs before it leaves: from digest to signature beside the same library called from C, the whole order (typed data,
/// digest, signature, body), and level 2 authentication of its request. In turns, in one process.
enum SignBench {
  struct Settings {
    var count = 2000
    var rounds = 9
  }

  private static let keyBytes = [UInt8](repeating: 0x11, count: 32)

  static func run(_ settings: Settings) throws -> JSON {
    let key = try EthereumKey(privateKey: keyBytes)
    let signer = OrderSigner(key: key)
    guard let token = TokenID(String(repeating: "7", count: 77)) else { throw BenchFailure("no token") }
    let domain = ExchangeDomain(token: try Word256(token), negRisk: false, chainID: ExchangeDomain.polygon)
    let owner = "00000000-0000-4000-8000-000000000000"
    let authentication = try L2Authentication(
      address: key.address, apiKey: owner, secret: "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", passphrase: "p")
    func order(_ salt: Int) -> ExchangeOrder {
      ExchangeOrder(
        salt: UInt64(salt), maker: key.address, signer: key.address, token: token,
        amounts: OrderAmounts(maker: 5_200_000, taker: 10_000_000), side: .buy, createdAtMilliseconds: 1_795_180_564_317
      )
    }
    let body = try signer.sign(order(0), for: domain).body(owner: owner, timeInForce: .goodTillCancelled)
    var times: [String: [Int64]] = [:]
    for _ in 0..<settings.rounds {
      var last: [UInt8] = []
      times["digest to signature", default: []].append(
        try time(settings.count) { last = try key.sign(digest($0)) })
      var fromC = [UInt8](repeating: 0, count: 65)
      var taken: Int64 = 0
      guard unsafe cbench_sign(keyBytes, Int32(settings.count), &fromC, &taken) == 0 else {
        throw BenchFailure("no signature in C")
      }
      guard fromC == last else { throw BenchFailure("C signs differently") }
      times["digest to signature, C", default: []].append(taken / Int64(settings.count))
      times["order to body", default: []].append(
        try time(settings.count) {
          last = try signer.sign(order($0), for: domain).body(owner: owner, timeInForce: .goodTillCancelled)
        })
      var headers = 0
      times["level 2 headers", default: []].append(
        try time(settings.count) {
          headers +=
            authentication.headers(
              timestamp: 1_795_180_564 + Int64($0), method: "POST", path: "/order", body: body
            ).count
        })
      guard headers == 5 * settings.count else { throw BenchFailure("\(headers) headers") }
    }
    let base = Double(times["digest to signature, C"]!.min()!)
    return [
      "scenario": "sign", "count": .int(settings.count), "rounds": .int(settings.rounds),
      "rows": .array(
        times.keys.sorted().map { name in
          let own = times[name]!.sorted()
          return [
            "what": .string(name), "ns": .int(own[0]), "median_ns": .int(own[own.count / 2]),
            "worst_ns": .int(own[own.count - 1]),
            "to_c": .double((Double(own[0]) / base * 100).rounded() / 100),
          ]
        }),
    ]
  }

  static func table(_ result: JSON) -> String {
    var lines = ["best of \(result["rounds"]?.int ?? 0) rounds of \(result["count"]?.int ?? 0), µs"]
    lines.append("                           best    median     worst   to C")
    func cell(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.utf8.count)) + text
    }
    for row in result["rows"]?.array ?? [] {
      let name = row["what"]?.string ?? ""
      let times = ["ns", "median_ns", "worst_ns"].map { cell(Decimal6.text((row[$0]?.int ?? 0) * 1000), 10) }
      lines.append(name + cell("", 22 - name.utf8.count) + times.joined() + cell(row["to_c"]?.text ?? "", 7))
    }
    return lines.joined(separator: "\n")
  }

  /// As in C: the number in the first four bytes.
  private static func digest(_ number: Int) throws -> Word256 {
    var bytes = [UInt8](repeating: 0, count: 32)
    for index in 0..<4 { bytes[index] = UInt8(truncatingIfNeeded: number >> (8 * index)) }
    guard let digest = Word256(bytes: bytes) else { throw BenchFailure("no digest of \(bytes.count) bytes") }
    return digest
  }

  private static func time(_ count: Int, _ work: (Int) throws -> Void) throws -> Int64 {
    let start = SystemClock.monotonic()
    for number in 0..<count { try work(number) }
    return SystemClock.monotonic().since(start).nanoseconds / Int64(count)
  }
}
