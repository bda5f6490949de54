/// How much we may ask of the venue: at most half of what it allows, in every class of request, for the floor as a whole (the feed and the
/// gateway share what both ask for). What takes risk out has a budget of its own, which nothing else can use up. A 429 closes its class for
/// as long as the venue says, or for a growing, jittered time, and makes the class dearer until it has been quiet. Pure: time comes in.
public struct VenueBudget: Sendable {
  /// After so long without a 429 a class gets half of its rate back.
  static let recovery: Duration = .seconds(30)
  /// Each 429 halves the rate, so often at most.
  static let stepsMost = 3
  /// However long the venue asks to wait.
  static let waitMost: Duration = .seconds(3600)

  private struct Line: Sendable {
    var closedUntil = MonotonicTime(nanoseconds: .min)
    var steps = 0
    var changedAt = MonotonicTime(nanoseconds: .min)
    var backoff: Backoff
  }

  private var endpoints: [VenueEndpoint: [TokenBucket]] = [:]
  private var groups: [VenueLimits.Group: TokenBucket] = [:]
  private var orders: TokenBucket
  private var cancels: TokenBucket
  private var lines: [VenueEndpoint: Line] = [:]
  private let seed: UInt64

  /// - Parameters:
  ///   - ordersPerSecond: what the venue's tier of the wallet allows (section 2.16; Standard 40); twice as many cancels. ≥ 2.
  ///   - seed: for the jitter.
  public init(ordersPerSecond: Int64, seed: UInt64) {
    precondition(ordersPerSecond >= 2, "half of a tier is at least one order a second")
    self.seed = seed
    // The tier's burst is half as much again as its rate.
    orders = TokenBucket(perSecond: ordersPerSecond / 2, burst: max(1, ordersPerSecond * 3 / 4))
    cancels = TokenBucket(perSecond: ordersPerSecond, burst: max(1, ordersPerSecond * 3 / 2))
    for group in VenueLimits.Group.allCases {
      groups[group] = Self.bucket(group.limit.tenSeconds, in: .seconds(10), isShared: group.isShared)
    }
    for endpoint in VenueEndpoint.allCases {
      guard let limit = VenueLimits.limit(endpoint) else { continue }
      let isShared = VenueLimits.isShared(endpoint)
      var buckets = [Self.bucket(limit.tenSeconds, in: .seconds(10), isShared: isShared)]
      if let long = limit.tenMinutes { buckets.append(Self.bucket(long, in: .seconds(600), isShared: isShared)) }
      endpoints[endpoint] = buckets
    }
  }

  private static func bucket(_ limit: Int64, in window: Duration, isShared: Bool) -> TokenBucket {
    TokenBucket(most: limit / (isShared ? 4 : 2), in: window, burstMax: .max)
  }

  /// Counts one request if it may go now, and answers zero; otherwise counts nothing and answers how long it has to wait at least.
  public mutating func admit(_ endpoint: VenueEndpoint, _ now: MonotonicTime) -> Duration {
    let line = lines[endpoint]
    if let line, now < line.closedUntil { return line.closedUntil.since(now) }
    let cost = Int64(1) << (line?.steps ?? 0)
    var wait = Duration.zero
    for bucket in endpoints[endpoint] ?? [] { wait = max(wait, bucket.wait(now, tokens: cost)) }
    for group in VenueLimits.groups(endpoint) { wait = max(wait, groups[group]!.wait(now)) }
    if endpoint.places { wait = max(wait, orders.wait(now, tokens: cost)) }
    if endpoint.isCancel { wait = max(wait, cancels.wait(now, tokens: cost)) }
    guard wait == .zero else { return wait }
    for index in (endpoints[endpoint] ?? []).indices { _ = endpoints[endpoint]![index].take(now, tokens: cost) }
    for group in VenueLimits.groups(endpoint) { _ = groups[group]!.take(now) }
    if endpoint.places { _ = orders.take(now, tokens: cost) }
    if endpoint.isCancel { _ = cancels.take(now, tokens: cost) }
    return .zero
  }

  /// The venue answered 429.
  /// - Parameter retryAfter: as it said.
  public mutating func refused(_ endpoint: VenueEndpoint, retryAfter: Duration?, _ now: MonotonicTime) {
    var line =
      lines[endpoint]
      ?? Line(backoff: Backoff(base: .milliseconds(200), cap: .seconds(10), seed: seed &+ UInt64(lines.count)))
    let jittered = line.backoff.next()
    let until = now.advanced(by: min(retryAfter ?? jittered, Self.waitMost))
    line.closedUntil = max(line.closedUntil, until)
    line.steps = min(line.steps + 1, Self.stepsMost)
    line.changedAt = line.closedUntil
    lines[endpoint] = line
  }

  /// The venue answered anything else.
  public mutating func taken(_ endpoint: VenueEndpoint, _ now: MonotonicTime) {
    guard var line = lines[endpoint], now >= line.closedUntil else { return }
    line.backoff.succeed()
    if now.since(line.changedAt) >= Self.recovery {
      line.steps -= 1
      line.changedAt = now
    }
    lines[endpoint] = line.steps > 0 ? line : nil
  }
}

extension VenueEndpoint {
  var isCancel: Bool { isUrgent && self != .heartbeat }
}
