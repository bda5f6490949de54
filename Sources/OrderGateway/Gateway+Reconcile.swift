import FloorIOData
import FloorIOVenue
import Shared

/// One comparison of everything with the venue.
struct ReconciliationRun {
  /// The row of the operator who asked for it.
  let id: Int64?
  let why: String
  let began: WallTime
  /// The first of two looks.
  var first: Reconciliation?
}

/// Open orders, trades, money and shares of venue and record side by side: at the start, after the account's stream came back, every hour,
/// and when the operator asks. What the venue says also goes to the core, which books and looks up what is missing; a difference that is
/// still there some seconds later is told.
extension Gateway {
  /// Between the two looks.
  private static let pause: Duration = .seconds(5)
  /// At least between two that nobody asked for.
  private static let least: Duration = .seconds(60)
  private static let tokensMax = 50
  private static let toldMax = 20

  /// - Parameter id: of the row with the question; `nil` when nobody asked.
  func reconcile(_ why: String, id: Int64? = nil) {
    guard phase == .open, !process.isInLockstep, reconciling == nil else { return }
    if id == nil, let lastReconciled, SystemClock.monotonic().since(lastReconciled) < Self.least { return }
    reconciling = ReconciliationRun(id: id, why: why, began: SystemClock.wall())
    askForReconciliation()
  }

  /// The oldest question that waits.
  func takeReconciliation() {
    guard phase == .open, reconciling == nil, database.isConnected, let epoch = lease.epoch else { return }
    database.query("select take_reconciliation($1) as id", [.epoch(epoch)]) { [weak self] result in
      guard let self else { return }
      do {
        let row = try result.get().one()
        if !row.isNull("id") { reconcile("asked", id: try row.int("id")) }
      } catch {
        // Whoever asked hears nothing and may ask again.
        process.log.warning("question not taken", [.error(error)])
      }
    }
  }

  // MARK: The venue's side

  private func askForReconciliation() {
    guard core.venueIsUp else { return endReconciliation(failure: "the venue does not answer") }
    let isBrief = ["start", "reconnect", "drift"].contains(reconciling?.why)
    let since = Reconciliation.start(
      isBrief: isBrief, now: moment().market, same: comparedUntil, overlap: core.settings.tradeOverlap)
    let asked = SystemClock.monotonic()
    let tokens = Set(positions.compactMap { shelf.terms[$0.slug]?.token($0.outcome) }).sorted().prefix(Self.tokensMax)
    link.openOrders { [weak self] orders in
      self?.link.trades(after: since) { [weak self] trades in
        self?.link.balance { [weak self] balance in
          self?.askShares(of: Array(tokens), [:]) { [weak self] shares in
            guard let self else { return }
            do {
              let venue = Reconciliation.Venue(
                orders: try orders.get(), trades: try trades.get(), balance: try balance.get(), shares: try shares.get()
              )
              for trade in venue.trades { feed(.trade(trade, .query)) }
              feed(.openOrders(venue.orders, asked: asked))
              readOurSide(of: venue, since: since)
            } catch {
              endReconciliation(failure: "the venue's answer: \(error)")
            }
          }
        }
      }
    }
  }

  private func askShares(
    of tokens: [TokenID], _ known: [TokenID: Shares],
    _ done: @escaping (Result<[TokenID: Shares], VenueCallError>) -> Void
  ) {
    guard let token = tokens.first else { return done(.success(known)) }
    link.shares(of: token) { [weak self] result in
      switch result {
      case .failure(let error): done(.failure(error))
      case .success(let shares):
        self?.askShares(of: Array(tokens.dropFirst()), known.merging([token: shares]) { $1 }, done)
      }
    }
  }

  // MARK: Our side

  private static let ordersOfVenue: StaticString = """
    select order_id, state from order_state where state in ('SENDING', 'LIVE', 'DELAYED', 'CANCEL_SENT', 'UNKNOWN')
    union select order_id, state from order_state where order_id = any($1)
    """
  private static let fillsOfVenue: StaticString = """
    select f.venue_trade_id, f.order_id, f.size, f.market_at, x.status
      from fills f join fill_state x using (venue_trade_id, order_id) where f.executed_at >= clock_timestamp() - interval '1 hour'
    union
    select f.venue_trade_id, f.order_id, f.size, f.market_at, x.status
      from fills f join fill_state x using (venue_trade_id, order_id) where f.venue_trade_id = any($1)
    """
  private static let holdings: StaticString = """
    select (select coalesce(sum(balance), 0) from ledger_balances
             where asset = 'USD' and (account = 'treasury' or account like 'agent:%')) as cash,
           (select coalesce(jsonb_object_agg(token_id, shares::text), '{}')
              from (select token_id, sum(shares) as shares from positions where shares <> 0 group by token_id) p) as shares
    """

  private func readOurSide(of venue: Reconciliation.Venue, since: MarketTime) {
    var ids = Set(venue.orders.map(\.id))
    for trade in venue.trades { ids.formUnion([trade.takerOrder] + trade.makers.map(\.order)) }
    database.batch(
      [
        (Self.ordersOfVenue, [.array(ids.sorted().map { .id($0) })]),
        (Self.fillsOfVenue, [.array(venue.trades.map { .id($0.id) })]), (Self.holdings, []),
      ], timeout: .seconds(10)
    ) { [weak self] result in
      guard let self else { return }
      do {
        compared(Reconciliation(since: since, venue: venue, record: try Self.side(try result.get())))
      } catch {
        endReconciliation(failure: "the record's answer: \(error)")
      }
    }
  }

  private static func side(_ answers: [Rows]) throws -> Reconciliation.Record {
    func strange(_ what: String) -> DatabaseError { DatabaseError(.shape, "\(what) does not read") }
    var orders: [VenueOrderID: OrderState] = [:]
    for row in answers[0] {
      let word = try row.text("state")
      // EXPIRED is the record's word for a cancel that the venue did by its own clock.
      guard let state = OrderState(rawValue: word == "EXPIRED" ? "CANCELLED" : word) else { throw strange(word) }
      orders[try row.id("order_id")] = state
    }
    var fills: [FillKey: Reconciliation.Fill] = [:]
    for row in answers[1] {
      guard let settlement = SettlementState(rawValue: try row.text("status")) else { throw strange("a settlement") }
      fills[FillKey(trade: try row.id("venue_trade_id"), order: try row.id("order_id"))] = Reconciliation.Fill(
        size: try row.shares("size"), settlement: settlement,
        at: row.isNull("market_at") ? nil : try row.market("market_at"))
    }
    let holdings = try answers[2].one()
    var shares: [TokenID: Shares] = [:]
    for member in try holdings.json("shares").members ?? [] {
      guard let token = TokenID(member.key), let held = member.value.shares else { throw strange("a position") }
      shares[token] = held
    }
    return Reconciliation.Record(orders: orders, fills: fills, cash: try holdings.usd("cash"), shares: shares)
  }

  // MARK: What comes of it

  private func compared(_ now: Reconciliation) {
    guard let first = reconciling?.first else {
      if now.differences.isEmpty { return endReconciliation(now, lasting: [], passed: []) }
      reconciling?.first = now
      process.loop.after(Self.pause) { [weak self] in self?.askForReconciliation() }
      return
    }
    let lasting = now.lasting(since: first)
    endReconciliation(now, lasting: lasting, passed: first.differences.filter { !lasting.contains($0) })
  }

  private func endReconciliation(
    _ result: Reconciliation, lasting: [Reconciliation.Difference], passed: [Reconciliation.Difference]
  ) {
    for difference in lasting.prefix(Self.toldMax) {
      tell(GatewayNote(severity: .error, code: "reconcile", detail: difference.text))
    }
    if lasting.count > Self.toldMax {
      tell(
        GatewayNote(severity: .error, code: "reconcile", detail: "\(lasting.count) differences in all: floor reconcile")
      )
    }
    let drifting = Reconciliation.drifting(lasting)
    for token in Set(driftingTokens.keys).subtracting(drifting.keys).sorted() {
      tell(GatewayNote(severity: .info, code: "drift_over", detail: "venue and record hold the same of \(token) again"))
    }
    driftingTokens = drifting
    if lasting.isEmpty, let began = reconciling?.began { comparedUntil = clock.market(at: began) }
    writeReconciliation([
      "since_ns": .int(result.since.nanoseconds), "compared": result.json,
      "passed": .array(passed.map(\.json)), "differences": .array(lasting.map(\.json)),
    ])
  }

  private func endReconciliation(failure: String) {
    process.log.warning("venue and record not compared", [.text("reason", failure)])
    writeReconciliation(["failure": .string(failure)])
  }

  private func writeReconciliation(_ outcome: JSON) {
    guard let run = reconciling else { return }
    reconciling = nil
    lastReconciled = SystemClock.monotonic()
    guard let epoch = lease.epoch else { return }
    let argument = outcome.with("id", .optional(run.id.map { .int($0) })).with("why", .string(run.why))
      .with("began", .text(run.began)).with("gateway_epoch", .int(epoch.number))
    database.query("select record_reconciliation($1::jsonb)", [.json(argument)]) { [weak self] result in
      if case .failure(let error) = result {
        self?.process.log.warning("comparison not recorded", [.error(error)])
      }
      self?.takeReconciliation()
    }
  }
}
