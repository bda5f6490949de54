import FloorIOData
import Shared

/// How far back a command looks: `--since 2h`, or a time of day or date in UTC. Pure.
enum SinceWord {
  static let help = "45s, 30m, 2h or 7d back from now, or a UTC time as 2026-11-30T08:00 (seconds may follow)"

  /// Wall time.
  static func time(_ text: String, now: WallTime) throws(FloorFailure) -> WallTime {
    let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    if let last = text.last, let seconds = units[last], let count = Int64(text.dropLast()),
      (1...100_000).contains(count)
    {
      return now.advanced(by: .seconds(-count * seconds))
    }
    for ending in ["", "Z", ":00Z"] {
      if let time = CivilTime.nanoseconds(parsing: text + ending) { return WallTime(nanoseconds: time) }
    }
    throw FloorFailure(.usage, "--since takes \(help), not \(text)")
  }
}

extension CommandLineWords {
  /// Wall time; without the option so long before now.
  func since(default span: Duration, now: WallTime = SystemClock.wall()) throws(FloorFailure) -> WallTime {
    guard let text = option("since") else { return now.advanced(by: .zero - span) }
    return try SinceWord.time(text, now: now)
  }
}
