/// Cuts the history of a figure into steps of equal length on market time: for each moment on the grid, the last value known at or before
/// it. Whoever counts steps instead of observations gets the same figures from a feed that speaks twice as often.
///
/// The grid is that of market time itself (whole multiples of `step` since 1970), so a restart does not move it. Pure; constant work an
/// observation, no allocation.
public struct StepClock: Hashable, Sendable {
  /// The same value at one or more moments of the grid in a row.
  public struct Steps: Hashable, Sendable {
    public let value: Int64
    /// ≥ 1.
    public let count: Int64
    /// The last of these moments.
    public let end: MarketTime
  }

  public let step: Duration
  public private(set) var newest: RollingWindow.Sample?

  /// - Precondition: `step` is at least a millisecond.
  public init(step: Duration) {
    precondition(step >= .milliseconds(1), "a step of a millisecond or more")
    self.step = step
  }

  /// Takes the figure (10⁻⁶ of its unit) and answers the steps that are over by then, if any. A moment of the grid counts once something
  /// later is known: a value stamped exactly at it still belongs to it. An older stamp than the newest is ignored.
  public mutating func add(_ value: Int64, at time: MarketTime) -> Steps? {
    guard let before = newest else {
      newest = RollingWindow.Sample(time: time, value: value)
      return nil
    }
    guard time >= before.time else { return nil }
    newest = RollingWindow.Sample(time: time, value: value)
    let first = StepClock.index(atOrAfter: before.time, step)
    let next = StepClock.index(atOrAfter: time, step)
    guard next > first else { return nil }
    return Steps(
      value: before.value, count: next - first, end: MarketTime(nanoseconds: (next - 1) * step.nanoseconds))
  }

  private static func index(atOrAfter time: MarketTime, _ step: Duration) -> Int64 {
    let (quotient, rest) = time.nanoseconds.quotientAndRemainder(dividingBy: step.nanoseconds)
    return rest > 0 ? quotient + 1 : quotient
  }

  public var checkpoint: JSON {
    newest.map { ["ns": .int($0.time.nanoseconds), "value": .int($0.value)] } ?? .null
  }

  /// Takes the state of a checkpoint; `false` (and nothing changed) when it is damaged.
  public mutating func restore(_ checkpoint: JSON) -> Bool {
    if checkpoint == .null {
      newest = nil
      return true
    }
    guard let time = checkpoint["ns"]?.int, let value = checkpoint["value"]?.int else { return false }
    newest = RollingWindow.Sample(time: MarketTime(nanoseconds: time), value: value)
    return true
  }
}
