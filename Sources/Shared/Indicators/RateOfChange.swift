/// A figure now against the same figure `lookback` ago, where "ago" is the last value known at or before t − lookback: never
/// interpolated, never counted in steps (docs/strategies.md, "Rate of change"). t is the time of the newest observation.
public struct RateOfChange: Hashable, Sendable {
  /// From what to what. Values at 10⁻⁶.
  public struct Change: Hashable, Sendable {
    public let from: RollingWindow.Sample
    public let to: RollingWindow.Sample

    public init(from: RollingWindow.Sample, to: RollingWindow.Sample) {
      self.from = from
      self.to = to
    }

    public var difference: Int64 { to.value - from.value }
  }

  private var window: RollingWindow

  /// - Precondition: as `RollingWindow`.
  public init(lookback: Duration, grain: Duration = .milliseconds(50)) {
    window = RollingWindow(span: lookback, grain: grain)
  }

  public var latest: MarketTime? { window.latest }
  /// How much of the lookback is known.
  public var coverage: Duration { window.coverage }

  @discardableResult
  public mutating func add(_ value: Int64, at time: MarketTime) -> RollingWindow.Outcome {
    window.add(value, at: time)
  }

  /// `nil` until the history reaches back to t − lookback.
  public var change: Change? {
    guard let from = window.atStart, let newest = window.newest, let latest = window.latest else { return nil }
    return Change(from: from, to: RollingWindow.Sample(time: latest, value: newest.value))
  }

  public var checkpoint: JSON { window.checkpoint }

  /// Takes the history of a checkpoint; `false` (and nothing changed) when it is damaged.
  public mutating func restore(_ checkpoint: JSON) -> Bool {
    guard let samples = RollingWindow.observations(checkpoint) else { return false }
    window = RollingWindow(span: window.span, grain: window.grain)
    for sample in samples { window.add(sample.value, at: sample.time) }
    return true
  }
}
