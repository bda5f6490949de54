import CBench
import FloorIOData
import FloorIOVenue
import Glibc
import Shared

/// The market channel read and applied to the books, beside the fastest readers there are in C++ and in Python, on the same frames in
/// turns. The peers stop at the numbers: none keeps a book. Sums over all numbers show that everybody read the same.
enum DecodePeers {
  struct Settings {
    var rounds = 9
  }

  static func run(_ settings: Settings, bench: Bench, say: (String) -> Void) throws -> JSON {
    let variables = Bench.variables(["FLOOR_DATA", "FLOOR_BENCH_PYTHON"])
    func folder(_ text: String) -> String { text.hasPrefix("/") ? text : bench.root + "/" + text }
    let all = try MarketFrames.load(folder: folder(variables["FLOOR_DATA"] ?? "../shared/data"))
    let changes = try all.changesOnly()
    say("\(all.frames.count) frames, \(changes.frames.count) of them level changes; \(all.name)")
    var times: [String: [Int64]] = [:]
    let sum = try decoded(all).reduce(0) { $0 + MarketFrames.sum($1) }
    let entries = try decoded(changes).reduce(0) { $0 + Self.entries($1) }
    let ready = try decoded(changes).flatMap { $0 }
    // Room behind the last frame, as simdjson wants it.
    let text = all.frames.flatMap { $0 } + [UInt8](repeating: 0x20, count: 256)
    let lengths = all.frames.map(\.count)
    for _ in 0..<settings.rounds {
      times["floor", default: []].append(try readAndApply(all))
      times["floor, level changes", default: []].append(try readAndApply(changes))
      times["apply", default: []].append(apply(ready, changes.market))
      for (name, onDemand) in [("simdjson tree", 0), ("simdjson On-Demand", 1)] as [(String, Int32)] {
        var found: Int64 = 0
        var taken: Int64 = 0
        let status = unsafe cbench_json(text, text.count, lengths, Int32(lengths.count), onDemand, &found, &taken)
        if status == CBENCH_NO_SIMDJSON { continue }
        guard status == 0, found == sum else { throw BenchFailure("\(name) reads \(found), the floor \(sum)") }
        times[name, default: []].append(taken)
      }
    }
    let python = variables["FLOOR_BENCH_PYTHON"] ?? "/usr/bin/python3"
    let missing = try readInPython(python, all, sum, settings, bench, &times)
    var rows: [JSON] = []
    let ours = times["floor"]!.min()!
    for name in times.keys.sorted() {
      let own = times[name]!.sorted()
      let count = name == "apply" || name == "floor, level changes" ? entries : all.frames.count
      rows.append([
        "reader": .string(name), "unit": .string(count == entries ? "entry" : "message"),
        "ns": .int(own[0] / Int64(count)),
        "median_ns": .int(own[own.count / 2] / Int64(count)), "worst_ns": .int(own[own.count - 1] / Int64(count)),
        "per_second": .int(Int64(count) * 1_000_000_000 / max(own[0], 1)),
        "floor_is": count == entries ? .null : .double((Double(own[0]) / Double(ours) * 100).rounded() / 100),
      ])
    }
    return [
      "scenario": "decode-peers", "frames": .string(all.name), "count": .int(all.frames.count),
      "entries": .int(entries),
      "rounds": .int(settings.rounds),
      "simdjson_missing": times["simdjson tree"] == nil
        ? .string("built without it: install libsimdjson-dev and build again") : .null,
      "python_missing": missing.map(JSON.string) ?? .null, "rows": .array(rows),
    ]
  }

  static func table(_ result: JSON) -> String {
    var lines = [
      "\(result["count"]?.int ?? 0) frames (\(result["frames"]?.string ?? "")), \(result["entries"]?.int ?? 0) entries of level changes; "
        + "best of \(result["rounds"]?.int ?? 0) rounds, one core",
      "reader                  of         ns  median   worst  a second  the floor is",
    ]
    for row in result["rows"]?.array ?? [] {
      let ratio = row["floor_is"]?.double.map { "\($0) ×" } ?? ""
      lines.append(
        left(row["reader"]?.string ?? "", 24) + left(row["unit"]?.string ?? "", 8)
          + [("ns", 5), ("median_ns", 8), ("worst_ns", 8), ("per_second", 10)].map {
            right(row[$0.0]?.text ?? "", $0.1)
          }.joined()
          + right(ratio, 14))
    }
    if let missing = result["simdjson_missing"]?.string { lines.append("SKIPPED simdjson: \(missing)") }
    if let missing = result["python_missing"]?.string { lines.append("SKIPPED Python: \(missing)") }
    return lines.joined(separator: "\n")
  }

  private static func left(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.utf8.count))
  }
  private static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  private static func decoded(_ frames: MarketFrames) throws -> [[MarketStreamEvent]] {
    var decoder = MarketFrameDecoder()
    return try frames.frames.map {
      let frame = decoder.decode($0)
      guard frame.malformed == 0 else {
        throw BenchFailure("a frame does not read: \(String(decoding: $0, as: UTF8.self))")
      }
      return frame.events
    }
  }

  private static func entries(_ events: [MarketStreamEvent]) -> Int {
    events.reduce(0) { if case .priceChange(let change) = $1 { $0 + change.changes.count } else { $0 } }
  }

  private static func keeper(_ market: Market) -> BookKeeper {
    BookKeeper(market, policy: BookKeeper.Policy(staleAfter: .seconds(5)), now: MarketTime(seconds: 1_776_808_410))
  }

  /// Level changes apply only to a book that has begun: an empty snapshot before them.
  private static func begin(_ keeper: inout BookKeeper) {
    for outcome in Outcome.allCases {
      _ = keeper.apply(
        .book(
          VenueBook(
            market: keeper.market.condition, token: keeper.market.token(of: outcome), time: MarketTime(seconds: 1),
            hash: "",
            bids: [], asks: [])), at: MarketTime(seconds: 1_776_808_411))
    }
  }

  private static func readAndApply(_ frames: MarketFrames) throws -> Int64 {
    var decoder = MarketFrameDecoder()
    var keeper = keeper(frames.market)
    begin(&keeper)
    let now = MarketTime(seconds: 1_776_808_414)
    let start = SystemClock.monotonic()
    for frame in frames.frames {
      for event in decoder.decode(frame).events { _ = keeper.apply(event, at: now) }
    }
    let taken = SystemClock.monotonic().since(start).nanoseconds
    guard keeper.book(.yes).bestBid != nil else { throw BenchFailure("the frames made no book") }
    return taken
  }

  private static func apply(_ events: [MarketStreamEvent], _ market: Market) -> Int64 {
    var keeper = keeper(market)
    begin(&keeper)
    let now = MarketTime(seconds: 1_776_808_414)
    let start = SystemClock.monotonic()
    for event in events { _ = keeper.apply(event, at: now) }
    return SystemClock.monotonic().since(start).nanoseconds
  }

  /// `nil`, or why there is no Python to compare with.
  private static func readInPython(
    _ python: String, _ frames: MarketFrames, _ sum: Int64, _ settings: Settings, _ bench: Bench,
    _ times: inout [String: [Int64]]
  ) throws -> String? {
    guard try Command.run(python, ["-c", "import orjson, msgspec"], timeout: .seconds(30)).succeeded else {
      return "\(python) lacks orjson or msgspec (FLOOR_BENCH_PYTHON names an interpreter that has them)"
    }
    let path = bench.scratch.path + "/frames"
    try AtomicFile.write(Array(frames.frames.joined(separator: [0x0A])), to: path)
    let ran = try Command.run(
      python, [bench.root + "/scripts/lib/json_peers.py", path, String(settings.rounds)], timeout: .seconds(300))
    guard ran.succeeded else { throw BenchFailure("json_peers.py: \(ran.text)") }
    for line in ran.text.split(separator: "\n") {
      let words = line.split(separator: " ")
      let numbers = words.dropFirst().compactMap { Int64($0) }
      guard words.count == 5, numbers.count == 4 else { throw BenchFailure("json_peers.py says \(line)") }
      guard words[0].hasSuffix("-parse") || numbers[3] == sum else {
        throw BenchFailure("\(words[0]) reads \(numbers[3]), the floor \(sum)")
      }
      times[String(words[0]).replacing("-", with: " "), default: []] += numbers[..<3]
    }
    return nil
  }
}
