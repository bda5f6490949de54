/// Buys the favourite of an up/down window in its last seconds, where the settling mean is already mostly fixed, fill-or-kill and held to
/// settlement (S3; the hammer model document). The mathematics is in `Hammer`; here is only what a market's events do to it.
///
/// No version of this rule has shown an edge after fees (hammer-model 5). It is for paper trading and measuring.
public struct HammerStrategy: Strategy {
  public static let kind = StrategyKind(
    name: "hammer",
    summary:
      "Buys the favourite of an up/down window in its last seconds, by the settling average that is already fixed.",
    parameters: HammerParameters.keys, strategyClass: .nearResolution)

  /// What is remembered of a market.
  struct Memory: Hashable, Sendable {
    let market: MarketSlug
    /// Middle of the Up book over the last two seconds, 10⁻⁶.
    var mids = RollingWindow(span: .seconds(2))
    /// Entries that bought something.
    var entries: Int64 = 0
    var quietUntil: MarketTime?
    /// The entry whose first fill was counted.
    var counted: IntentID?
  }

  let parameters: HammerParameters
  /// Ordered by symbol.
  var feeds: [HammerFeeds] = []
  /// Ordered by market.
  var memories: [Memory] = []
  /// Market times of the entries that bought something within the last hour, oldest first.
  var entryTimes: [MarketTime] = []

  public init(_ parameters: StrategyParameters) throws(StrategyParameters.Refusal) {
    self.parameters = try HammerParameters(parameters)
  }

  public mutating func handle(_ event: StrategyEvent, _ context: StrategyContext, _ output: inout StrategyOutput) {
    switch event {
    case .market(let market):
      if market.state == .closed || market.state == .resolved { return forget(market.slug, context) }
      guard market.state == .live else { return consider([market], context, &output) }
      remember(market.slug) { $0.mids.add(HammerStrategy.mid(market.yes), at: market.envelope.time) }
      consider([market], context, &output)
    case .reference(let price):
      learn(price)
      consider(context.markets.all.filter { $0.series?.symbol == price.symbol }, context, &output)
    case .order(let event, let terms): learn(event, terms, context)
    case .lapsed(let terms): end(of: terms, context)
    case .timer: return
    }
  }

  /// Half-way between the best prices, an empty side counting as nothing or one dollar (hammer-model 4). 10⁻⁶.
  public static func mid(_ top: BookTop) -> Int64 {
    ((top.bestBid?.price.micros ?? 0) + (top.bestAsk?.price.micros ?? 1_000_000)) / 2
  }

  private mutating func learn(_ price: ReferencePrice) {
    var index = feeds.firstIndex { $0.symbol >= price.symbol } ?? feeds.count
    if index == feeds.count || feeds[index].symbol != price.symbol {
      feeds.insert(HammerFeeds(symbol: price.symbol, parameters.volatility), at: index)
      index = feeds.firstIndex { $0.symbol == price.symbol } ?? index
    }
    feeds[index].put(price, parameters)
  }

  // MARK: Entries

  /// A window that is worth a bet.
  private struct Candidate {
    let wish: Wish
    let closes: MarketTime
    /// Dollars a share, after fees and at what the whole amount costs.
    let expected: Double
  }

  private enum Verdict {
    /// Not worth a word.
    case silent
    case refused(SignalRefusal)
    case qualified(Candidate)
  }

  /// Bets on the windows that an event has touched and, when one of them is worth it, on whatever other window is worth more (S3-12).
  private func consider(_ touched: [MarketUpdate], _ context: StrategyContext, _ output: inout StrategyOutput) {
    var qualified: [Candidate] = []
    for market in touched {
      switch judge(market, context) {
      case .silent: continue
      case .refused(let refusal): output.refuse(refusal)
      case .qualified(let candidate): qualified.append(candidate)
      }
    }
    guard !qualified.isEmpty else { return }
    for market in context.markets.all where !touched.contains(where: { $0.slug == market.slug }) {
      if case .qualified(let candidate) = judge(market, context) { qualified.append(candidate) }
    }
    qualified.sort {
      $0.expected != $1.expected ? $0.expected > $1.expected : $0.wish.market < $1.wish.market
    }
    var chosen: [Candidate] = []
    for candidate in qualified {
      let rivals = chosen.filter { $0.closes == candidate.closes }
      if bets(beside: candidate, context) + Int64(rivals.count) < parameters.closesTogetherMax {
        output.want(candidate.wish)
        chosen.append(candidate)
      } else if touched.contains(where: { $0.slug == candidate.wish.market }) {
        output.refuse(
          SignalRefusal(
            market: candidate.wish.market, outcome: candidate.wish.outcome, reason: .outranked,
            evidence: candidate.wish.evidence.with(
              "better", .optional(rivals.first.map { .text($0.wish.market) }))))
      }
    }
  }

  /// Other windows that close at the same moment and have been bet on.
  private func bets(beside candidate: Candidate, _ context: StrategyContext) -> Int64 {
    Int64(
      context.markets.all.count { market in
        market.endsAt == candidate.closes && market.slug != candidate.wish.market
          && (context.positions.holds(market.slug) || context.isBusy(market.slug)
            || memories.contains { $0.market == market.slug && $0.entries > 0 })
      })
  }

  private func judge(_ market: MarketUpdate, _ context: StrategyContext) -> Verdict {
    // Only the last seconds of a window that is open are worth a word.
    guard let series = market.series, let closes = market.endsAt, let opens = market.startsAt,
      market.state != .closed, market.state != .resolved, context.now >= opens, context.now < closes,
      Double(closes.since(context.now).nanoseconds) / 1e9 <= parameters.limits.secondsMax
    else { return .silent }
    let memory = memories.first { $0.market == market.slug } ?? Memory(market: market.slug)
    let assessment = HammerAssessment(
      market, feeds: feeds.first { $0.symbol == series.symbol }, midChange: HammerStrategy.change(memory.mids),
      parameters, now: context.now)
    func refuse(_ reason: RefusalReason, _ side: Outcome? = nil, _ more: [JSON.Member] = []) -> Verdict {
      var evidence = assessment.evidence
      for member in more { evidence = evidence.with(member.key, member.value) }
      return .refused(SignalRefusal(market: market.slug, outcome: side, reason: reason, evidence: evidence))
    }
    if let reason = standing(market, memory, context) ?? assessment.refusal { return refuse(reason) }
    guard let probability = assessment.probability else { return refuse(.sigmaNotReady) }
    let bet = HammerBet(
      model: probability, hint: assessment.hinted,
      HammerBet.Offer(
        up: market.yes, down: market.no, tick: market.tick, minimumSize: market.minimumSize, fee: market.fee),
      parameters.bet)
    let figures = HammerStrategy.figures(bet)
    if let reason = bet.refusal { return refuse(reason, bet.side, figures) }
    guard let limit = bet.limit, let expected = bet.evPerShare,
      let size = bet.shares(fee: market.fee, minimum: market.minimumSize)
    else { return refuse(.belowVenueMinimum, bet.side, figures) }
    var evidence = assessment.evidence
    for member in figures { evidence = evidence.with(member.key, member.value) }
    return .qualified(
      Candidate(
        wish: Wish(
          action: .enter, market: market.slug, outcome: bet.side, side: .buy, type: .fillOrKill, price: limit,
          size: size, usefulFor: parameters.usefulFor, reason: bet.side == .yes ? "hammer_up" : "hammer_down",
          evidence: evidence.with("held_to", "settlement")), closes: closes, expected: expected))
  }

  /// What has nothing to do with prices: may the agent enter at all, and here again?
  private func standing(_ market: MarketUpdate, _ memory: Memory, _ context: StrategyContext) -> RefusalReason? {
    if let closed = context.entriesClosed { return closed }
    if context.positions.holds(market.slug) { return .positionOpen }
    if context.isBusy(market.slug) { return .intentPending }
    if let quiet = memory.quietUntil, context.now < quiet { return .cooldown }
    let hourAgo = context.now.advanced(by: .seconds(-3600))
    let recent = Int64(entryTimes.count { $0 > hourAgo })
    return memory.entries >= parameters.entriesMax || recent >= parameters.entriesPerHourMax ? .entriesSpent : nil
  }

  /// The largest change from any middle of the last two seconds to the newest one, dollars per share.
  public static func change(_ mids: RollingWindow) -> Double {
    guard let newest = mids.newest else { return 0 }
    var largest: Int64 = 0
    for index in 0..<mids.count where abs(newest.value - mids[index].value) > abs(largest) {
      largest = newest.value - mids[index].value
    }
    return Double(largest) / 1e6
  }

  private static func figures(_ bet: HammerBet) -> [JSON.Member] {
    func number(_ value: Double?) -> JSON { value.map { JSON.double($0) } ?? .null }
    return [
      .init("mid", .double(bet.mid)), .init("p_blend", number(bet.blend)),
      .init("ask_points", .optional(bet.ask.map { .text($0) })), .init("fee_points", number(bet.feePerShare)),
      .init("ev_at_ask_points", number(bet.evAtAsk)), .init("kelly", number(bet.kelly)),
      .init("stake_usd", number(bet.stake)), .init("amount_usd", .optional(bet.amount.map { .text($0) })),
      .init("cost_points", number(bet.costPerShare)), .init("ev_points", number(bet.evPerShare)),
    ]
  }

  // MARK: What became of it

  private mutating func learn(
    _ event: OrderEventMessage, _ terms: IntentMessage.Terms?, _ context: StrategyContext
  ) {
    if let fill = event.fill, event.event == .fill, fill.side == .buy {
      var isFirst = false
      remember(fill.market) {
        guard $0.counted == nil || $0.counted != event.intent else { return }
        $0.counted = event.intent
        $0.entries += 1
        isFirst = true
      }
      if isFirst {
        let hourAgo = context.now.advanced(by: .seconds(-3600))
        entryTimes.removeAll { $0 <= hourAgo }
        entryTimes.append(context.now)
      }
    }
    if event.event == .settled, let fill = event.fill { forget(fill.market, context) }
    if event.final, let terms { end(of: terms, context) }
  }

  /// An order is over, or nobody answered.
  private mutating func end(of terms: IntentMessage.Terms, _ context: StrategyContext) {
    guard terms.action == .enter else { return }
    let until = context.now.advanced(by: parameters.retryPause)
    remember(terms.market) { $0.quietUntil = until }
  }

  private mutating func remember(_ market: MarketSlug, _ change: (inout Memory) -> Void) {
    if let index = memories.firstIndex(where: { $0.market == market }) {
      change(&memories[index])
    } else {
      var new = Memory(market: market)
      change(&new)
      memories.insert(new, at: memories.firstIndex { $0.market > market } ?? memories.count)
    }
  }

  /// A market whose window is over needs no more history.
  private mutating func forget(_ market: MarketSlug, _ context: StrategyContext) {
    guard !context.positions.holds(market), !context.isBusy(market) else { return }
    memories.removeAll { $0.market == market }
  }
}
