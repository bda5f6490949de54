import Shared

/// A moment as the shell reads it: the date, and the clock that waiting is measured on.
struct Instant: Hashable, Sendable {
  var wall: WallTime
  var monotonic: MonotonicTime
}
