/// What can be said of a window at one moment: settlement, strike, expected value, probability, and all that stands against an entry. Made
/// from the feeds and the market alone; `evidence` keeps every figure (N-19).
public struct HammerAssessment: Sendable {
  public private(set) var gate = HammerGate()
  /// P(Up) by the model in force; `nil` while something it needs is missing.
  public private(set) var probability: Double?
  /// P(Up) with the exchange's newest price.
  public private(set) var hinted: Double?
  public private(set) var mode = FeedRoles.Mode.blind
  public private(set) var isWatchArmed = false
  private var model = HammerParameters.Model.tailedTwap
  private var strike: StrikeWatch.Strike?
  private var kind: ReferenceKind?
  private var average: WindowAverage?
  private var deviation: Double?
  private var distance: Double?
  /// Relative, of the canonical price moved by the exchange's changes from the canonical price itself.
  private var divergence: Double?
  private let market: MarketUpdate
  private let feeds: HammerFeeds?
  private let parameters: HammerParameters

  /// - Parameter midChange: of the mid within two seconds, dollars per share.
  public init(
    _ market: MarketUpdate, feeds: HammerFeeds?, midChange: Double, _ parameters: HammerParameters, now: MarketTime
  ) {
    self.market = market
    self.feeds = feeds
    self.parameters = parameters
    gate.acceptingOrders = market.state == .live || market.state == .stale
    gate.bookAge = market.state == .live ? HammerAssessment.seconds(now.since(market.envelope.time)) : .infinity
    gate.midChange = midChange
    gate.feesEnabled = !parameters.feeFreeAllowed
    gate.feeRate = Double(market.fee.rateMicros) / 1e6
    gate.hintRequired = parameters.hintRequired
    gate.zMin = parameters.zMin
    gate.distanceMin = 1
    guard let closes = market.endsAt, let opens = market.startsAt else { return }
    gate.secondsLeft = HammerAssessment.seconds(closes.since(now))
    settle(opens: opens.seconds)
    guard let feeds else { return }
    let hintAge = HammerFeeds.age(feeds.exchange.newest, at: now)
    let age = HammerFeeds.age(feeds.canonical.newest, at: now)
    gate.feedAge = age ?? .infinity
    gate.hintAge = hintAge
    mode = FeedRoles.mode(
      canonicalAge: age, hintAge: hintAge, canonicalAgeMax: parameters.limits.feedAgeMax,
      hintAgeMax: parameters.limits.hintAgeMax, fallback: parameters.fallback)
    isWatchArmed = feeds.armedUntil.map { now <= MarketTime(seconds: $0) } ?? false
    gate.tenSecondReturn = feeds.canonical.change(over: 10) ?? 0
    estimate(feeds, closes: closes.seconds)
  }

  private static func seconds(_ duration: Duration) -> Double { Double(duration.nanoseconds) / 1e9 }

  /// The rule, as the market itself says, and the strike as its series said at the opening.
  private mutating func settle(opens: Int64) {
    guard let settlement = market.settlement, settlement.symbol == market.series?.symbol,
      let kind = FeedRoles.settling(settlement)
    else { return }
    self.kind = kind
    gate.settlementKnown = true
    model =
      switch (parameters.model, settlement.twapSeconds) {
      case (.tailedTwap, nil): .tailedSpot
      case (.normalTwap, nil): .normalSpot
      default: parameters.model
      }
    strike = feeds?.strike(of: kind, at: opens)
    gate.hasStrike = strike != nil
    gate.strikeSource = strike?.source ?? .none
  }

  private mutating func estimate(_ feeds: HammerFeeds, closes: Int64) {
    guard kind != nil, let newest = feeds.canonical.newest, let last = feeds.canonical.last else { return }
    let usesSeed = model == .normalSpot || model == .normalTwap
    gate.sigma = usesSeed ? SeedVolatility.sigma(feeds.canonical) : feeds.volatility.sigma
    if let window = market.settlement?.twapSeconds {
      average = WindowAverage(feeds.canonical, close: closes, window: Int64(window), endLag: parameters.endLag)
      gate.gapMax = average.map { Double($0.gaps.max() ?? 0) } ?? .infinity
      gate.missing = average.map { Double($0.missing) } ?? .infinity
    } else {
      gate.gapMax = 0
      gate.missing = 0
    }
    // Only the tailed model of means has a use for the exchange's price.
    if model != .tailedTwap { gate.hintRequired = false }
    guard let strike, let sigma = gate.sigma else { return }
    let beat = HammerFeeds.dollars(strike.value)
    switch model {
    case .tailedTwap:
      guard let average else { return }
      let tail = parameters.tail
      measure(
        average.expected - beat, last: last,
        UpProbability.deviation(
          last: last, sigma: sigma, variance: average.variance + average.bridgeVariance, tail))
      probability = tailed(tail)
      hint(feeds, closes: closes, beat: beat, sigma: sigma, open: average.unknown)
    case .tailedSpot:
      let variance = Double(max(1, closes - newest))
      measure(
        last - beat, last: last,
        UpProbability.deviation(last: last, sigma: sigma, variance: variance, .spot))
      probability = tailed(.spot)
    case .normalTwap:
      guard let average else { return }
      measure(average.expected - beat, last: last, last * sigma * average.variance.squareRoot())
      probability = UpProbability.normalTwap(
        distance: average.expected - beat, last: last, sigma: sigma, variance: average.variance)
    case .normalSpot:
      measure(last - beat, last: last, last * sigma * Double(max(1, closes - newest)).squareRoot())
      probability = UpProbability.normalSpot(last: last, strike: beat, sigma: sigma, seconds: closes - newest)
    }
  }

  private func tailed(_ tail: UpProbability.Tail) -> Double? {
    guard let distance, let deviation else { return nil }
    guard deviation > 0 else { return distance >= 0 ? 1 - tail.doubt : tail.doubt }
    return UpProbability.tailed(distance: distance, deviation: deviation, tail)
  }

  /// Distance in dollars, and against each of the least ones asked for: the gate's is the smallest quotient, which has to exceed 1.
  private mutating func measure(_ distance: Double, last: Double, _ deviation: Double) {
    self.distance = distance
    self.deviation = deviation
    let far = abs(distance)
    gate.z = deviation > 0 ? distance / deviation : (distance < 0 ? -.infinity : .infinity)
    let least = parameters.distanceMin
    var quotient = Double.infinity
    if least.usd > 0 { quotient = min(quotient, far / least.usd) }
    if least.basisPoints > 0 { quotient = min(quotient, far / last * 1e4 / least.basisPoints) }
    if least.deviations > 0 { quotient = min(quotient, abs(gate.z) / least.deviations) }
    gate.distance = quotient
  }

  private mutating func hint(
    _ feeds: HammerFeeds, closes: Int64, beat: Double, sigma: Double, open: Int64
  ) {
    guard let window = market.settlement?.twapSeconds, let last = feeds.canonical.last,
      let hint = SpotHint(canonical: feeds.canonical, exchange: feeds.exchange),
      let moved = WindowAverage(
        feeds.canonical, close: closes, window: Int64(window), endLag: parameters.endLag,
        hint: (hint.value, hint.second))
    else {
      // A price from which nothing follows is none.
      gate.hintAge = nil
      return
    }
    divergence = abs(hint.value / last - 1)
    let spread = SpotHint.deviation(
      last: last, sigma: sigma, variance: moved.variance, open: open, window: Int64(window), parameters.tail)
    hinted =
      spread > 0
      ? UpProbability.tailed(distance: moved.expected - beat, deviation: spread, parameters.tail) : probability
  }

  /// The first thing that stands against an entry: the model's own order, with the outage's runbook in place of a stale feed.
  public var refusal: RefusalReason? {
    var gate = gate
    if mode == .fallback {
      // In the fallback the exchange's price is all there is: it is needed whatever the settings say.
      if parameters.fallbackOrders {
        gate.feedAge = 0
        gate.hintRequired = true
      }
    }
    let first = gate.refusals(parameters.limits).first
    if first == .feedStale, mode == .fallback { return .fallbackActive }
    if let first { return first }
    if mode == .fallback, divergence.map({ $0 > parameters.fallbackDivergenceMax }) ?? true {
      return .fallbackDiverged
    }
    if parameters.driftCheck, market.settlement?.twapSeconds != nil, feeds?.drift.hasDrifted ?? false {
      return .recipeDrift
    }
    return parameters.watchRequired && !isWatchArmed ? .watchNotArmed : nil
  }

  /// How far the settlement source is to be trusted at this moment.
  private var confidence: String {
    if mode != .canonical { return "reduced" }
    guard strike?.source == .stream, average.map({ $0.missing == 0 }) ?? true else { return "good" }
    return "full"
  }

  /// Every figure behind the decision.
  public var evidence: JSON {
    func number(_ value: Double?) -> JSON { value.map { JSON.double($0) } ?? .null }
    func whole(_ value: Int64?) -> JSON { .optional(value.map { .int($0) }) }
    return [
      "model": .string(model.rawValue), "p_up": number(probability), "p_up_hint": number(hinted),
      "settlement": .optional(kind.map { .string($0.rawValue) }),
      "window_s": .optional(market.settlement?.twapSeconds.map { .int($0) }), "end_lag_s": .int(parameters.endLag),
      "strike": .optional(strike.map { .string($0.value.description) }),
      "strike_source": .string(gate.strikeSource.rawValue),
      "strike_delay_ms": whole(strike?.delay.milliseconds), "confidence": .string(confidence),
      "feed": .string(mode.rawValue), "reduced_trading_confidence": .bool(mode != .canonical),
      "newest_s": whole(feeds?.canonical.newest), "last": number(feeds?.canonical.last),
      "missing_s": whole(average?.missing), "gap_max_s": whole(average.map { $0.gaps.max() ?? 0 }),
      "open_s": whole(average?.unknown), "expected": number(average?.expected), "distance_usd": number(distance),
      "deviation_usd": number(deviation), "z_sigma": number(deviation == nil ? nil : gate.z),
      "sigma": number(gate.sigma), "left_ms": .int(Int64(gate.secondsLeft * 1000)),
      "feed_age_ms": HammerAssessment.milliseconds(gate.feedAge),
      "hint_age_ms": gate.hintAge.map { HammerAssessment.milliseconds($0) } ?? .null,
      "book_age_ms": HammerAssessment.milliseconds(gate.bookAge), "mid_change_points": .double(gate.midChange),
      "divergence": number(divergence), "drift": number(feeds?.drift.median), "watch_armed": .bool(isWatchArmed),
    ]
  }

  private static func milliseconds(_ seconds: Double) -> JSON {
    seconds.isFinite ? .int(Int64(seconds * 1000)) : .null
  }
}
