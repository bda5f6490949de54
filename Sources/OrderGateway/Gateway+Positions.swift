import FloorIOData
import Shared

/// Positions that nobody else looks after: of agents that cannot act, and, at the end of a floor that is to be flattened and in a halt that
/// closes, all of them.
extension Gateway {
  /// An agent that was stopped by an order is given this long to be started again before its positions are taken over.
  private static let abandonedAfter: Duration = .seconds(10)
  private static let retryFirst: Duration = .seconds(1)
  private static let retryLongest: Duration = .seconds(30)

  /// One look with positions that were read a moment ago. Sold is what is to be sold and can be; the next reading shows what is left.
  func lookAfterPositions() {
    guard phase == .open || isFlattening else { return }
    let now = moment()
    if core.isClosing { closing?.find(stillHeld.map(\.place)) }
    for (agent, status) in agentStatuses.sorted(by: { $0.key < $1.key }) {
      guard let reason = takenOver(agent, status, now.monotonic) else { continue }
      if core.openOrders.contains(where: { $0.terms.agent == agent && $0.origin == .agent }) {
        feed(.cancelAll(agent, reason: status.lowercased()))
      }
      for position in positions where position.agent == agent && (sellsAll || !holds(position, now)) {
        sell(position, reason: reason, now)
      }
    }
    sales = sales.filter { key, _ in positions.contains { $0.place == key } }
  }

  /// Why the gateway acts for this agent; `nil` when it does not.
  private func takenOver(_ agent: AgentName, _ status: String, _ now: MonotonicTime) -> String? {
    if isFlattening { return "flattened at the stop" }
    if core.isClosing { return "closed by the halt" }
    if status == "DRAINING" || status == "QUARANTINED" { return "taken over: " + status.lowercased() }
    // A paused agent exits by itself, unless its process was stopped as well: then no boss has granted it anything.
    if status == "PAUSED", let since = grants.absent(agent, now: now), process.control?.isBossConnected == true,
      now.since(since) >= Self.abandonedAfter
    {
      return "taken over: stopped"
    }
    return nil
  }

  private var sellsAll: Bool { isFlattening || core.isClosing }

  private func holds(_ position: HeldPosition, _ now: Moment) -> Bool {
    guard let closes = shelf.terms[position.slug]?.closes else { return false }
    return closes.since(now.market) <= config.holdToSettlement
  }

  /// Why a position cannot be offered now.
  func obstacle(_ position: HeldPosition, _ now: Moment) -> String? {
    if position.free.cut(decimals: 2) == .zero { return "an order without an end has its shares" }
    guard let view = shelf.view(position.slug, position.outcome) else { return "its market is not known" }
    if !view.terms.accepting || view.terms.closes.map({ $0 <= now.market }) ?? false { return "its market is over" }
    return view.book?.bid == nil ? "nobody bids" : nil
  }

  /// Fill-and-kill inside the collar. What cannot be sold now is tried again, ever more rarely.
  private func sell(_ position: HeldPosition, reason: String, _ now: Moment) {
    let size = position.free.cut(decimals: 2)
    let last = sales[position.place]
    guard core.maySell, obstacle(position, now) == nil, last.map({ now.monotonic >= $0.at }) ?? true,
      !core.isClosing || last?.tries ?? 0 < closing?.settings.triesMax ?? 0,
      let view = shelf.view(position.slug, position.outcome), let bid = view.book?.bid
    else { return }
    let lowest = max(view.terms.tick.micros, bid.micros - config.limits.collarMicros)
    liquidations += 1
    guard let price = Price(micros: lowest),
      let intent = IntentID("\(position.agent).gateway-\(now.wall.milliseconds)-\(liquidations)")
    else { return }
    sales[position.place] = Retry(
      after: last, first: Self.retryFirst, longest: Self.retryLongest, now.monotonic)
    let terms = IntentMessage.Terms(
      intent: intent, agent: position.agent, epoch: Epoch(0), action: .exit, market: position.slug,
      outcome: position.outcome, side: .sell, type: .fillAndKill, price: view.terms.tick.rounded(price, .up),
      size: size,
      usefulUntil: now.market.advanced(by: .seconds(30)))
    feed(.ownExit(terms, view, reason: reason))
  }

  // MARK: The floor's end

  /// Nothing is left to sell, or nothing that could be.
  var isFlat: Bool { positions.allSatisfy { $0.shares.cut(decimals: 2) == .zero } }

  /// What an ordered stop leaves behind although it should not.
  func reportNotFlattened() {
    guard config.flattensOnStop, !isFlat else { return }
    let left = positions.map { "\($0.agent) \($0.shares) \($0.outcome.rawValue) of \($0.slug)" }
    tell(
      GatewayNote(
        severity: .error, code: "not_flattened",
        detail: "\(left.count) positions are kept: " + left.prefix(8).joined(separator: ", ")))
  }
}

/// When something may be tried again.
struct Retry: Hashable {
  let at: MonotonicTime
  let delay: Duration
  /// Counted from the first.
  let tries: Int

  /// After twice the last wait, between `first` and `longest`.
  init(after last: Retry?, first: Duration, longest: Duration, _ now: MonotonicTime) {
    delay = min(longest, last.map { $0.delay * 2 } ?? first)
    at = now.advanced(by: delay)
    tries = (last?.tries ?? 0) + 1
  }
}

/// A position in the record.
struct HeldPosition: Hashable, Sendable {
  typealias Place = HaltClosing.Place

  let agent: AgentName
  let slug: MarketSlug
  let groups: MarketGroups
  let outcome: Outcome
  let shares: Shares
  let free: Shares
  let cost: USD

  var place: Place { Place(agent: agent, slug: slug, outcome: outcome) }
}
