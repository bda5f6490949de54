/// The usual three, of a sample in nanoseconds.
struct Percentiles: Hashable, Sendable {
  let p50: Int64
  let p99: Int64
  let p999: Int64

  /// - Precondition: not empty.
  init(_ sample: [Int64]) {
    precondition(!sample.isEmpty, "a percentile of nothing")
    let sorted = sample.sorted()
    func at(_ thousandths: Int) -> Int64 { sorted[min(sorted.count - 1, sorted.count * thousandths / 1000)] }
    p50 = at(500)
    p99 = at(990)
    p999 = at(999)
  }

  init(p50: Int64, p99: Int64, p999: Int64) {
    self.p50 = p50
    self.p99 = p99
    self.p999 = p999
  }

  /// The upper median.
  static func median(_ values: [Int64]) -> Int64 { values.sorted()[values.count / 2] }

  /// Of several rounds: the median of each.
  static func median(_ rounds: [Percentiles]) -> Percentiles? {
    rounds.isEmpty
      ? nil
      : Percentiles(
        p50: median(rounds.map(\.p50)), p99: median(rounds.map(\.p99)), p999: median(rounds.map(\.p999)))
  }
}
