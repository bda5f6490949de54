/// What is in a recording: streams, events, markets, times and gaps. Fed frame by frame.
public struct RecordingSummary: Sendable {
  /// A stretch in which a stream was silent.
  public struct Gap: Hashable, Sendable {
    public let from: WallTime
    public let to: WallTime
    public var length: Duration { to.since(from) }
  }

  public struct Stream: Hashable, Sendable {
    public fileprivate(set) var frames = 0
    /// Of the frames themselves.
    public fileprivate(set) var bytes = 0
    public fileprivate(set) var first: WallTime
    public fileprivate(set) var last: WallTime
    public fileprivate(set) var gaps: [Gap] = []
    /// How often each kind of event came: the market channel's event types, the reference stream's topics, the feed's marks.
    public fileprivate(set) var events: [String: Int] = [:]
  }

  public struct Followed: Hashable, Sendable {
    public let slug: MarketSlug
    public let condition: ConditionID
    public let yes: TokenID
    public let no: TokenID
  }

  public private(set) var streams: [String: Stream] = [:]
  /// Markets in the order in which they were first followed.
  public private(set) var markets: [Followed] = []
  /// The last market clock that was noted; `nil` when none was.
  public private(set) var clock: MarketClock?
  /// The venue's own earliest and latest stamp on the market channel.
  public private(set) var firstStamp: MarketTime?
  public private(set) var lastStamp: MarketTime?

  private let shortestGap: Duration
  private let readsEvents: Bool

  /// - Parameters:
  ///   - gapAfter: silence of a stream that counts as a gap.
  ///   - readsEvents: look into every frame; without it only the feed's marks are read, which is much quicker.
  public init(gapAfter: Duration = .seconds(10), readsEvents: Bool) {
    shortestGap = gapAfter
    self.readsEvents = readsEvents
  }

  public var frames: Int { streams.values.reduce(0) { $0 + $1.frames } }
  public var first: WallTime? { streams.values.map(\.first).min() }
  public var last: WallTime? { streams.values.map(\.last).max() }
  public var span: Duration? { first.flatMap { first in last?.since(first) } }
  /// Of the venue's streams; the feed's own marks come when there is something to note.
  public var gaps: Int { streams.reduce(0) { $0 + ($1.key == FeedMark.stream ? 0 : $1.value.gaps.count) } }

  public mutating func take(_ frame: RecordedFrame) {
    let time = frame.receivedAt
    var stream = streams[frame.stream] ?? Stream(first: time, last: time)
    if time.since(stream.last) >= shortestGap { stream.gaps.append(Gap(from: stream.last, to: time)) }
    stream.frames += 1
    stream.bytes += frame.frame.count
    stream.first = min(stream.first, time)
    stream.last = max(stream.last, time)
    if readsEvents || frame.stream == FeedMark.stream { note(frame, &stream) }
    streams[frame.stream] = stream
  }

  private mutating func note(_ frame: RecordedFrame, _ stream: inout Stream) {
    let json: JSON
    do {
      json = try JSON.parse(frame.frame, limits: JSONLimits(bytes: 64 << 20))
    } catch {
      stream.events["(no JSON)", default: 0] += 1
      return
    }
    for event in json.array ?? [json] {
      stream.events[Self.kind(of: event, in: frame.stream) ?? "(other)", default: 0] += 1
      if frame.stream == FeedMark.stream { take(FeedMark(event)) }
      guard frame.stream == "market", let stamp = event["timestamp"]?.int.flatMap(MarketTime.init(venueMilliseconds:))
      else { continue }
      firstStamp = min(firstStamp ?? stamp, stamp)
      lastStamp = max(lastStamp ?? stamp, stamp)
    }
  }

  private static func kind(of event: JSON, in stream: String) -> String? {
    switch stream {
    case "reference": event["topic"]?.string
    case "polybolt": event["op"]?.string ?? event["channel"]?.string
    case FeedMark.stream: event["event"]?.string
    default: event["event_type"]?.string
    }
  }

  private mutating func take(_ mark: FeedMark?) {
    switch mark {
    case .clock(let new): clock = new
    case .following(let slug, let condition, let yes, let no, _):
      follow(Followed(slug: slug, condition: condition, yes: yes, no: no))
    case .standing(let market):
      follow(Followed(slug: market.slug, condition: market.condition, yes: market.yes, no: market.no))
    case .opened, .lost, .dropped, .witness, .voided, .published, nil: break
    }
  }

  private mutating func follow(_ market: Followed) {
    if !markets.contains(market) { markets.append(market) }
  }
}
