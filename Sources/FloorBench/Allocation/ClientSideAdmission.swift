import FloorIOData
import Shared

/// The naive forms: the rows that `submit_intent` and `advance_order` write, from a client that reads, compares and writes in one
/// transaction of several statements. They differ in what keeps others out between the reading and the writing.
final class ClientSideAdmission: Admission {
  private let database: BlockingDatabase
  private let form: AllocationForm
  private let party: RaceParty
  private let gatewayEpoch: Int64
  private let isOver: () -> Bool
  private(set) var retries = 0

  init(_ floor: AllocationFloor, _ party: RaceParty, form: AllocationForm, isOver: @escaping () -> Bool) throws {
    database = try floor.administratorSession()
    self.form = form
    self.party = party
    gatewayEpoch = floor.gatewayEpoch
    self.isOver = isOver
    if form == .serializable { try database.query("SET default_transaction_isolation = 'serializable'") }
  }

  func attempt(_ wish: RaceWish) throws -> Bool? {
    while true {
      if let granted = try once({ try self.admit(wish) }) { return granted }
      if isOver() { return nil }
    }
  }

  func release(_ wish: RaceWish) throws {
    // Whoever holds gives back, also after the race.
    while try once({ try self.giveBack(wish) }) == nil {}
  }

  /// `nil` after a conflict that begins again.
  private func once<Result>(_ body: () throws -> Result) throws -> Result? {
    do {
      return try database.transaction {
        try lock()
        return try body()
      }
    } catch let error as DatabaseError where error.sqlState.hasPrefix("40") {
      retries += 1
      return nil
    }
  }

  private func lock() throws {
    guard form == .advisory else { return }
    let shared = party.scope == .agent ? party.racer.name : party.market.slug
    try database.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", [.text(shared)])
  }

  private struct Counters {
    let reserved: USD
    let agentRoom: USD
    let open: USD
    let marketRoom: USD?
  }

  private func counters() throws -> Counters {
    let values: [SQLValue] = [.integer(party.racer.id), .text(party.market.slug)]
    let row =
      try form == .locked
      ? database.query(
        """
        SELECT a.reserved, a.invested, a.allocated, least(a.realized, 0) AS lost, m.open, m.cap
          FROM allocations a, market_exposure m WHERE a.agent_id = $1 AND m.slug = $2 FOR UPDATE OF a, m
        """, values
      ).one()
      : database.query(
        """
        SELECT a.reserved, a.invested, a.allocated, least(a.realized, 0) AS lost, m.open, m.cap
          FROM allocations a, market_exposure m WHERE a.agent_id = $1 AND m.slug = $2
        """, values
      ).one()
    let reserved = try row.usd("reserved")
    let open = try row.usd("open")
    return Counters(
      reserved: reserved,
      agentRoom: try row.usd("allocated") + row.usd("lost") - row.usd("invested") - reserved, open: open,
      marketRoom: row.isNull("cap") ? nil : try row.usd("cap") - open)
  }

  private func write(reserved: USD, open: USD) throws {
    try database.query(
      "UPDATE allocations SET reserved = $1, updated_at = clock_timestamp() WHERE agent_id = $2",
      [.usd(reserved), .integer(party.racer.id)])
    try database.query(
      "UPDATE market_exposure SET open = $1, updated_at = clock_timestamp() WHERE slug = $2",
      [.usd(open), .text(party.market.slug)])
  }

  private func admit(_ wish: RaceWish) throws -> Bool {
    let row = try database.query(
      """
      SELECT f.mode, f.halted, l.epoch AS gateway_epoch, a.epoch, a.status, m.state,
             EXISTS (SELECT FROM intents i WHERE i.id = $1) AS is_known
        FROM floor_state f JOIN leases l ON l.name = 'gateway' JOIN agents a ON a.name = $2
        JOIN tokens t ON t.slug = $3 AND t.outcome = 'YES' JOIN markets m ON m.slug = t.slug WHERE f.id = 1
      """, [.text(wish.intent), .text(party.racer.name), .text(party.market.slug)]
    ).one()
    guard try row.text("mode") == "ACTIVE", try row.int("gateway_epoch") == gatewayEpoch,
      try row.int("epoch") == party.racer.epoch, try row.text("status") == "RUNNING", try row.text("state") == "OPEN",
      try !row.bool("is_known"), try !row.bool("halted")
    else { throw BenchFailure("an attempt found \(row)") }
    let counters = try counters()
    let isGranted = wish.worst <= counters.agentRoom && counters.marketRoom.map { wish.worst <= $0 } ?? true
    if isGranted { try write(reserved: counters.reserved + wish.worst, open: counters.open + wish.worst) }
    try writeIntent(wish, isGranted: isGranted)
    return isGranted
  }

  private func writeIntent(_ wish: RaceWish, isGranted: Bool) throws {
    try database.query(
      """
      INSERT INTO intents (id, agent_id, epoch, gateway_epoch, origin, action, market, token_id, outcome, side, type, price, size,
                           worst, reason, feed_order, result, denial)
      VALUES ($1, $2, $3, $4, 'agent', 'enter', $5, $6, 'YES', 'BUY', 'GTC', $7, $8, $9, 'race', 1, $10, $11)
      """,
      [
        .text(wish.intent), .integer(party.racer.id), .integer(party.racer.epoch), .integer(gatewayEpoch),
        .text(party.market.slug), .text(party.market.token), .text(RaceWish.price), .shares(wish.size),
        .usd(wish.worst),
        .text(isGranted ? "accepted" : "denied"), isGranted ? .null : .text("allocation"),
      ])
    guard isGranted else {
      try database.query(
        "SELECT emit_order_event($1, $2, null, 'denied', 'allocation', '', null, true)",
        [.integer(party.racer.id), .text(wish.intent)])
      try database.query("SELECT write_audit('denied', jsonb_build_object('intent', $1::text))", [.text(wish.intent)])
      return
    }
    try database.query(
      """
      INSERT INTO orders (order_id, intent_id, agent_id, token_id, slug, outcome, side, type, price, size, worst, signed_body,
                          gateway_epoch, is_paper)
      VALUES ($1, $2, $3, $4, $5, 'YES', 'BUY', 'GTC', $6, $7, $8, decode($9, 'base64'), $10, true)
      """,
      [
        .text(wish.order), .text(wish.intent), .integer(party.racer.id), .text(party.market.token),
        .text(party.market.slug), .text(RaceWish.price), .shares(wish.size), .usd(wish.worst),
        .text(AllocationFloor.signedBody), .integer(gatewayEpoch),
      ])
    try database.query(
      "INSERT INTO order_state (order_id, agent_id, token_id, state, reserved) VALUES ($1, $2, $3, 'SENDING', $4)",
      [.text(wish.order), .integer(party.racer.id), .text(party.market.token), .usd(wish.worst)])
  }

  private func giveBack(_ wish: RaceWish) throws {
    let counters = try counters()
    // A lost update may have left less than is given back.
    try write(reserved: max(counters.reserved - wish.worst, .zero), open: max(counters.open - wish.worst, .zero))
    try database.query(
      """
      UPDATE order_state SET state = 'REJECTED', reason = 'race', reserved = 0, changes = changes + 1, updated_at = clock_timestamp()
       WHERE order_id = $1
      """, [.text(wish.order)])
    try database.query(
      "SELECT emit_order_event($1, $2, $3, 'rejected', 'race', '', null, true)",
      [.integer(party.racer.id), .text(wish.intent), .text(wish.order)])
    try database.query("SELECT write_audit('order_state', jsonb_build_object('order', $1::text))", [.text(wish.order)])
  }
}
