/// Finds a sudden move of one figure by three layers, of which a fourth, the book's liquidity, is looked at where an order would be made
/// (S0-44 to S0-52): a CUSUM alarm, a value outside the EWMA bands, and a rate of change in the same direction.
///
/// Works in steps of market time. The base is the EWMA of all steps but the newest. When a value begins to stray (one of the CUSUM's sums
/// leaves 0), the base is held: a spike must not move what it is measured by (C-13). When it is back, what strayed without an alarm was
/// noise and has been learnt; a spike is forgotten. What stays away for `span` steps is the new normal. Pure; constant work a step.
public struct SpikeDetector: Hashable, Sendable {
  /// What the layers say after a step. Each layer is +1 (up), −1 (down) or 0.
  public struct Layers: Hashable, Sendable {
    public internal(set) var cusum: Int
    public internal(set) var bands: Int
    public internal(set) var roc: Int

    public init(cusum: Int = 0, bands: Int = 0, roc: Int = 0) {
      self.cusum = cusum
      self.bands = bands
      self.roc = roc
    }

    public var areSilent: Bool { self == Layers() }

    public subscript(_ layer: SpikeSettings.Layer) -> Int {
      switch layer {
      case .cusum: cusum
      case .bands: bands
      case .roc: roc
      }
    }
  }

  /// A value is away from its base.
  private struct Stray: Hashable {
    /// As it was before.
    let base: ExponentialMean
    var steps: Int64 = 0
    var hadAlarm = false
  }

  private let settings: SpikeSettings
  private let isRelative: Bool
  private var clock: StepClock
  private var average: ExponentialMean
  private var sum: CumulativeSum
  private var rate: RateOfChange
  private var stray: Stray?
  /// Of the last step that was over, and its time.
  public private(set) var layers = Layers()
  public private(set) var value = 0.0
  public private(set) var base = 0.0
  public private(set) var deviation = 0.0
  public private(set) var stepEnd: MarketTime?

  /// - Parameter isRelative: deviations in the unit of prices are per cent of the base, not dollars a share.
  public init(_ settings: SpikeSettings, isRelative: Bool) {
    self.settings = settings
    self.isRelative = isRelative
    clock = StepClock(step: settings.step)
    average = ExponentialMean(span: settings.span)
    sum = CumulativeSum(slack: settings.slack, threshold: settings.threshold)
    rate = RateOfChange(lookback: settings.rocLookback)
  }

  public var latest: MarketTime? { clock.newest?.time }
  public var isWarm: Bool { average.isWarm && rate.change != nil }
  /// How much of what is needed is known.
  public var known: Duration { settings.step * Int(clamping: min(average.count, settings.span)) }
  public var needed: Duration { settings.step * Int(clamping: settings.span) }
  /// The change over the lookback, in millionths of a per cent; `nil` while it is unknown or the base is nothing.
  public var rocMicros: Int64? {
    guard let change = rate.change, change.from.value != 0 else { return nil }
    return Int64(
      clamping: divide(
        Int128(change.difference) * 100_000_000, by: Int128(change.from.value.magnitude), rounding: .nearest))
  }
  public var cusumProgress: Double { sum.progress }

  /// Takes the figure, at 10⁻⁶ of its unit.
  public mutating func observe(_ value: Int64, at time: MarketTime) {
    guard clock.newest.map({ time >= $0.time }) ?? true else { return }
    let steps = clock.add(value, at: time)
    if let steps {
      // A silence longer than the span teaches no more than one of the span.
      for _ in 0..<min(steps.count, settings.span + 1) { take(Double(steps.value)) }
      stepEnd = steps.end
    }
    rate.add(value, at: time)
    layers.roc = rocSide
  }

  private mutating func take(_ newest: Double) {
    value = newest
    let before = stray?.base ?? average
    average.add(newest)
    let reference = settings.baseline == .before && before.count > 0 ? before : average
    (base, deviation) = (reference.mean, reference.deviation)
    // Before the average is warm its deviation is near nothing, and everything would be a spike.
    guard reference.isWarm else { return }
    sum.add(distance(newest))
    layers.cusum = sum.alarm.rawValue
    let width = settings.bandWidth * deviation
    layers.bands = newest > base + width ? 1 : newest < base - width ? -1 : 0
    if settings.baseline == .before { follow(before) }
  }

  /// Keeps, returns to or gives up the base of before.
  private mutating func follow(_ before: ExponentialMean) {
    if sum.up == 0, sum.down == 0 {
      if let stray, stray.hadAlarm { average = stray.base }
      stray = nil
      return
    }
    var now = stray ?? Stray(base: before)
    now.steps += 1
    now.hadAlarm = now.hadAlarm || sum.alarm != .none
    stray = now
    if now.steps >= settings.span {
      stray = nil
      sum.reset()
    }
  }

  private func distance(_ newest: Double) -> Double {
    switch settings.unit {
    // In water without a ripple the deviation goes to nothing, and any step would be a wave.
    case .sigma: (newest - base) / max(deviation, isRelative ? max(1, base * 1e-5) : 5000)
    case .price: isRelative ? (base > 0 ? (newest - base) / base * 100 : 0) : (newest - base) / 1e6
    }
  }

  private var rocSide: Int {
    guard let roc = rocMicros, roc.magnitude > settings.rocThreshold.magnitude else { return 0 }
    return Int(roc.signum())
  }

  // MARK: Checkpoint

  public var checkpoint: JSON {
    [
      "settings": marks, "clock": clock.checkpoint, "average": average.checkpoint, "sum": sum.checkpoint,
      "rate": rate.checkpoint,
      "stray": .optional(
        stray.map { ["base": $0.base.checkpoint, "steps": .int($0.steps), "had_alarm": .bool($0.hadAlarm)] }),
      "value": .bits(value), "base": .bits(base), "deviation": .bits(deviation),
      "step_end_ns": .optional(stepEnd.map { .int($0.nanoseconds) }),
      "layers": .array([.int(layers.cusum), .int(layers.bands), .int(layers.roc)]),
    ]
  }

  /// What sums and averages mean hangs on these.
  private var marks: JSON {
    [
      "step_ms": .int(settings.step.milliseconds), "span": .int(settings.span), "unit": .string(settings.unit.rawValue),
      "baseline": .string(settings.baseline.rawValue), "relative": .bool(isRelative),
    ]
  }

  /// Takes the state of a checkpoint; `false` (and nothing changed) when it is damaged. After a change of settings it begins anew.
  public mutating func restore(_ checkpoint: JSON) -> Bool {
    if let written = checkpoint["settings"], written != marks {
      self = SpikeDetector(settings, isRelative: isRelative)
      return true
    }
    var new = SpikeDetector(settings, isRelative: isRelative)
    guard let clock = checkpoint["clock"], let average = checkpoint["average"], let sum = checkpoint["sum"],
      let rate = checkpoint["rate"], new.clock.restore(clock), new.average.restore(average), new.sum.restore(sum),
      new.rate.restore(rate), let value = checkpoint["value"]?.doubleBits, let base = checkpoint["base"]?.doubleBits,
      let deviation = checkpoint["deviation"]?.doubleBits, let layers = checkpoint["layers"]?.array?.map(\.int),
      layers.count == 3, let cusum = layers[0], let bands = layers[1], let roc = layers[2]
    else { return false }
    if let written = checkpoint["stray"], written != .null {
      var before = ExponentialMean(span: settings.span)
      guard let base = written["base"], before.restore(base), let steps = written["steps"]?.int,
        let hadAlarm = written["had_alarm"]?.bool
      else { return false }
      new.stray = Stray(base: before, steps: steps, hadAlarm: hadAlarm)
    }
    (new.value, new.base, new.deviation) = (value, base, deviation)
    new.stepEnd = checkpoint["step_end_ns"]?.int.map { MarketTime(nanoseconds: $0) }
    (new.layers.cusum, new.layers.bands, new.layers.roc) = (
      Int(cusum.signum()), Int(bands.signum()), Int(roc.signum())
    )
    self = new
    return true
  }
}
