import FloorIOVenue
import Shared

/// A recording of up/down windows of five minutes, one after the other, whose books move at random: first both tokens' books in one
/// frame, then what changes on both sides in one frame each, as the venue tells it.
struct MovingBooks {
  /// Seconds from a window's end to its result.
  static let settlement: Int64 = 65

  private var random: SeededGenerator
  private var frames = VenueFrames()

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  private mutating func whole(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &random) }

  private struct Ladder {
    /// Cents of YES, and how many shares.
    var bids: [Int64: Int64] = [:]
    var asks: [Int64: Int64] = [:]
  }

  private struct Window {
    let slug: MarketSlug
    let condition: ConditionID
    let yes: TokenID
    let no: TokenID
    let start: Int64
    var middle: Int64 = 50
    var ladder = Ladder()
  }

  mutating func write(_ path: String, windows: Int64) throws {
    var rows: [ImportedRow] = []
    func put(_ milliseconds: Int64, _ fact: ImportedRow.Fact) {
      rows.append(ImportedRow(at: WallTime(milliseconds: milliseconds), fact))
    }
    for number in 0..<windows {
      var window = try Self.window(1_795_180_500 + number * 300)
      var at = window.start * 1000 + number
      put(at, .market(window.slug, condition: window.condition, yes: window.yes, no: window.no))
      move(&window)
      at += 400
      put(at, .frame(stream: "market", Self.whole(window, at)))
      while at < (window.start + 297) * 1000 {
        at += whole(300...2500)
        let before = window.ladder
        move(&window)
        put(at, .frame(stream: "market", Self.changes(window, from: before, at)))
        guard whole(1...3) == 1 else { continue }
        at += 7
        let side = whole(0...1) == 0 ? Side.buy : .sell
        let cents = side == .buy ? window.middle + 1 : window.middle - 1
        let print = BookLevel(price: Price(micros: cents * 10_000) ?? .zero, size: Shares(whole: whole(1...40)))
        put(at, .trade(window.yes, side, print))
      }
      // While the next window is open.
      put(
        (window.start + 300 + Self.settlement) * 1000,
        .resolved(window.slug, winner: window.middle >= 50 ? window.yes : window.no))
    }
    let writer = try RecordingFileWriter(path: path)
    for (_, row) in rows.enumerated().sorted(by: { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }) {
      for line in try frames.lines(for: row) { try writer.append(line) }
    }
    try writer.close()
  }

  /// One window of a quarter of an hour whose books stand still: enough for everybody at 0.48 and 0.52.
  mutating func writeStanding(_ path: String) throws {
    var window = try Self.window(1_795_180_500, stem: "btc-updown-15m-")
    for distance in Int64(1)...3 {
      window.ladder.bids[49 - distance] = 100_000
      window.ladder.asks[51 + distance] = 100_000
    }
    let begins = window.start * 1000
    let rows = [
      ImportedRow(
        at: WallTime(milliseconds: begins),
        .market(window.slug, condition: window.condition, yes: window.yes, no: window.no)),
      ImportedRow(
        at: WallTime(milliseconds: begins + 400),
        .frame(stream: "market", Self.whole(window, begins + 400))),
    ]
    let writer = try RecordingFileWriter(path: path)
    for row in rows { for line in try frames.lines(for: row) { try writer.append(line) } }
    try writer.close()
  }

  private static func window(_ start: Int64, stem: String = "btc-updown-5m-") throws -> Window {
    // As long as the venue's own: a short one would be a position of the third contract's.
    let token = "7" + String(repeating: "3", count: 64) + String(start)
    guard let slug = MarketSlug(stem + "\(start)"), let yes = TokenID(token + "1"),
      let no = TokenID(token + "2"),
      let condition = ConditionID("0x" + String(repeating: "0", count: 54) + String(start))
    else { throw LockstepFailure("the names of window \(start)") }
    return Window(slug: slug, condition: condition, yes: yes, no: no, start: start)
  }

  private mutating func move(_ window: inout Window) {
    window.middle = min(90, max(10, window.middle + whole(-4...4)))
    window.ladder = Ladder()
    for distance in Int64(1)...3 {
      window.ladder.bids[window.middle - distance] = whole(5...60)
      window.ladder.asks[window.middle + distance] = whole(5...60)
    }
  }

  private static func price(_ cents: Int64) -> JSON { .string(Decimal6.text(cents * 10_000)) }

  private static func whole(_ window: Window, _ at: Int64) -> [UInt8] {
    func levels(_ side: [Int64: Int64], mirrored: Bool, descending: Bool) -> JSON {
      .array(
        side.sorted { ($0.key < $1.key) != descending }.map { cents, shares in
          ["price": price(mirrored ? 100 - cents : cents), "size": .string(String(shares))]
        })
    }
    func book(_ token: TokenID, isYes: Bool) -> JSON {
      let (bids, asks) = isYes ? (window.ladder.bids, window.ladder.asks) : (window.ladder.asks, window.ladder.bids)
      return [
        "event_type": "book", "market": .text(window.condition), "asset_id": .text(token),
        "timestamp": .string(String(at)), "hash": "",
        "bids": levels(bids, mirrored: !isYes, descending: false),
        "asks": levels(asks, mirrored: !isYes, descending: true),
      ]
    }
    return JSON.array([book(window.yes, isYes: true), book(window.no, isYes: false)]).bytes
  }

  private static func changes(_ window: Window, from before: Ladder, _ at: Int64) -> [UInt8] {
    var items: [JSON] = []
    func add(_ old: [Int64: Int64], _ new: [Int64: Int64], _ side: Side) {
      for cents in Set(old.keys).union(new.keys).sorted() where old[cents] != new[cents] {
        let size = JSON.string(String(new[cents] ?? 0))
        for (token, cents, side) in [(window.yes, cents, side), (window.no, 100 - cents, side.opposite)] {
          items.append([
            "asset_id": .text(token), "price": price(cents), "size": size, "side": .string(side.rawValue), "hash": "",
          ])
        }
      }
    }
    add(before.bids, window.ladder.bids, .buy)
    add(before.asks, window.ladder.asks, .sell)
    return JSON.object([
      .init("event_type", "price_change"), .init("market", .text(window.condition)),
      .init("timestamp", .string(String(at))), .init("price_changes", .array(items)),
    ]).bytes
  }
}
