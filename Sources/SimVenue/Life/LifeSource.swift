import Shared

/// Where a venue's markets, prices and other traders come from. Driven by market time: `run` is called at `next`, in order, never early.
protocol LifeSource {
  /// What the truth log calls it: another text in the log means other markets, and a fresh start of them.
  var name: String { get }
  /// When it wants to run next; `nil` when it has nothing more to bring.
  var next: MarketTime? { get }
  /// A stretch this long in which nothing happens may be skipped; `nil` means time is never skipped.
  var skippable: Duration? { get }
  /// The market time at which a first run begins.
  func origin(wall: WallTime) -> MarketTime
  /// Brings the source to `state.now`, first or again: lists markets, goes on from what the truth log kept.
  mutating func begin(_ state: inout VenueState)
  /// Does what is due at `next`; `state.now` stands there.
  mutating func run(_ state: inout VenueState) throws
  /// Reference reports since the last call.
  mutating func takeReports() -> [ReferenceReport]
  /// The last minutes of a symbol, oldest first.
  func history(_ symbol: String) -> [ReferenceReport]
  /// Whether such a symbol is, or will be, reported on.
  func reports(on symbol: String) -> Bool
  /// The public streams carry recorded frames, as they are, and nothing of the venue's own.
  var speaksVerbatim: Bool { get }
  /// What it plays began before its first frame: who has not heard that needs the books as they stand.
  var beginsInside: Bool { get }
  /// Recorded frames since the last call, in order. Only of a source that speaks verbatim.
  mutating func takeFrames() -> [VerbatimFrame]
  /// For `/sim/status`.
  var status: [(String, WireValue)] { get }
}

extension LifeSource {
  var speaksVerbatim: Bool { false }
  var beginsInside: Bool { false }
  mutating func takeFrames() -> [VerbatimFrame] { [] }
}

/// One recorded frame, to be sent as it is.
struct VerbatimFrame: Hashable, Sendable {
  enum Stream: String, Hashable, Sendable {
    case market
    case reference
  }

  var stream: Stream
  var text: [UInt8]
}

/// What the reference price streams tell of a symbol, about once a second. Prices in dollars at 10⁻¹⁸; a recorded one may come alone.
struct ReferenceReport: Hashable, Sendable {
  /// `btc/usd`
  var symbol: String
  /// The second it is about.
  var at: MarketTime
  /// The oracle's observation.
  var value: Int128?
  /// Its mean of the last 60 whole seconds.
  var mean: Int128?
  /// The spot price of an exchange.
  var exchange: Int128?

  init(symbol: String, at: MarketTime, value: Int128? = nil, mean: Int128? = nil, exchange: Int128? = nil) {
    self.symbol = symbol
    self.at = at
    self.value = value
    self.mean = mean
    self.exchange = exchange
  }
}
