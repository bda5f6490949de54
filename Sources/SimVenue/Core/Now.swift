import Shared

/// Both of the venue's clocks at one moment. The wall dates authentication, holds, the dead-man switch and the settlement of trades;
/// the market dates windows, books, trades and expirations.
struct Now: Hashable, Sendable {
  var wall: WallTime
  var market: MarketTime
}
