extension AgentCore {
  /// Takes up an earlier life. Call once, before the first event.
  ///
  /// - Parameters:
  ///   - checkpoint: the newest at hand (`AgentCheckpoint.newest`); `nil` for a first birth.
  ///   - snapshot: what the database knows; `nil` while it cannot be asked: then entries stay closed until `reconcile`.
  ///   - missed: the order events after the checkpoint's cursor up to the snapshot's, in order.
  /// - Returns: whether the strategy could use its part of the checkpoint (`true` when there was none).
  @discardableResult
  public mutating func resume(
    checkpoint: AgentCheckpoint?, snapshot: AgentSnapshot?, missed: [OrderEventMessage] = []
  ) -> Bool {
    var usable = true
    if let checkpoint {
      checkpointSequence = checkpoint.sequence
      cursor = checkpoint.cursor
      context.now = checkpoint.now
      context.positions = checkpoint.positions
      usable = checkpoint.strategy == identity.strategy && strategy.restore(checkpoint.strategyState)
    }
    if let snapshot { reconcile(snapshot, missed: missed) }
    return usable
  }

  /// Brings positions, open orders and cursor to what the database says; the strategy hears of the events in between.
  public mutating func reconcile(_ snapshot: AgentSnapshot, missed: [OrderEventMessage]) {
    // What these events change is in the snapshot; effects of deciding on them would come too late.
    var ignored: [AgentEffect] = []
    for event in missed where event.cursor > cursor && event.cursor <= snapshot.cursor && event.agent == identity.name {
      cursor = event.cursor
      if let fill = event.fill {
        context.positions.apply(fill, event: event.event, after: max(.zero, event.position), at: context.now)
      }
      think(.order(event, terms: nil), &ignored)
    }
    cursor = max(cursor, snapshot.cursor)
    var positions = PositionBook()
    for position in snapshot.positions { positions.put(position) }
    context.positions = positions
    for order in snapshot.orders {
      if let index = context.flights.all.firstIndex(where: { $0.terms.intent == order.intent }) {
        context.flights.all[index].acknowledged = true
        continue
      }
      let terms = IntentMessage.Terms(
        intent: order.intent, agent: identity.name, epoch: snapshot.epoch, action: order.side == .buy ? .enter : .exit,
        market: order.market, outcome: order.outcome, side: order.side, type: order.type, price: order.price,
        size: order.size, usefulUntil: context.now)
      var flight = Flight(terms: terms, feedOrder: 0, bookTime: context.now, reason: "resumed")
      flight.acknowledged = true
      context.flights.all.append(flight)
    }
    if snapshot.status == "DRAINING" {
      var none: [AgentEffect] = []
      handle(.drain, now: context.now, &none)
    }
    isReconciled = true
  }

  /// The state to write. Each call is newer than all before.
  public mutating func checkpoint() -> AgentCheckpoint {
    checkpointSequence += 1
    return AgentCheckpoint(
      agent: identity.name, strategy: identity.strategy, epoch: identity.epoch, sequence: checkpointSequence,
      cursor: cursor, now: context.now, positions: context.positions, strategyState: strategy.checkpoint)
  }
}
