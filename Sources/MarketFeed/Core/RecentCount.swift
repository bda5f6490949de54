import Shared

/// How often something happened within the last while; remembers at most a few hundred occasions.
struct RecentCount: Sendable {
  private var times: [MonotonicTime] = []

  mutating func add(_ count: Int, at now: MonotonicTime) {
    times.append(contentsOf: Array(repeating: now, count: min(count, 100)))
    if times.count > 400 { times.removeFirst(times.count - 400) }
  }

  func count(within duration: Duration, at now: MonotonicTime) -> Int {
    times.count { now.since($0) < duration }
  }
}
