/// CUSUM, a change detector (E. S. Page, "Continuous inspection schemes", Biometrika 41, 1954; S0-45): sums how far a figure lies above, and
/// below, its target beyond a slack, and raises an alarm when a sum passes the threshold. The unit of deviation, slack and threshold is
/// the caller's: price points or standard deviations (C-05). Pure.
public struct CumulativeSum: Hashable, Sendable {
  public enum Alarm: Int, Hashable, Sendable {
    case down = -1
    case none = 0
    case up = 1
  }

  /// k: what is no news. h: how much news is an alarm.
  public let slack: Double
  public let threshold: Double
  /// Both ≥ 0.
  public private(set) var up = 0.0
  public private(set) var down = 0.0

  /// - Precondition: `slack` ≥ 0, `threshold` > 0.
  public init(slack: Double, threshold: Double) {
    precondition(slack >= 0 && threshold > 0, "a slack of 0 or more and a threshold above 0")
    self.slack = slack
    self.threshold = threshold
  }

  /// Takes `times` ≥ 1 steps of the same deviation from the target: up = max(0, up + d − k), down = max(0, down − d − k).
  public mutating func add(_ deviation: Double, times: Int64 = 1) {
    guard times > 0 else { return }
    up = max(0, up + Double(times) * (deviation - slack))
    down = max(0, down + Double(times) * (-deviation - slack))
  }

  /// Only one of the sums can be the larger; when both are past the threshold, a sharp turn has just happened, and the newer one rises.
  public var alarm: Alarm {
    if up > threshold, up >= down { return .up }
    return down > threshold ? .down : .none
  }

  /// How near the nearer alarm is: 1 and more is one.
  public var progress: Double { max(up, down) / threshold }

  public mutating func reset() {
    up = 0
    down = 0
  }

  public var checkpoint: JSON { ["up": .bits(up), "down": .bits(down)] }

  /// Takes the state of a checkpoint; `false` (and nothing changed) when it is damaged.
  public mutating func restore(_ checkpoint: JSON) -> Bool {
    guard let up = checkpoint["up"]?.doubleBits, let down = checkpoint["down"]?.doubleBits, up >= 0, down >= 0 else {
      return false
    }
    self.up = up
    self.down = down
    return true
  }
}
