/// The history of one figure over the last `span` of market time, as steps: each sample holds from its time until the next one.
///
/// Besides the samples inside the span it keeps the one that was in force at the span's start, so that "the last known value at or
/// before t − span" is always at hand. An observation equal to the newest sample makes no new one, it only moves `latest` on.
///
/// Bounded: an observation less than `grain` after the newest sample replaces that sample's value instead of making a new one, so
/// there are at most span ÷ grain + 2 samples.
public struct RollingWindow: Hashable, Sendable {
  /// A value (10⁻⁶ of its unit) and when it came into force.
  public struct Sample: Hashable, Sendable {
    public let time: MarketTime
    public let value: Int64
    public init(time: MarketTime, value: Int64) {
      self.time = time
      self.value = value
    }
  }

  /// What became of an observation.
  public enum Outcome: Hashable, Sendable {
    /// It opened a new sample.
    case added
    /// It equals the newest sample, or came within a grain of it and replaced its value.
    case merged
    /// It is older than the newest observation, or beyond ±10¹²: ignored.
    case ignored
  }

  public let span: Duration
  public let grain: Duration
  /// The time of the newest observation.
  public private(set) var latest: MarketTime?
  private var ring: [Sample] = []
  private var head = 0
  public private(set) var count = 0

  /// Larger values are ignored, so that no sum over the longest span can overflow.
  public static let largestValue: Int64 = 1_000_000_000_000

  /// - Precondition: 0 < span ≤ 24 h, grain ≥ 0.
  public init(span: Duration, grain: Duration = .milliseconds(50)) {
    precondition(span > .zero && span <= .seconds(86_400), "a window of more than nothing and at most a day")
    precondition(grain >= .zero, "a grain is not negative")
    self.span = span
    self.grain = grain
  }

  public var isEmpty: Bool { count == 0 }

  /// 0 is the oldest.
  public subscript(_ index: Int) -> Sample {
    precondition(index >= 0 && index < count, "no such sample")
    return ring[(head + index) % ring.count]
  }

  public var oldest: Sample? { count == 0 ? nil : self[0] }
  public var newest: Sample? { count == 0 ? nil : self[count - 1] }

  /// `latest − span`.
  public var start: MarketTime? { latest.map { $0.advanced(by: .zero - span) } }

  /// The last sample known at or before `latest − span`; `nil` while the history is shorter than that.
  public var atStart: Sample? {
    guard let start, let oldest, oldest.time <= start else { return nil }
    return oldest
  }

  /// How much of the span the history covers, at most `span`.
  public var coverage: Duration {
    guard let latest, let oldest else { return .zero }
    return min(span, latest.since(oldest.time))
  }

  /// Takes an observation. `leaving` is told of each sample that falls out and of the one that follows it.
  @discardableResult
  public mutating func add(
    _ value: Int64, at time: MarketTime, leaving: (_ gone: Sample, _ next: Sample) -> Void = { _, _ in }
  ) -> Outcome {
    guard value.magnitude <= RollingWindow.largestValue.magnitude else { return .ignored }
    if let latest, time < latest { return .ignored }
    latest = time
    var outcome = Outcome.merged
    if count == 0 {
      append(Sample(time: time, value: value))
      outcome = .added
    } else {
      let slot = (head + count - 1) % ring.count
      let newest = ring[slot]
      if newest.value != value {
        let age = time.since(newest.time)
        if age == .zero || age < grain {
          ring[slot] = Sample(time: newest.time, value: value)
        } else {
          append(Sample(time: time, value: value))
          outcome = .added
        }
      }
    }
    let start = time.advanced(by: .zero - span)
    while count > 1, self[1].time <= start {
      leaving(self[0], self[1])
      head = (head + 1) % ring.count
      count -= 1
    }
    return outcome
  }

  private mutating func append(_ sample: Sample) {
    if count == ring.count {
      var larger: [Sample] = []
      larger.reserveCapacity(max(16, count * 2))
      for index in 0..<count { larger.append(self[index]) }
      let filler = Sample(time: sample.time, value: 0)
      while larger.count < max(16, count * 2) { larger.append(filler) }
      ring = larger
      head = 0
    }
    ring[(head + count) % ring.count] = sample
    count += 1
  }

  /// Two windows are equal when they hold the same history, wherever it lies in memory.
  public static func == (a: RollingWindow, b: RollingWindow) -> Bool {
    a.span == b.span && a.grain == b.grain && a.latest == b.latest && a.count == b.count
      && (0..<a.count).allSatisfy { a[$0] == b[$0] }
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(span)
    hasher.combine(latest)
    for index in 0..<count { hasher.combine(self[index]) }
  }
}

// MARK: - Checkpoint

extension RollingWindow {
  /// `{"latest_ns":…,"samples":[t₀,v₀,Δt,Δv,…]}`: differences keep it short.
  public var checkpoint: JSON {
    var numbers: [JSON] = []
    var time: Int64 = 0
    var value: Int64 = 0
    for index in 0..<count {
      let sample = self[index]
      numbers.append(.int(sample.time.nanoseconds - time))
      numbers.append(.int(sample.value - value))
      time = sample.time.nanoseconds
      value = sample.value
    }
    return ["latest_ns": .optional(latest.map { .int($0.nanoseconds) }), "samples": .array(numbers)]
  }

  /// The observations that rebuild the history of a checkpoint, oldest first; `nil` when it is damaged.
  public static func observations(_ checkpoint: JSON) -> [Sample]? {
    guard let numbers = checkpoint["samples"]?.array, numbers.count % 2 == 0 else { return nil }
    var samples: [Sample] = []
    var time: Int64 = 0
    var value: Int64 = 0
    for index in stride(from: 0, to: numbers.count, by: 2) {
      guard let step = numbers[index].int, let change = numbers[index + 1].int else { return nil }
      let (newTime, timeOverflow) = time.addingReportingOverflow(step)
      let (newValue, valueOverflow) = value.addingReportingOverflow(change)
      guard !timeOverflow, !valueOverflow, index == 0 || step > 0 else { return nil }
      time = newTime
      value = newValue
      samples.append(Sample(time: MarketTime(nanoseconds: time), value: value))
    }
    if let last = samples.last, let latest = checkpoint["latest_ns"]?.int, latest > last.time.nanoseconds {
      samples.append(Sample(time: MarketTime(nanoseconds: latest), value: last.value))
    }
    return samples
  }
}
