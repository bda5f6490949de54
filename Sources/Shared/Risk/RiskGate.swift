/// A wish that passed every limit. Only the gate makes one.
public struct ApprovedOrder: Hashable, Sendable {
  public let request: IntentMessage.Terms
  public let terms: MarketTerms
  /// What the order can cost at most: price × size and the highest fee (a buy); zero for a sell, which is covered by shares.
  public let worst: USD
}

/// The limits of S4-49 … S4-54, the zones of S2-96 … S2-100 and the checks before them, for one wish against one picture. Cheap checks that make the others
/// meaningless come first; among the capital limits the tightest is named.
public struct RiskGate: Sendable {
  public let limits: RiskLimits

  public init(limits: RiskLimits) { self.limits = limits }

  public enum Verdict: Hashable, Sendable {
    case approved(ApprovedOrder)
    case refused(Refusal)
  }

  /// - Precondition: the action is `enter` or `exit`; cancels pass no limit.
  public func judge(_ request: IntentMessage.Terms, _ picture: RiskPicture) -> Verdict {
    precondition(request.action != .cancel, "cancels are not judged")
    if let refusal = when(request, picture) { return .refused(refusal) }
    guard let terms = picture.terms else { return .refused(Refusal(.unknownMarket)) }
    if let refusal = form(request, terms, picture) ?? price(request, picture) { return .refused(refusal) }
    guard let worst = worst(request, terms) else { return .refused(Refusal(.malformed, .init("size", request.size))) }
    switch request.side {
    case .buy:
      if let refusal = capital(request, worst: worst, picture) { return .refused(refusal) }
      return .approved(ApprovedOrder(request: request, terms: terms, worst: worst))
    case .sell:
      if let free = picture.freeShares, free < request.size {
        return .refused(Refusal(.noShares, .init("size", request.size), .init("free", free)))
      }
      return .approved(ApprovedOrder(request: request, terms: terms, worst: .zero))
    }
  }

  /// What a buy can cost at most: the limit price for all of it, the highest fee on the way there, and a cent's hundredth for the
  /// venue's rounding of many small fills. `nil` when the size is beyond reason.
  private func worst(_ request: IntentMessage.Terms, _ terms: MarketTerms) -> USD? {
    guard request.size <= Self.largestSize, let cost = try? USD(request.price, times: request.size, rounding: .up)
    else { return nil }
    let fee = terms.fee.worstFee(upTo: request.price, shares: request.size)
    return cost + fee + TakerFee.rounding(over: fee)
  }

  /// A billion shares: far beyond any market, far below any overflow.
  private static let largestSize = Shares(whole: 1_000_000_000)

  /// Mode, standing, time.
  private func when(_ request: IntentMessage.Terms, _ picture: RiskPicture) -> Refusal? {
    if picture.mode == .halted { return Refusal(.halted) }
    if !picture.mode.allows(request.action) { return Refusal(.modeForbids, .init("mode", picture.mode.rawValue)) }
    guard request.size > .zero, (request.action == .enter) == (request.side == .buy) else {
      return Refusal(.malformed, .init("size", request.size), .init("side", request.side.rawValue))
    }
    if request.usefulUntil <= picture.now {
      return Refusal(.expired, .init("late_ms", picture.now.since(request.usefulUntil).milliseconds))
    }
    guard request.action == .enter else { return nil }
    guard let agent = picture.agent, agent.mayEnter else { return Refusal(.agentPaused) }
    if let refusal = breaker(agent, capital: picture.floor.capital) { return refusal }
    if let most = limits.openPositions, agent.otherPositions >= most {
      return Refusal(.openPositions, .init("positions", agent.otherPositions), .init("limit", most))
    }
    if picture.tokenUnresolved { return Refusal(.tokenUnresolved) }
    return zone(request, agent, picture)
  }

  /// What has been seen of the agent and of its strategy.
  private func breaker(_ agent: AgentStanding, capital: USD) -> Refusal? {
    if let refusal = limits.streak(agent.lossesInARow) { return refusal }
    if let trip = agent.rejects { return limits.rejects.refusal(agent.name, trip) }
    return agent.strategyStanding.flatMap(StrategyGuard(limits: limits, capital: capital).breach)
  }

  /// The limit price decides: it is the dearest that the entry may become.
  private func zone(_ request: IntentMessage.Terms, _ agent: AgentStanding, _ picture: RiskPicture) -> Refusal? {
    guard limits.holdsZones else { return nil }
    let zone = PriceZone(request.price)
    let isLate = picture.terms?.closes.map { $0.since(picture.now) <= limits.lateWindow } ?? false
    if zone.allows(agent.strategyClass, isLate: isLate) { return nil }
    return Refusal(
      .priceZone, .init("price", request.price), .init("zone", zone.rawValue),
      .init("class", agent.strategyClass.rawValue))
  }

  /// What the venue would refuse anyway, and our own distance from the bell.
  private func form(_ request: IntentMessage.Terms, _ terms: MarketTerms, _ picture: RiskPicture) -> Refusal? {
    if !terms.accepting { return Refusal(.marketClosed) }
    if let closes = terms.closes {
      let left = closes.since(picture.now)
      if left <= .zero { return Refusal(.marketClosed, .init("past_ms", -left.milliseconds)) }
      if request.action == .enter, left < limits.entryCutoff {
        return Refusal(
          .closesSoon, .init("left_ms", left.milliseconds), .init("cutoff_ms", limits.entryCutoff.milliseconds))
      }
    }
    if !terms.tick.allows(request.price) {
      return Refusal(.offTick, .init("price", request.price), .init("tick", terms.tick))
    }
    if request.size.cut(decimals: 2) != request.size {
      return Refusal(.malformed, .init("size", request.size), .init("size_decimals", 2))
    }
    // What is bought must be able to rest on its way out, whatever kind of order buys it (N-18).
    if request.type.rests || request.action == .enter, request.size < terms.minimumSize {
      return Refusal(.belowVenueMinimum, .init("size", request.size), .init("minimum", terms.minimumSize))
    }
    if !request.type.rests, request.side == .buy {
      let value = (try? USD(request.price, times: request.size, rounding: .down)) ?? .zero
      if value < limits.minimumMarketable {
        return Refusal(.belowVenueMinimum, .init("value_usd", value), .init("minimum_usd", limits.minimumMarketable))
      }
    }
    return nil
  }

  /// The collar: our own book must be there, fresh and sane, and the price within reach of it. An exit passes on a missing or old
  /// book (its price limit protects it; being locked in does not), an entry never.
  private func price(_ request: IntentMessage.Terms, _ picture: RiskPicture) -> Refusal? {
    if request.action == .enter, let own = picture.inTheWay {
      return Refusal(
        .selfCross, .init("price", request.price), .init("open_intent", own.intent),
        .init("open_outcome", own.outcome.rawValue), .init("open_price", own.price))
    }
    guard let book = picture.book else { return request.action == .enter ? Refusal(.noBook) : nil }
    let age = picture.now.since(book.at)
    let limit = max(limits.bookAgeMax, picture.shortestBookAge)
    if age > limit {
      guard request.action == .enter else { return nil }
      return Refusal(.staleBook, .init("age_ms", age.milliseconds), .init("limit_ms", limit.milliseconds))
    }
    if let bid = book.bid, let ask = book.ask, bid >= ask {
      guard request.action == .enter else { return nil }
      return Refusal(.crossedBook, .init("bid", bid), .init("ask", ask))
    }
    if request.action == .enter, let widest = limits.spreadMaxMicros, let bid = book.bid, let ask = book.ask,
      ask.micros - bid.micros > widest
    {
      return Refusal(
        .spreadTooWide, .init("spread", Decimal6.text(ask.micros - bid.micros)),
        .init("limit", Decimal6.text(widest)))
    }
    switch request.side {
    case .buy:
      guard let reference = book.ask ?? book.bid else { return request.action == .enter ? Refusal(.noBook) : nil }
      let bound = reference.micros + limits.collarMicros
      if request.price.micros > bound { return collar(request, reference, bound) }
    case .sell:
      guard let reference = book.bid ?? book.ask else { return nil }
      let bound = reference.micros - limits.collarMicros
      // Far below the bid an exit gives its shares away; the bound never closes the way out of a falling market, because it
      // follows the book down.
      if request.price.micros < bound { return collar(request, reference, bound) }
    }
    return nil
  }

  private func collar(_ request: IntentMessage.Terms, _ reference: Price, _ bound: Int64) -> Refusal {
    Refusal(
      .priceCollar, .init("price", request.price), .init("best", reference), .init("bound", Decimal6.text(bound)))
  }

  /// Loss limits, then the sizes; of the sizes the one with the least room is named.
  private func capital(_ request: IntentMessage.Terms, worst: USD, _ picture: RiskPicture) -> Refusal? {
    let floor = picture.floor
    if let refusal = FloorGuard(limits: limits).breach(floor) { return refusal }
    let agent = picture.agent ?? AgentStanding(mayEnter: false, allocation: .zero, deployed: .zero, lossesInARow: 0)
    let tightest = limits.tightest(agent: agent, floor: floor, uses: picture.uses)
    if worst <= tightest.left { return nil }
    var numbers: [Refusal.Number] = [
      .init("cost_usd", worst), .init("used_usd", tightest.used), .init("limit_usd", tightest.limit),
      .init("scope", tightest.scope.rawValue),
    ]
    if !tightest.name.isEmpty { numbers.append(.init("name", tightest.name)) }
    return Refusal(tightest.code, numbers: numbers)
  }
}
