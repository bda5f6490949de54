import Shared

/// Something that was recorded, opened for a replay.
struct Recording {
  /// Markets in the order by which events count them.
  var markets: [RecordedMarket]
  /// When its first event is due.
  var first: MarketTime
  /// Begins to read its events.
  var open: () throws -> any RecordedEvents
}

/// A market of a recording, and how it ended as far as the recording says.
struct RecordedMarket: Hashable, Sendable {
  var spec: MarketSpec
  /// `nil` when the recording does not tell.
  var outcome: Outcome?
  /// Reference prices that decided, in dollars at 10⁻¹⁸.
  var opening: Int128?
  var closing: Int128?

  /// As the recording says, else as its prices do; `nil` when neither tells.
  var winner: Outcome? {
    if let outcome { return outcome }
    guard let opening, let closing else { return nil }
    return closing >= opening ? .yes : .no
  }
}

/// The events of a recording, in order.
protocol RecordedEvents {
  /// The next event, or `nil` after the last. Its time is never before that of the one before it. Throws when the file cannot be read.
  mutating func next() throws -> RecordedEvent?
  /// Lines and frames so far of which nothing could be made.
  var skipped: Int { get }
}

struct RecordedEvent: Hashable, Sendable {
  enum Change: Hashable, Sendable {
    /// The street's levels of YES.
    case book(market: Int, VenueState.StreetBook)
    case tick(market: Int, PriceTick)
    case print(market: Int, outcome: Outcome, side: Side, price: Price, size: Shares)
    case report(ReferenceReport)
  }

  var at: MarketTime
  var changes: [Change]
  /// The frame that these changes were read from, where the recording holds frames.
  var frame: VerbatimFrame?
}

/// An up/down window as its slug names it: `{asset}-updown-{n}m-{start}`.
struct RecordedWindow: Hashable, Sendable {
  var asset: String
  var seconds: Int64
  var start: MarketTime
  var end: MarketTime { start.advanced(by: .seconds(seconds)) }

  init?(slug: String) {
    let parts = slug.split(separator: "-")
    guard parts.count == 4, parts[1] == "updown", let start = Int64(parts[3]), let number = Int64(parts[2].dropLast()),
      let unit: Int64 = parts[2].last == "m" ? 60 : parts[2].last == "h" ? 3600 : nil, (1...1000).contains(number),
      (0..<7_258_118_400).contains(start)
    else { return nil }
    asset = String(parts[0])
    seconds = number * unit
    self.start = MarketTime(seconds: start)
  }

  /// - Parameter conditionID: `nil` when the recording does not name it; then one is derived.
  func spec(slug: String, tokens: [String], conditionID: String?) -> MarketSpec {
    MarketSpec(
      slug: slug, kind: .upDown(asset: asset, seconds: seconds),
      question: "\(asset.uppercased()) Up or Down - \(start), \(seconds / 60) minutes",
      details: "A recorded market, played again.", labels: ["Up", "Down"], tokens: tokens, conditionID: conditionID,
      feeRate: 70_000, listed: start.advanced(by: .seconds(-3600)), start: start, end: end)
  }
}
