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
  /// For `/sim/status`.
  var status: [(String, WireValue)] { get }
}

/// What the reference price stream tells once a second.
struct ReferenceReport: Hashable, Sendable {
  /// `btc/usd`
  var symbol: String
  /// The second it is about.
  var at: MarketTime
  /// Dollars at 10⁻⁶.
  var value: Int64
  /// Mean of the last 60 whole seconds.
  var mean: Int64
}
