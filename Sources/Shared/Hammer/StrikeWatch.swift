/// Watches a settling series for the values at the boundaries of windows: each is the close of one window and the strike of the next
/// (hammer-model 1). A boundary whose second has no tick takes the first tick after it, when that came within `UpDownSettlement.patience`.
public struct StrikeWatch: Hashable, Sendable {
  public struct Strike: Hashable, Sendable {
    /// Seconds since 1970.
    public let boundary: Int64
    public let value: ReferenceValue
    public let source: StrikeSource
    /// How long after the boundary the tick is stamped; 0 for `stream`.
    public let delay: Duration
  }

  /// Windows begin on multiples of this many seconds: the shortest series' length, of which the others are multiples.
  public static let grid: Int64 = 300
  /// Boundaries remembered: more than the longest window has.
  static let kept = 64

  private var newest: MarketTime?
  private var strikes: [Strike] = []

  public init() {}

  /// Takes a tick newer than all before it; others are ignored.
  public mutating func put(_ value: ReferenceValue, at time: MarketTime) {
    defer { newest = max(newest ?? time, time) }
    if let newest, time <= newest { return }
    let boundary = time.seconds - ((time.seconds % StrikeWatch.grid) + StrikeWatch.grid) % StrikeWatch.grid
    let at = MarketTime(seconds: boundary)
    let delay = time.since(at)
    if delay > .zero {
      // Without a tick shortly before it cannot be known that this is the first one after the boundary: we may not have listened.
      guard let newest, newest < at, at.since(newest) <= .seconds(UpDownSettlement.patience),
        delay <= .seconds(UpDownSettlement.patience)
      else { return }
    }
    if strikes.count == StrikeWatch.kept { strikes.removeFirst() }
    strikes.append(
      Strike(boundary: boundary, value: value, source: delay == .zero ? .stream : .streamNext, delay: delay))
  }

  /// The value at a boundary, seconds since 1970; `nil` when it was not observed.
  public func strike(at boundary: Int64) -> Strike? { strikes.last { $0.boundary == boundary } }
}

extension StrikeWatch {
  var checkpoint: JSON {
    [
      "newest_ns": .optional(newest.map { .int($0.nanoseconds) }),
      "strikes": .array(
        strikes.map {
          [
            "boundary_s": .int($0.boundary), "value": .string($0.value.description),
            "source": .string($0.source.rawValue), "delay_ns": .int($0.delay.nanoseconds),
          ]
        }),
    ]
  }

  init(checkpoint: JSON) throws(MessageError) {
    let fields = try MessageFields(checkpoint, prefix: "strikes")
    newest = try fields.optional("newest_ns") { $0.int.map { MarketTime(nanoseconds: $0) } }
    for item in try fields.value("strikes").array ?? [] {
      let entry = try MessageFields(item, prefix: "strikes")
      guard let value = ReferenceValue(parsing: try entry.string("value")) else { throw entry.invalid("value") }
      strikes.append(
        Strike(
          boundary: try entry.int("boundary_s"), value: value, source: try entry.word("source"),
          delay: .nanoseconds(try entry.int("delay_ns"))))
    }
    guard strikes.count <= StrikeWatch.kept else { throw fields.invalid("strikes") }
  }
}
