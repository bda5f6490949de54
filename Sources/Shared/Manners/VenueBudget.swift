/// How much we may ask of the venue: at most half of what it allows, in every class of request, for the floor as a whole (the feed and the
/// gateway share what both ask for). What takes risk out has a budget of its own, which nothing else can use up. A 429 closes its class for
/// as long as the venue says, or for a growing, jittered time, and makes the class dearer until it has been quiet. What the venue's answers
/// say of the signer's tier and buckets is believed. Pure: time comes in.
public struct VenueBudget: Sendable {
  /// What somebody should hear of the venue's word about our signer.
  public enum Notice: Hashable, Sendable {
    /// It allows what another tier than the one thought of allows.
    case tier(VenueTier)
    /// It names a tier that we do not know; we do as under its lowest. Said when the word is new, not with each answer.
    case strangeTier(String)
    /// It warned of our rate, or a bucket of the signer runs low: we ask at half the rate of before.
    case slower(cancels: Bool)
  }

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
  private var orders: SignerBudget
  private var cancels: SignerBudget
  /// The tier's word, as it was told last.
  private var tier: String?
  private var lines: [VenueEndpoint: Line] = [:]
  private let seed: UInt64
  /// Only what the venue refuses counts.
  private let isUnlimited: Bool

  /// - Parameters:
  ///   - ordersPerSecond: what the venue's tier of the wallet is thought to allow (section 2.16; Standard 40) until an answer names the
  ///     tier; twice as many cancels. ≥ 2.
  ///   - seed: for the jitter.
  ///   - isUnlimited: asks as often as it likes, until a 429 comes: for a venue of one's own.
  public init(ordersPerSecond: Int64, seed: UInt64, isUnlimited: Bool = false) {
    precondition(ordersPerSecond >= 2, "half of a tier is at least one order a second")
    self.seed = seed
    self.isUnlimited = isUnlimited
    orders = SignerBudget(perSecond: ordersPerSecond)
    cancels = SignerBudget(perSecond: ordersPerSecond * 2)
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
  /// - Parameter items: of a request that places or cancels many orders, how many: the signer's buckets count each.
  public mutating func admit(_ endpoint: VenueEndpoint, items: Int = 1, _ now: MonotonicTime) -> Duration {
    let line = lines[endpoint]
    if let line, now < line.closedUntil { return line.closedUntil.since(now) }
    if isUnlimited { return .zero }
    let cost = Int64(1) << (line?.steps ?? 0)
    var wait = Duration.zero
    for bucket in endpoints[endpoint] ?? [] { wait = max(wait, bucket.wait(now, tokens: cost)) }
    for group in VenueLimits.groups(endpoint) { wait = max(wait, groups[group]!.wait(now)) }
    let tokens = Int64(items) * cost
    if endpoint.places { wait = max(wait, orders.wait(now, tokens: tokens)) }
    if endpoint.isCancel { wait = max(wait, cancels.wait(now, tokens: tokens)) }
    guard wait == .zero else { return wait }
    for index in (endpoints[endpoint] ?? []).indices { _ = endpoints[endpoint]![index].take(now, tokens: cost) }
    for group in VenueLimits.groups(endpoint) { _ = groups[group]!.take(now) }
    if endpoint.places { orders.take(now, tokens: tokens) }
    if endpoint.isCancel { cancels.take(now, tokens: tokens) }
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

  /// What the venue said of our signer in an answer, whatever its status.
  /// - Parameter venue: the venue's wall clock now, as far as we know it.
  /// - Returns: what somebody should hear of it.
  public mutating func heard(
    _ standing: SignerStanding, after endpoint: VenueEndpoint, _ now: MonotonicTime, venue: WallTime
  ) -> [Notice] {
    guard endpoint.isOfSigner else { return [] }
    var notices: [Notice] = []
    if let word = standing.tier, word != tier {
      tier = word
      let known = VenueTier(header: word)
      if let known {
        if known.ordersPerSecond != orders.perSecond { notices.append(.tier(known)) }
      } else {
        notices.append(.strangeTier(word))
      }
      let rate = (known ?? .standard).ordersPerSecond
      orders.allow(perSecond: rate, now)
      cancels.allow(perSecond: rate * 2, now)
    }
    let wait = standing.reset?.since(venue)
    let isSlower =
      endpoint.places
      ? orders.hear(remaining: standing.remaining, wait: wait, isWarned: standing.isWarned, now)
      : cancels.hear(remaining: standing.remaining, wait: wait, isWarned: standing.isWarned, now)
    if isSlower { notices.append(.slower(cancels: endpoint.isCancel)) }
    return notices
  }
}

extension VenueEndpoint {
  /// Is it counted in one of the signer's buckets?
  public var isOfSigner: Bool { places || isCancel }

  var isCancel: Bool { isUrgent && self != .heartbeat }
}
