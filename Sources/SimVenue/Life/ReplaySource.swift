import FloorIOVenue
import Shared

/// Life from recorded markets: each file's snapshots stand in the book of its market at their recorded time.
struct ReplaySource: LifeSource {
  struct Recording {
    var path: String
    var spec: MarketSpec
    var token: String
    /// Which outcome the recorded token is.
    var side: Outcome
    /// As the table beside it says; `nil` when it does not.
    var outcome: Outcome?
    var first: MarketTime
    var reader: GzipLines?
    var pending: RecordedSnapshot?
    /// Middle price of YES when both sides were last there.
    var lastMiddle: Price?
    var isOver = false
  }

  let name: String
  let skippable: Duration?
  private var recordings: [Recording]
  private var nextToStart = 0
  private var playing: [Int] = []
  private var endings = DueQueue<Int>()
  private var trader = 0
  private var market: [Int] = []
  private(set) var snapshots = 0
  private(set) var skippedLines = 0
  private var openMarkets = true

  /// - Parameter recordings: in any order; played in that of their first message.
  init(recordings: [Recording], cutGaps: Bool) {
    self.recordings = recordings.sorted { $0.first < $1.first }
    skippable = cutGaps ? .seconds(3) : nil
    name = "replay " + self.recordings.map(\.spec.slug).joined(separator: " ")
  }

  func origin(wall: WallTime) -> MarketTime {
    let starts = recordings.map { min($0.first, $0.spec.start) }
    return (starts.min() ?? MarketTime(nanoseconds: wall.nanoseconds)).advanced(by: .seconds(-5))
  }

  mutating func begin(_ state: inout VenueState) {
    trader = state.addTrader("street")
    for index in recordings.indices {
      market.append(state.list(recordings[index].spec))
      if state.clients.decisions[recordings[index].spec.slug] != nil {
        recordings[index].isOver = true
      } else {
        endings.add(index, at: recordings[index].spec.end.nanoseconds)
      }
    }
    skipFinished()
  }

  private mutating func skipFinished() {
    while nextToStart < recordings.count, recordings[nextToStart].isOver { nextToStart += 1 }
  }

  var next: MarketTime? {
    var times = playing.compactMap { recordings[$0].pending?.at.nanoseconds }
    if nextToStart < recordings.count { times.append(recordings[nextToStart].first.nanoseconds) }
    if let end = endings.first { times.append(end) }
    return times.min().map { MarketTime(nanoseconds: $0) }
  }

  mutating func run(_ state: inout VenueState) throws {
    guard let due = next else { return }
    if let (_, index) = endings.next(upTo: due.nanoseconds) {
      finish(index, &state)
      return
    }
    if nextToStart < recordings.count, recordings[nextToStart].first <= due {
      let index = nextToStart
      nextToStart += 1
      skipFinished()
      recordings[index].reader = try GzipLines(path: recordings[index].path)
      try advance(index)
      if recordings[index].pending != nil { playing.append(index) }
      return
    }
    guard let index = playing.min(by: { at($0) < at($1) }), let snapshot = recordings[index].pending else { return }
    show(snapshot, index, &state)
    try advance(index)
    if recordings[index].pending == nil { playing.removeAll { $0 == index } }
  }

  private func at(_ index: Int) -> MarketTime { recordings[index].pending?.at ?? MarketTime(nanoseconds: .max) }

  private mutating func show(_ snapshot: RecordedSnapshot, _ index: Int, _ state: inout VenueState) {
    snapshots += 1
    let book = recordings[index].side == .yes ? snapshot.book : RecordedSnapshot.mirrored(snapshot.book)
    if let bid = book.bids.map(\.price).max(), let ask = book.asks.map(\.price).min() {
      recordings[index].lastMiddle = Price.middle(bid, ask)
    }
    state.replaceStreet(book, market: market[index], trader: trader)
  }

  /// Reads on to the next snapshot of the recorded token; stamps never run back.
  private mutating func advance(_ index: Int) throws {
    let last = recordings[index].pending?.at
    recordings[index].pending = nil
    while let line = try recordings[index].reader?.next() {
      guard var snapshot = RecordedSnapshot(line: line) else {
        skippedLines += 1
        continue
      }
      // A recorder that moves to the next market may still hear the old one, or the other token: its book is the mirror of ours.
      guard snapshot.asset == recordings[index].token else { continue }
      if let last { snapshot.at = max(snapshot.at, last) }
      recordings[index].pending = snapshot
      return
    }
    recordings[index].reader = nil
  }

  private mutating func finish(_ index: Int, _ state: inout VenueState) {
    recordings[index].isOver = true
    recordings[index].reader = nil
    recordings[index].pending = nil
    playing.removeAll { $0 == index }
    let middle = recordings[index].lastMiddle ?? .zero
    let inferred: Outcome = middle.micros >= 500_000 ? .yes : .no
    state.decide(
      .init(
        slug: recordings[index].spec.slug, winner: recordings[index].outcome ?? inferred,
        inferred: recordings[index].outcome == nil, opening: nil, closing: nil))
  }

  mutating func takeReports() -> [ReferenceReport] { [] }
  func history(_ symbol: String) -> [ReferenceReport] { [] }

  var status: [(String, WireValue)] {
    [
      ("source", "replay"), ("files", .integer(Int64(recordings.count))),
      ("files_over", .integer(Int64(recordings.count { $0.isOver }))), ("snapshots", .integer(Int64(snapshots))),
      ("skipped_lines", .integer(Int64(skippedLines))), ("finished", .flag(next == nil)),
    ]
  }
}
