import Shared

/// Life from recordings: what they hold happens at its recorded time. Markets end with their windows, as the recording says, else as its
/// last middle price suggests.
struct ReplaySource: LifeSource {
  private struct Playing {
    var recording: Recording
    /// Market numbers of the venue, by the recording's own.
    var numbers: [Int] = []
    var events: (any RecordedEvents)?
    var pending: RecordedEvent?
    var isOver = false
    var skipped = 0
  }

  private struct Ending: Hashable {
    var recording: Int
    var market: Int
  }

  let name: String
  let skippable: Duration?
  let speaksVerbatim: Bool
  private var recordings: [Playing]
  private var nextToStart = 0
  private var playing: [Int] = []
  private var endings = DueQueue<Ending>()
  private var trader = 0
  /// Middle price of YES when both sides were last there, by the venue's market number.
  private var middles: [Int: Price] = [:]
  private var reports: [ReferenceReport] = []
  private var past: [String: [ReferenceReport]] = [:]
  private var frames: [VerbatimFrame] = []
  private(set) var snapshots = 0
  private(set) var framesPlayed = 0
  private(set) var beginsInside = false

  /// - Parameters:
  ///   - recordings: in any order; played in that of their first event.
  ///   - speaksVerbatim: they hold frames, which the public streams send as they are.
  init(recordings: [Recording], cutGaps: Bool, speaksVerbatim: Bool = false) {
    self.recordings = recordings.sorted { $0.first < $1.first }.map { Playing(recording: $0) }
    self.speaksVerbatim = speaksVerbatim
    skippable = cutGaps ? .seconds(3) : nil
    name =
      (speaksVerbatim ? "frames " : "replay ")
      + self.recordings.flatMap { $0.recording.markets.map(\.spec.slug) }.joined(separator: " ")
  }

  func origin(wall: WallTime) -> MarketTime {
    (recordings.map(\.recording.first).min() ?? MarketTime(nanoseconds: wall.nanoseconds))
      .advanced(by: .seconds(speaksVerbatim ? -1 : -5))
  }

  mutating func begin(_ state: inout VenueState) {
    trader = state.addTrader("street")
    for index in recordings.indices {
      for (place, market) in recordings[index].recording.markets.enumerated() {
        recordings[index].numbers.append(state.list(market.spec))
        guard state.clients.decisions[market.spec.slug] == nil else { continue }
        endings.add(Ending(recording: index, market: place), at: market.spec.end.nanoseconds)
      }
      let isDecided = recordings[index].recording.markets.allSatisfy { state.clients.decisions[$0.spec.slug] != nil }
      // Frames go on after the last market has ended.
      recordings[index].isOver = isDecided && !speaksVerbatim
    }
    skipFinished()
  }

  private mutating func skipFinished() {
    while nextToStart < recordings.count, recordings[nextToStart].isOver { nextToStart += 1 }
  }

  var next: MarketTime? {
    var times = playing.map { at($0).nanoseconds }
    if nextToStart < recordings.count { times.append(recordings[nextToStart].recording.first.nanoseconds) }
    if let end = endings.first { times.append(end) }
    return times.min().map { MarketTime(nanoseconds: $0) }
  }

  mutating func run(_ state: inout VenueState) throws {
    guard let due = next else { return }
    if let (_, ending) = endings.next(upTo: due.nanoseconds) {
      finish(ending, &state)
    } else if nextToStart < recordings.count, recordings[nextToStart].recording.first <= due {
      let index = nextToStart
      nextToStart += 1
      skipFinished()
      recordings[index].events = try recordings[index].recording.open()
      playing.append(index)
      try advance(index)
    } else if let index = playing.min(by: { at($0) < at($1) }), let event = recordings[index].pending {
      play(event, index, &state)
      try advance(index)
    }
  }

  private func at(_ index: Int) -> MarketTime { recordings[index].pending?.at ?? MarketTime(nanoseconds: .max) }

  private mutating func play(_ event: RecordedEvent, _ index: Int, _ state: inout VenueState) {
    let numbers = recordings[index].numbers
    for change in event.changes {
      switch change {
      case .book(let market, let book):
        snapshots += 1
        if let bid = book.bids.map(\.price).max(), let ask = book.asks.map(\.price).min() {
          middles[numbers[market]] = Price.middle(bid, ask)
        }
        state.replaceStreet(book, market: numbers[market], trader: trader)
      case .tick(let market, let tick): state.setTick(tick, market: numbers[market])
      case .print(let market, let outcome, let side, let price, let size):
        state.printTrade(outcome, side, price: price, size: size, market: numbers[market])
      case .report(let report): take(report)
      }
    }
    guard let frame = event.frame else {
      // A file that is not a recording's first begins with books that its listeners had heard of before it.
      guard framesPlayed == 0 else { return }
      beginsInside = true
      for case .book(let market, _) in event.changes {
        for outcome in Outcome.allCases {
          let text = BookText.write(numbers[market], outcome, state, event: true)
          frames.append(VerbatimFrame(stream: .market, text: text))
        }
      }
      return
    }
    framesPlayed += 1
    frames.append(frame)
  }

  private mutating func take(_ report: ReferenceReport) {
    reports.append(report)
    past[report.symbol, default: []].append(report)
    // Each kind of price comes in a report of its own: three minutes of all of them.
    if let count = past[report.symbol]?.count, count > 700 { past[report.symbol]?.removeFirst(count - 540) }
  }

  /// Reads on to the next event; a recording without one is over.
  private mutating func advance(_ index: Int) throws {
    recordings[index].pending = try recordings[index].events?.next()
    recordings[index].skipped = recordings[index].events?.skipped ?? 0
    guard recordings[index].pending == nil else { return }
    recordings[index].events = nil
    recordings[index].isOver = true
    playing.removeAll { $0 == index }
  }

  private mutating func finish(_ ending: Ending, _ state: inout VenueState) {
    let market = recordings[ending.recording].recording.markets[ending.market]
    let middle = middles[recordings[ending.recording].numbers[ending.market]] ?? .zero
    state.decide(
      .init(
        slug: market.spec.slug, winner: market.winner ?? (middle.micros >= 500_000 ? .yes : .no),
        inferred: market.winner == nil, opening: market.opening, closing: market.closing))
  }

  mutating func takeReports() -> [ReferenceReport] {
    defer { reports.removeAll(keepingCapacity: true) }
    return reports
  }

  mutating func takeFrames() -> [VerbatimFrame] {
    defer { frames.removeAll(keepingCapacity: true) }
    return frames
  }

  func history(_ symbol: String) -> [ReferenceReport] { past[symbol] ?? [] }

  func reports(on symbol: String) -> Bool {
    past[symbol] != nil
      || recordings.contains { playing in
        playing.recording.markets.contains {
          if case .upDown(let asset, _) = $0.spec.kind { asset + "/usd" == symbol } else { false }
        }
      }
  }

  /// Frames are over when the last was sent, although markets that the feed had followed ahead may still be open.
  private var isFinished: Bool {
    speaksVerbatim ? nextToStart == recordings.count && playing.isEmpty : next == nil
  }

  var status: [(String, WireValue)] {
    var fields: [(String, WireValue)] = [
      ("source", speaksVerbatim ? "frames" : "replay"), ("files", .integer(Int64(recordings.count))),
      ("files_over", .integer(Int64(recordings.count { $0.isOver }))), ("snapshots", .integer(Int64(snapshots))),
      ("skipped_lines", .integer(Int64(recordings.reduce(0) { $0 + $1.skipped }))), ("finished", .flag(isFinished)),
    ]
    if speaksVerbatim { fields.append(("frames_played", .integer(Int64(framesPlayed)))) }
    return fields
  }
}
