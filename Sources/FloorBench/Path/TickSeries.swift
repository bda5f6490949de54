/// One series of ticks of the stand-in venue: how many there are, when the next is due, the stamps they bear and what came back. Pure.
struct TickSeries: Sendable {
  let toPeers: Bool
  let count: Int
  /// A tick is a hit when this divides its number, counted from one.
  let every: Int
  /// Monotonic nanoseconds between two ticks.
  let interval: Int64
  /// The stamp of the first tick, the venue's milliseconds.
  let firstStamp: Int64
  let stepMilliseconds: Int64
  /// When the next tick is due, monotonic nanoseconds.
  var due: Int64
  /// When each was sent, monotonic nanoseconds.
  var sent: [Int64] = []
  var worstLag: Int64 = 0
  /// Salt of the order (bots: send time of the tick), and when the order was read.
  var orders: [(key: String, read: Int64)] = []

  /// - Parameters:
  ///   - rate: ticks a second, a divisor of 1000.
  ///   - last: the stamp before the series.
  init(toPeers: Bool, count: Int, every: Int, rate: Int64, after last: Int64, now: Int64) {
    self.toPeers = toPeers
    self.count = count
    self.every = every
    interval = 1_000_000_000 / rate
    stepMilliseconds = 1000 / rate
    firstStamp = last + stepMilliseconds
    due = now + interval
  }

  var isOver: Bool { sent.count >= count }

  func stamp(of number: Int) -> Int64 { firstStamp + Int64(number) * stepMilliseconds }

  /// The stamp of the book as it stands: that of the tick that made it. The stamps of a series are given out beforehand, and a book
  /// stamped later than they would make old news of every tick still to come.
  var bookStamp: Int64 { stamp(of: sent.count - 1) }
}
