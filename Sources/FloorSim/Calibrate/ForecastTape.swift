import Shared

/// Asks all forecasters at fixed times before each window's close, on a recorded day, and afterwards tells how the windows ended. At each
/// moment only what was received until then is known (a test cuts the recording there). Not thread-safe.
///
/// Feed frames with `take`, in the order of their receipt, and ask for `finish` once.
public struct ForecastTape: Sendable {
  /// What was said at one moment; the result is not known yet.
  public struct Moment: Hashable, Sendable {
    public let closes: Int64
    public let left: Int64
    /// Seconds since 1970.
    public let now: Int64
    public internal(set) var said: WindowForecasts
  }

  /// How a window's end is known.
  public enum Label: String, Hashable, Sendable, CaseIterable {
    /// The venue said so in the recording, or a table that was handed in.
    case told
    /// Recomputed from the settling series.
    case recomputed
    /// Recomputed from means that were themselves reconstructed: what the rule would have made of this day.
    case reconstructed
  }

  public let plan: ForecastPlan
  /// Frames, or parts of them, that could not be read.
  public var unreadable: Int { unreadableReferences + tape.coverage.unreadable }
  public private(set) var frames = 0
  public private(set) var ticks = 0
  /// Everybody's words in their order.
  public private(set) var moments: [Moment] = []

  private var unreadableReferences = 0
  private var tape: RecordedTape
  private var events: [TapeEvent] = []
  private var feed = SingleFeed()
  private var singles = ReferenceSeries()
  private var means = ReferenceSeries()
  private var hasMeans = false
  private var updates: [MarketSlug: MarketUpdate] = [:]
  private var told: [MarketSlug: Price] = [:]
  /// The next whole second to be looked at.
  private var next: Int64?
  /// Moments asked for one by one, the next last; `nil`: the plan's own.
  private var quotes: [QuoteMoment]?

  /// Time without a frame that is jumped: nobody has anything to say in it.
  private static let idle: Int64 = 7 * 86_400

  /// - Parameters:
  ///   - terms: what the recording does not tell of its markets.
  ///   - quotes: instead of the plan's moments; each brings its market's middle and, where it has one, its result.
  public init(_ plan: ForecastPlan, terms: TapeTerms, quotes: [QuoteMoment]? = nil) {
    self.plan = plan
    var terms = terms
    terms.settlementTWAP = plan.lookback.map { Int($0) }
    terms.results = [:]
    tape = RecordedTape(terms: terms)
    self.quotes = quotes?.sorted { ($0.now, $0.closes) > ($1.now, $1.closes) }
    for quote in quotes ?? [] {
      guard let slug = plan.slug(closes: quote.closes), let cameUp = quote.cameUp else { continue }
      told[slug] = cameUp ? .one : .zero
    }
  }

  // MARK: Frames

  public mutating func take(_ frame: RecordedFrame) {
    let time = tape.time(of: frame)
    advance(to: time)
    frames += 1
    switch frame.stream {
    case "reference":
      let read = StreamFrame<ReferenceTick>(reference: frame.frame)
      unreadableReferences += read.malformed
      take(read.events, at: time)
    case "polybolt":
      switch PolyBoltFrame(frame.frame) {
      case .prices(_, _, _, let ticks): take(ticks, at: time)
      case .malformed: unreadableReferences += 1
      default: break
      }
    default:
      tape.take(frame, at: time, &events)
      hear()
    }
  }

  private mutating func take(_ read: [ReferenceTick], at time: MarketTime) {
    for tick in read where tick.plainSymbol == plan.series.symbol {
      ticks += 1
      let second = tick.observedAt.seconds
      switch tick.series {
      case .oracleSpot:
        singles.put(tick.value, at: second, received: time.nanoseconds)
        feed.put(tick.value, at: second)
      case .oracleTWAP(let seconds) where plan.lookback == Int64(seconds):
        hasMeans = true
        means.put(tick.value, at: second, received: time.nanoseconds)
      case .oracleTWAP, .exchangeSpot, .publisherSpot: break
      }
    }
  }

  private mutating func hear() {
    for event in events {
      switch event {
      case .market(let update): updates[update.slug] = update
      case .settled(let slug, let payout, .told): told[slug] = payout
      case .settled, .unprovable, .reference, .trade: break
      }
    }
    events.removeAll(keepingCapacity: true)
  }

  /// All whole seconds before this time: what is stamped at one of them was received by then.
  private mutating func advance(to time: MarketTime) {
    let whole = time.seconds + (time.nanoseconds % 1_000_000_000 == 0 ? 0 : 1)
    guard var second = next else {
      next = whole
      return
    }
    if whole - second > ForecastTape.idle { second = whole }
    while second < whole {
      look(at: second)
      second += 1
    }
    next = second
  }

  private mutating func look(at second: Int64) {
    if quotes != nil {
      while let quote = quotes?.last, quote.now <= second {
        quotes?.removeLast()
        guard quote.now == second else { continue }
        ask(closes: quote.closes, left: quote.group, now: second, quote: quote.mid)
      }
      return
    }
    for left in plan.before where (second + left) % plan.every == 0 {
      ask(closes: second + left, left: left, now: second, quote: nil)
    }
  }

  // MARK: Asking

  private mutating func ask(closes: Int64, left: Int64, now: Int64, quote: Double?) {
    let opens = closes - plan.series.length.seconds
    var strikes = WindowForecasts.Strikes()
    strikes.single = singles.first(from: opens, within: UpDownSettlement.patience).map { Double($0.value.attos) / 1e18 }
    if let lookback = plan.lookback {
      strikes.mean =
        hasMeans
        ? means.first(from: opens, within: UpDownSettlement.patience).map { Double($0.value.attos) / 1e18 }
        : ReconstructedMean(singles, at: opens, window: lookback, endLag: plan.endLag, trust: plan.trust)?.dollars
    }
    var said = WindowForecasts(feed, strikes, closes: closes, now: now, plan)
    if let mid = quote ?? mid(closes: closes, now: now) { said.forecasts[.marketMid] = mid }
    moments.append(Moment(closes: closes, left: left, now: now, said: said))
  }

  /// Of the window's own market, while its book is live.
  private mutating func mid(closes: Int64, now: Int64) -> Double? {
    guard let slug = plan.slug(closes: closes), updates[slug] != nil else { return nil }
    tape.tick(at: MarketTime(seconds: now), &events)
    hear()
    guard let update = updates[slug], update.state == .live else { return nil }
    let bid = update.yes.bestBid?.price ?? update.no.bestAsk?.price.complement
    let ask = update.yes.bestAsk?.price ?? update.no.bestBid?.price.complement
    guard bid != nil || ask != nil else { return nil }
    return Forecaster.mid(bid: bid, ask: ask)
  }

  // MARK: The end

  /// Every moment of which somebody said something and whose window's end is known.
  public mutating func finish() -> ForecastSamples {
    if let next { look(at: next) }
    var samples: [ForecastSample] = []
    var labels: [Label: Int] = [:]
    var silences: [WindowForecasts.Silence: Int] = [:]
    var unprovable = 0
    var broken = 0
    var ends: [Int64: (outcome: Outcome, label: Label)?] = [:]
    for moment in moments {
      if let silence = moment.said.silence { silences[silence, default: 0] += 1 }
      guard !moment.said.forecasts.isEmpty else { continue }
      let known = ends[moment.closes] ?? end(closes: moment.closes)
      ends[moment.closes] = known
      guard let (outcome, label) = known else {
        unprovable += 1
        continue
      }
      if label == .reconstructed, let lookback = plan.lookback,
        !singles.isUnbroken(from: moment.now - lookback, to: moment.closes, gapMax: plan.trust.gapMax)
      {
        broken += 1
        continue
      }
      labels[label, default: 0] += 1
      samples.append(
        ForecastSample(
          cluster: plan.cluster(closes: moment.closes), closes: moment.closes, left: moment.left,
          forecasts: moment.said.forecasts, cameUp: outcome == .yes))
    }
    return ForecastSamples(
      samples: samples, asked: moments.count, labels: labels, silences: silences, unprovable: unprovable, broken: broken
    )
  }

  /// The best word there is on a window's end.
  private func end(closes: Int64) -> (outcome: Outcome, label: Label)? {
    if let slug = plan.slug(closes: closes), let payout = told[slug] ?? plan.results[slug] {
      return payout == .one ? (.yes, .told) : payout == .zero ? (.no, .told) : nil
    }
    let opens = closes - plan.series.length.seconds
    guard let lookback = plan.lookback else {
      return UpDownSettlement.verdict(opens: opens, closes: closes, series: singles).outcome.map { ($0, .recomputed) }
    }
    if hasMeans {
      return UpDownSettlement.verdict(opens: opens, closes: closes, series: means).outcome.map { ($0, .recomputed) }
    }
    func mean(_ second: Int64) -> ReconstructedMean? {
      ReconstructedMean(singles, at: second, window: lookback, endLag: plan.endLag, trust: plan.trust)
    }
    guard let opening = mean(opens), let closing = mean(closes) else { return nil }
    return (ReconstructedMean.outcome(opening: opening, closing: closing), .reconstructed)
  }
}

/// Samples, and what was left out on the way to them.
public struct ForecastSamples: Hashable, Sendable {
  public let samples: [ForecastSample]
  /// Moments at which forecasters were asked.
  public let asked: Int
  public let labels: [ForecastTape.Label: Int]
  /// Moments at which the trading model said nothing, by its reason. Others may have spoken.
  public let silences: [WindowForecasts.Silence: Int]
  /// Moments whose window's end nobody knows.
  public let unprovable: Int
  /// Moments left out because the stream has a gap between the look-back before them and the close: a reconstructed end is not trusted over it.
  public let broken: Int
}
