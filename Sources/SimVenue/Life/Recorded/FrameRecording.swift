import FloorIOVenue
import Shared

/// Recordings of the feed (docs/recordings.md): frames to be sent again as they came, with what they say of books, trades and prices, so
/// that the venue's answers agree with them. A line is due at its time of receipt, on the market clock that the recording notes.
struct FrameRecording: Sendable {
  private let paths: [String]
  private let markets: [RecordedMarket]
  private let first: MarketTime
  private let clock: MarketClock

  /// Goes over all files once: which markets they follow, and how those ended. The files are one recording, in the order of their names.
  init(paths: [String]) throws(ReplayFiles.Problem) {
    // The stamp in a name tells its age, wherever the file lies.
    self.paths = paths.sorted { Self.name($0) < Self.name($1) }
    var survey = Survey()
    for path in self.paths {
      do {
        let file = try RecordingFile(path: path)
        while let frame = try file.next() { survey.take(frame) }
        if survey.frames == 0, let damage = file.reading.lastDamage {
          throw ReplayFiles.Problem(description: "\(path): no recording of the feed: \(damage)")
        }
      } catch let problem as ReplayFiles.Problem {
        throw problem
      } catch {
        throw ReplayFiles.Problem(description: "\(path): \(error)")
      }
    }
    guard let begin = survey.begin, let end = survey.end else {
      throw ReplayFiles.Problem(description: "\(paths.joined(separator: ", ")): no frame in it")
    }
    // A recording without a clock was made at the live venue, where market time is the wall's.
    clock = survey.clock ?? .live
    first = clock.market(at: begin)
    markets = survey.markets(from: first, to: (survey.lastClock ?? .live).market(at: end))
  }

  private static func name(_ path: String) -> Substring { path.split(separator: "/").last ?? "" }

  var recording: Recording {
    Recording(markets: markets, first: first) {
      Events(files: RecordedFiles(paths), books: RecordedBooks(markets.map(\.spec)), clock: clock, last: first)
    }
  }

  private struct Events: RecordedEvents {
    private var files: RecordedFiles
    private var books: RecordedBooks
    private var clock: MarketClock
    private var last: MarketTime
    private var unreadable = 0

    init(files: RecordedFiles, books: RecordedBooks, clock: MarketClock, last: MarketTime) {
      self.files = files
      self.books = books
      self.clock = clock
      self.last = last
    }

    var skipped: Int { unreadable + files.damaged }

    mutating func next() throws -> RecordedEvent? {
      while let line = try files.next() {
        last = max(last, clock.market(at: line.receivedAt))
        if let stream = VerbatimFrame.Stream(rawValue: line.stream) {
          let changes = WireReader.read(line.frame).map { books.changes($0, stream) } ?? []
          return RecordedEvent(at: last, changes: changes, frame: VerbatimFrame(stream: stream, text: line.frame))
        }
        // The venue tells PolyBolt's listeners, each what it asked for, from the prices of the other stream.
        if line.stream == "polybolt" { continue }
        guard line.stream == FeedNote.stream, let note = FeedNote(line.frame) else {
          unreadable += 1
          continue
        }
        switch note {
        case .clock(let line): clock = line
        case .witness(let book):
          let changes = books.witness(book)
          if !changes.isEmpty { return RecordedEvent(at: last, changes: changes) }
        case .standing(_, let standing):
          let changes = standing.flatMap { books.witness($0) }
          if !changes.isEmpty { return RecordedEvent(at: last, changes: changes) }
        case .following, .other: break
        }
      }
      return nil
    }
  }
}

/// The feed's own marks between the frames, as far as a replay needs them.
enum FeedNote {
  static let stream = "feed"

  case clock(MarketClock)
  case following(Followed)
  case witness(WireValue)
  /// A market that was followed before, with those of its books that hold.
  case standing(Followed, books: [WireValue])
  case other

  struct Followed {
    let slug: String
    let condition: String
    let tokens: [String]

    init?(_ value: WireValue) {
      guard let slug = value["market"]?.asText, let condition = value["condition"]?.asText,
        let yes = value["yes"]?.asText, let no = value["no"]?.asText
      else { return nil }
      self.slug = slug
      self.condition = condition
      tokens = [yes, no]
    }
  }

  /// `nil` for what is none.
  init?(_ text: [UInt8]) {
    guard let value = WireReader.read(text), let event = value["event"]?.asText else { return nil }
    switch event {
    case "clock":
      guard let wall = value["anchor_wall_ns"]?.asNumber, let market = value["anchor_market_ns"]?.asNumber,
        let rate = value["rate_milli"]?.asNumber, rate >= 0
      else { return nil }
      self = .clock(
        MarketClock(
          anchorWall: WallTime(nanoseconds: wall), anchorMarket: MarketTime(nanoseconds: market), rateMilli: rate))
    case "following":
      guard let followed = Followed(value) else { return nil }
      self = .following(followed)
    case "standing":
      guard let followed = Followed(value), let books = value["books"]?.asList?.map({ $0["book"] }),
        books.allSatisfy({ $0 != nil })
      else { return nil }
      self = .standing(followed, books: books.compactMap(\.self))
    case "witness":
      guard let book = value["book"] else { return nil }
      self = .witness(book)
    default: self = .other
    }
  }
}

/// Several recordings, one after the other.
struct RecordedFiles {
  private var paths: ArraySlice<String>
  private var file: RecordingFile?
  private var damagedBefore = 0

  init(_ paths: [String]) { self.paths = paths[...] }

  var damaged: Int { damagedBefore + (file?.reading.damagedLines ?? 0) }

  mutating func next() throws -> RecordedFrame? {
    while true {
      if let frame = try file?.next() { return frame }
      damagedBefore = damaged
      file = nil
      guard let path = paths.popFirst() else { return nil }
      file = try RecordingFile(path: path)
    }
  }
}

/// What a first look over recordings finds.
private struct Survey {
  private(set) var frames = 0
  private(set) var begin: WallTime?
  private(set) var end: WallTime?
  private(set) var clock: MarketClock?
  private(set) var lastClock: MarketClock?
  private var followed: [FeedNote.Followed] = []
  private var winners: [String: String] = [:]
  /// The oracle's means by symbol and second.
  private var means: [String: [Int64: Int128]] = [:]

  mutating func take(_ line: RecordedFrame) {
    frames += 1
    begin = begin ?? line.receivedAt
    end = max(end ?? line.receivedAt, line.receivedAt)
    switch line.stream {
    case FeedNote.stream:
      switch FeedNote(line.frame) {
      case .clock(let new):
        clock = clock ?? new
        lastClock = new
      case .following(let market), .standing(let market, _):
        if !followed.contains(where: { $0.slug == market.slug }) { followed.append(market) }
      case .witness, .other, nil: break
      }
    case VerbatimFrame.Stream.market.rawValue:
      // Seldom, and worth no tree for every other frame.
      guard line.frame.firstRange(of: Array("market_resolved".utf8)) != nil, let value = WireReader.read(line.frame)
      else {
        return
      }
      for event in value.asList ?? [value] where event["event_type"]?.asText == "market_resolved" {
        if let condition = event["market"]?.asText, let winner = event["winning_asset_id"]?.asText {
          winners[condition] = winner
        }
      }
    case VerbatimFrame.Stream.reference.rawValue:
      guard let value = WireReader.read(line.frame) else { return }
      for report in RecordedBooks.reports(value) {
        if let mean = report.mean { means[report.symbol, default: [:]][report.at.seconds] = mean }
      }
    default: break
    }
  }

  func markets(from first: MarketTime, to last: MarketTime) -> [RecordedMarket] {
    followed.map { market in
      let winner = winners[market.condition].flatMap { token in
        token == market.tokens[0] ? Outcome.yes : token == market.tokens[1] ? .no : nil
      }
      guard let window = RecordedWindow(slug: market.slug) else {
        return RecordedMarket(
          spec: MarketSpec(
            slug: market.slug, kind: .question, question: market.slug, details: "A recorded market, played again.",
            labels: ["Yes", "No"], tokens: market.tokens, conditionID: market.condition, feeRate: 0, listed: first,
            start: first, end: last.advanced(by: .seconds(86_400))), outcome: winner)
      }
      let prices = means[window.asset + "/usd"] ?? [:]
      return RecordedMarket(
        spec: window.spec(slug: market.slug, tokens: market.tokens, conditionID: market.condition), outcome: winner,
        opening: prices[window.start.seconds], closing: prices[window.end.seconds])
    }
  }
}
