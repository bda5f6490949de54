import Shared

/// Which orders of account 0 were open at the venue, and when: from its truth log alone.
final class OpenOrderReader {
  private let lines: TruthLines
  private var left: [String: Int64] = [:]
  /// When the set of open orders became empty or began to be one, and how many there were then.
  private var steps: [(at: WallTime, open: Int)] = []
  /// When the last order was taken.
  private(set) var lastTaken: WallTime?

  init(path: String) { lines = TruthLines(path: path) }

  var open: Int { left.count }

  /// Takes in the whole lines that have come since the last time.
  func read() throws { try lines.read(take) }

  private func take(_ line: JSON) throws {
    guard let nanoseconds = line["wall_ns"]?.int else { throw BenchFailure("no wall time in \(line.text)") }
    let at = WallTime(nanoseconds: nanoseconds)
    switch line["kind"]?.string {
    case "order" where line["account"]?.int == 0:
      guard let id = line["order"]?.string, let size = line["size"]?.int else { throw BenchFailure(line.text) }
      left[id] = size
      lastTaken = at
    case "trade":
      for part in [line["taker"]].compactMap({ $0 }) + (line["makers"]?.array ?? []) where part["account"]?.int == 0 {
        guard let id = part["order"]?.string, let shares = part["shares"]?.int else { throw BenchFailure(line.text) }
        if let rest = left[id] { left[id] = rest > shares ? rest - shares : nil }
      }
    case "ended":
      guard let id = line["order"]?.string else { throw BenchFailure(line.text) }
      left[id] = nil
    default: return
    }
    steps.append((at, left.count))
  }

  /// How many were open at that moment.
  func open(at time: WallTime) -> Int { steps.last { $0.at <= time }?.open ?? 0 }

  /// Since when none has been open; `nil` while one is, the beginning when there never was one.
  var emptySince: WallTime? {
    guard left.isEmpty else { return nil }
    guard let last = steps.lastIndex(where: { $0.open > 0 }) else { return WallTime(nanoseconds: 0) }
    return steps[steps.index(after: last)].at
  }
}
