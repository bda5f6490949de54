import FloorIOData
import Shared

/// The sale of what is held in a halt, where `floor.on_halt` is `close`: once nothing rests any more and the record holds the halt, as an
/// ordered stop sells (`HaltClosing` says when it is over).
extension Gateway {
  /// What is held is sold in this halt.
  var closesHalt: Bool { config.closesOnHalt && !localHaltHolds && !recordedHaltHolds }

  /// One look, four times a second.
  func closeStep() {
    guard core.mode == .halted, config.closesOnHalt, closing?.result == nil else { return }
    let mayNow = closesHalt && proof?.isFlat == true && recordedHalt && phase == .open && !draining && core.databaseIsUp
    if closing == nil {
      guard mayNow else { return }
      closing = HaltClosing(began: SystemClock.monotonic())
      sales.removeAll()
      process.log.info("selling what is held: the halt closes")
    }
    guard let began = closing?.began else { return }
    if core.isClosing != mayNow { feed(.closing(mayNow)) }
    let look = HaltClosing.Look(
      left: stillHeld,
      isFresh: isStandingFresh && standingAsOf.map { $0 > began } ?? false,
      isQuiet: core.openOrders.isEmpty && (record?.count ?? 0) == 0, ban: ban)
    if closing?.look(look, SystemClock.monotonic()) == true { return endClosing() }
    if mayNow, !look.isFresh { readStanding() }
  }

  /// Positions were read after everything that has been recorded.
  var isStandingFresh: Bool { standingAsOf.map { $0 > lastRecorded } ?? false }

  /// Positions that are worth an order; the rest is less than a hundredth of a share.
  var stillHeld: [HaltClosing.Left] {
    let now = moment()
    return positions.filter { $0.shares.cut(decimals: 2) > .zero }.map { position in
      HaltClosing.Left(
        place: position.place, shares: position.shares, tries: sales[position.place]?.tries ?? 0,
        obstacle: obstacle(position, now))
    }
  }

  private var ban: String? {
    if !closesHalt { return "a halt that doubts books or venue sells nothing" }
    return draining ? "the gateway was told to end" : nil
  }

  private func endClosing() {
    if core.isClosing { feed(.closing(false)) }
    if proof?.isFlat == true, let flatFinding { say(flatFinding) }
  }

  /// What the record says no to.
  func noteRefusedSale(_ submission: OrderSubmission, _ reason: String) {
    if core.isClosing, submission.origin == .gateway { closing?.heard(place(submission.terms), reason) }
  }

  private func place(_ terms: IntentMessage.Terms) -> HaltClosing.Place {
    HaltClosing.Place(agent: terms.agent, slug: terms.market, outcome: terms.outcome)
  }

  /// What becomes of the sales, on its way into the record.
  func noteSale(_ call: RecordCall) {
    guard core.isClosing else { return }
    switch call {
    case .deny(let terms, .gateway, let refusal): closing?.heard(place(terms), refusal.code.rawValue)
    case .advance(let id, let state, let reason, _) where state.isTerminal:
      guard let order = core.order(id), order.origin == .gateway else { return }
      closing?.heard(place(order.terms), reason.isEmpty ? state.rawValue.lowercased() : reason)
    case .fill(let fill) where fill.side == .sell && fill.settlement != .failed:
      closing?.sold(for: fill.cash - fill.fee)
    case .submit, .deny, .acceptCancel, .advance, .fill, .settle: break
    }
  }
}
