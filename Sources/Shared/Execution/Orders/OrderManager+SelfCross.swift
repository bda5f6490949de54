/// One wallet for all agents: what one of them has open another must not trade with. Entries are refused; an exit takes what is in its way out
/// of the book first, and goes when that has ended.
extension OrderManager {
  /// A wish with all that came with it.
  struct Wish: Hashable {
    let terms: IntentMessage.Terms
    let origin: IntentOrigin
    let view: MarketView?
    let feedOrder: Int64
    let bookTime: MarketTime
    let reason: String
    let isNew: Bool
  }

  struct WaitingExit: Hashable {
    let wish: Wish
    /// When it goes at the latest, or is of no use any more.
    var due: MonotonicTime
    /// What it waits for, or has waited for.
    var asked: Set<IntentID>
  }

  func isWaiting(_ intent: IntentID) -> Bool { waiting.contains { $0.wish.terms.intent == intent } }

  /// What an entry would trade with: an open order, or an exit that waits.
  func inTheWay(of terms: IntentMessage.Terms) -> OwnOrder? {
    if let exit = waiting.first(where: { $0.wish.terms.meets(terms) }) { return OwnOrder(exit.wish.terms) }
    let first = open.in(terms.market).first { orders[$0]?.terms.meets(terms) ?? false }
    return first.flatMap { orders[$0] }.map { OwnOrder($0.terms) }
  }

  private func obstacles(to terms: IntentMessage.Terms) -> [IntentID] {
    open.in(terms.market).filter { orders[$0]?.terms.meets(terms) ?? false }
  }

  /// Whether an exit has to wait. What rests in its way is taken out, of whatever agent and whether it buys or sells: the newer decision knows
  /// the newer book. What does not rest ends by itself.
  mutating func holdBack(_ wish: Wish, _ now: Moment) -> Bool {
    let found = obstacles(to: wish.terms)
    guard !found.isEmpty else { return false }
    clear(found, now)
    waiting.append(WaitingExit(wish: wish, due: patience(wish, now), asked: Set(found)))
    return true
  }

  private func patience(_ wish: Wish, _ now: Moment) -> MonotonicTime {
    min(now.monotonic.advanced(by: settings.selfCrossWait), now.monotonic(atMarket: wish.terms.usefulUntil))
  }

  private mutating func clear(_ found: [IntentID], _ now: Moment) {
    for intent in found where orders[intent]?.terms.type.rests == true { wantCancel(intent, "self_cross", now) }
  }

  /// Lets those go whose way is free, that have waited long enough for it, or that are of no use any more (which the gate says).
  mutating func releaseExits(_ now: Moment, _ effects: inout [GatewayEffect]) {
    for exit in waiting {
      let terms = exit.wish.terms
      let found = obstacles(to: terms)
      if !found.isEmpty, terms.usefulUntil > now.market, mode(for: .exit, of: exit.wish.origin).allows(.exit) {
        if let index = waiting.firstIndex(of: exit), !exit.asked.isSuperset(of: found) {
          clear(found, now)
          waiting[index].asked.formUnion(found)
          waiting[index].due = patience(exit.wish, now)
          continue
        }
        if now.monotonic < exit.due { continue }
        note(.warning, "self_cross_risked", "\(terms.intent) goes, and \(found[0]) may still be open", &effects)
      }
      waiting.removeAll { $0 == exit }
      if !databaseIsUp, !exit.wish.isNew {
        // As when it came: the record may have answered it. The agent repeats.
        counters.held += 1
        continue
      }
      judge(exit.wish, mayWait: false, now, &effects)
    }
  }

  /// Somebody wants it out, or nothing at all, before it has left.
  mutating func giveUp(_ exit: WaitingExit, _ reason: String, _ now: Moment, _ effects: inout [GatewayEffect]) {
    waiting.removeAll { $0 == exit }
    deny(exit.wish.terms, exit.wish.origin, Refusal(.selfCross, .init("given_up", reason)), now, &effects)
  }
}
