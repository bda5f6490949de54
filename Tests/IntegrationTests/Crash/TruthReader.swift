import FloorIOData
import Shared

/// What a venue's truth log says of account 0, summed line by line as it grows. Knows nothing of the floor's tables.
final class TruthReader {
  struct Key: Hashable, CustomStringConvertible {
    let trade: String
    let order: String
    var description: String { "\(trade)/\(order)" }
  }

  /// In millionths.
  struct Part: Hashable {
    let shares: Int64
    let cash: Int64
    let fee: Int64
  }

  private let lines: TruthLines
  var path: String { lines.path }

  /// Dollars and tokens, in millionths.
  private(set) var balances: [String: Int64] = [:]
  /// How often each order was taken.
  private(set) var taken: [String: Int] = [:]
  private(set) var parts: [Key: Part] = [:]
  /// How far each trade has come.
  private(set) var statuses: [String: String] = [:]
  /// SHA-256 of each body that came as an order, whatever was answered.
  private(set) var bodies: Set<String> = []
  /// Markets that were paid.
  private(set) var resolved: Set<String> = []
  /// What the log itself says twice or contradicts.
  private(set) var problems: [String] = []

  init(path: String) { lines = TruthLines(path: path) }

  /// Takes in the whole lines that have come since the last time.
  func read() throws { try lines.read(take) }

  private func take(_ line: JSON) throws {
    switch line["kind"]?.string {
    case "balance" where line["account"]?.int == 0:
      let asset = try text(line, "asset")
      balances[asset, default: 0] += try whole(line, "delta")
      if try whole(line, "after") != balances[asset] { problems.append("the balance of \(asset) is not its sum") }
    case "order" where line["account"]?.int == 0: taken[try text(line, "order"), default: 0] += 1
    case "request" where line["path"]?.string == "/order" && line["method"]?.string == "POST":
      bodies.insert(try text(line, "body_sha256"))
    case "trade":
      let trade = try text(line, "trade")
      for part in [line["taker"]].compactMap({ $0 }) + (line["makers"]?.array ?? []) where part["account"]?.int == 0 {
        let key = Key(trade: trade, order: try text(part, "order"))
        let value = Part(shares: try whole(part, "shares"), cash: try whole(part, "cash"), fee: try whole(part, "fee"))
        if parts.updateValue(value, forKey: key) != nil { problems.append("the fill \(key) is told twice") }
        statuses[trade] = statuses[trade] ?? "MATCHED"
      }
    case "resolved": resolved.insert(try text(line, "market"))
    case "trade_status":
      let trade = try text(line, "trade")
      if statuses[trade] != nil { statuses[trade] = try text(line, "status") }
    default: break
    }
  }

  private func text(_ json: JSON, _ key: String) throws -> String {
    guard let value = json[key]?.string else { throw BenchFailure("the truth log has no \(key) in \(json.text)") }
    return value
  }

  private func whole(_ json: JSON, _ key: String) throws -> Int64 {
    guard let value = json[key]?.int else { throw BenchFailure("the truth log has no \(key) in \(json.text)") }
    return value
  }
}
