/// The usual three, of a sample in nanoseconds.
struct Percentiles: Sendable {
  let p50: Int64
  let p99: Int64
  let p999: Int64

  /// - Precondition: not empty.
  init(_ sample: [Int64]) {
    let sorted = sample.sorted()
    func at(_ thousandths: Int) -> Int64 { sorted[min(sorted.count - 1, sorted.count * thousandths / 1000)] }
    p50 = at(500)
    p99 = at(990)
    p999 = at(999)
  }

  static func median(_ values: [Int64]) -> Int64 { values.sorted()[values.count / 2] }
}
