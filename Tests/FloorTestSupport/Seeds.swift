import Foundation
import Shared

/// Seeds for property tests: the fixed ones catch what was once found, the fresh ones search on. The failing seed stands in the test's
/// arguments; `FLOOR_SEED=N` repeats it alone.
public enum Seeds {
  public static func some(_ count: Int) -> [UInt64] {
    if let text = ProcessInfo.processInfo.environment["FLOOR_SEED"], let seed = UInt64(text) { return [seed] }
    let fixed = (1...UInt64(max(1, count / 2))).map { $0 }
    let fresh = (0..<max(1, count - fixed.count)).map { _ in UInt64.random(in: 1_000...UInt64(UInt32.max)) }
    return fixed + fresh
  }
}
