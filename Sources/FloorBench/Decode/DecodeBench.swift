import FloorIOData
import Shared

/// How long the feed takes to read one frame of the market channel: by way of a tree, as everything was read once, and without one.
/// Both read the same frames in turns, in one process; the median of the rounds counts.
enum DecodeBench {
  struct Settings {
    var frames = 2000
    var levels = 60
    var rounds = 5
  }

  /// What the venue sends: mostly books here, as in the replay of recorded snapshots, and the small events between them.
  enum Kind: String, CaseIterable {
    case book
    case priceChange = "price_change"
    case bestBidAsk = "best_bid_ask"
  }

  static func run(_ settings: Settings) throws -> JSON {
    var rows: [JSON] = []
    for kind in Kind.allCases {
      let frames = frames(kind, settings)
      let bytes = frames.reduce(0) { $0 + $1.count } / frames.count
      var tree: [Int64] = []
      var scan: [Int64] = []
      for _ in 0..<settings.rounds {
        tree.append(try time(frames) { StreamFrame<MarketStreamEvent>(market: $0) })
        var decoder = MarketFrameDecoder()
        scan.append(try time(frames) { decoder.decode($0) })
        guard decoder.byTree == 0 else { throw BenchFailure("\(kind.rawValue): read by way of a tree") }
      }
      let treeNs = Percentiles.median(tree)
      let scanNs = Percentiles.median(scan)
      rows.append([
        "kind": .string(kind.rawValue), "bytes": .int(bytes), "tree_ns": .int(treeNs), "scan_ns": .int(scanNs),
        "ratio": .double((Double(treeNs) / Double(max(scanNs, 1)) * 10).rounded() / 10),
      ])
    }
    return [
      "scenario": "decode", "frames": .int(settings.frames), "levels": .int(settings.levels),
      "rounds": .int(settings.rounds), "rows": .array(rows),
    ]
  }

  static func table(_ result: JSON) -> String {
    func cell(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.utf8.count)) + text
    }
    var lines = ["one frame read, median of \(result["rounds"]?.int ?? 0) rounds, ns"]
    lines.append("event            bytes     tree   no tree  ratio")
    for row in result["rows"]?.array ?? [] {
      let kind = row["kind"]?.string ?? ""
      lines.append(
        kind + cell(row["bytes"]?.text ?? "", 22 - kind.utf8.count) + cell(row["tree_ns"]?.text ?? "", 9)
          + cell(row["scan_ns"]?.text ?? "", 10) + cell(row["ratio"]?.text ?? "", 7))
    }
    return lines.joined(separator: "\n")
  }

  private static func time(
    _ frames: [[UInt8]], _ read: ([UInt8]) -> StreamFrame<MarketStreamEvent>
  ) throws -> Int64 {
    var events = 0
    let start = SystemClock.monotonic()
    for frame in frames { events += read(frame).events.count }
    let taken = SystemClock.monotonic().since(start).nanoseconds
    guard events == frames.count else { throw BenchFailure("\(events) events of \(frames.count)") }
    return taken / Int64(frames.count)
  }

  static func frames(_ kind: Kind, _ settings: Settings) -> [[UInt8]] {
    var random = SeededGenerator(seed: 1)
    let market = "0x" + String(repeating: "5c", count: 32)
    let tokens = [String(repeating: "7", count: 77), String(repeating: "3", count: 77)]
    func price(_ hundredths: Int) -> String { hundredths < 10 ? "0.0\(hundredths)" : "0.\(hundredths)" }
    func size() -> String { "\(Int.random(in: 5...9000, using: &random)).\(Int.random(in: 10...99, using: &random))" }
    func levels(_ prices: [Int]) -> String {
      prices.map { "{\"price\":\"\(price($0))\",\"size\":\"\(size())\"}" }.joined(separator: ",")
    }
    return (0..<settings.frames).map { number in
      let token = tokens[number % 2]
      let stamp = 1_795_180_564_317 + number
      let head = "{\"event_type\":\"\(kind.rawValue)\",\"market\":\"\(market)\""
      let tail = ",\"timestamp\":\"\(stamp)\"}"
      let middle = Int.random(in: 20...80, using: &random)
      switch kind {
      case .book:
        let bids = Array((max(1, middle - settings.levels / 2)..<middle).reversed())
        let asks = Array((middle + 1)...min(99, middle + settings.levels / 2))
        return Array(
          (head + ",\"asset_id\":\"\(token)\",\"hash\":\"a1e787af723e1ed926a99bf9c1676cf18167c829\",\"bids\":["
            + levels(bids) + "],\"asks\":[" + levels(asks)
            + "],\"min_order_size\":\"5\",\"tick_size\":\"0.01\",\"neg_risk\":false,\"last_trade_price\":\"0.500\""
            + tail).utf8)
      case .priceChange:
        let items = tokens.map {
          "{\"asset_id\":\"\($0)\",\"price\":\"\(price(middle))\",\"size\":\"\(size())\",\"side\":\"BUY\","
            + "\"hash\":\"425af2848c4f6462b5d2954448419abc0abac9ac\",\"best_bid\":\"\(price(middle))\","
            + "\"best_ask\":\"\(price(middle + 1))\"}"
        }
        return Array((head + ",\"price_changes\":[" + items.joined(separator: ",") + "]" + tail).utf8)
      case .bestBidAsk:
        return Array(
          (head + ",\"asset_id\":\"\(token)\",\"best_bid\":\"\(price(middle))\",\"best_ask\":\"\(price(middle + 1))\","
            + "\"spread\":\"0.01\"" + tail).utf8)
      }
    }
  }
}
