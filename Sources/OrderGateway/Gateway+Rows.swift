import FloorIOData
import Shared

/// What is read of the record, and how its rows become values.
extension Gateway {
  static let marketsStatement: StaticString = """
    select m.slug, m.condition_id, m.tick, m.min_size, m.fee_rate, m.fee_exponent, m.neg_risk, m.ends_at, m.state, m.category,
           coalesce(nullif(m.event_group, ''), m.slug) as event_group,
           y.token_id as yes, n.token_id as no
      from markets m join tokens y on y.slug = m.slug and y.outcome = 'YES' join tokens n on n.slug = m.slug and n.outcome = 'NO'
     where case when $1::text is null then m.state <> 'RESOLVED' else m.slug = $1 end
    """

  /// What is open, what was proven absent within a day, what has fills that may still fail, and what ended lately: one that ended without
  /// fills, or is filled for good, is done with after a minute, and there may be thousands of those.
  static let ordersStatement: StaticString = """
    select o.order_id, o.intent_id, a.name as agent, i.epoch, i.origin, i.action, o.slug, o.outcome, o.side, o.type, o.price, o.size,
           o.worst, o.signed_body, o.token_id, i.reason, i.feed_order, o.useful_until, i.book_at, o.created_at, o.market_at, s.state,
           m.condition_id, m.tick, m.min_size, m.fee_rate, m.fee_exponent, m.neg_risk, m.ends_at, m.category,
           coalesce(nullif(m.event_group, ''), m.slug) as event_group,
           (select token_id from tokens where slug = o.slug and outcome = 'YES') as yes,
           (select token_id from tokens where slug = o.slug and outcome = 'NO') as no,
           coalesce((select jsonb_agg(jsonb_build_object('trade', f.venue_trade_id, 'size', f.size::text, 'status', x.status))
                       from fills f join fill_state x using (venue_trade_id, order_id) where f.order_id = o.order_id), '[]') as fills
      from orders o join order_state s using (order_id) join intents i on i.id = o.intent_id join agents a on a.id = o.agent_id
      join markets m on m.slug = o.slug
     where o.order_id in (
             select order_id from order_state
              where state in ('SENDING', 'LIVE', 'DELAYED', 'CANCEL_SENT', 'UNKNOWN')
                 or updated_at > clock_timestamp() - interval '1 minute'
                 or (updated_at > clock_timestamp() - interval '10 minutes' and filled > 0
                     and not (state = 'FILLED' and settlement = 'CONFIRMED'))
             union all
             select order_id from order_state where state = 'VOID' and updated_at > clock_timestamp() - interval '1 day'
             union all
             select order_id from order_state s
              where settlement in ('PENDING', 'MIXED')
                and exists (select from fill_state x where x.order_id = s.order_id and x.status in ('MATCHED', 'MINED')))
     order by o.created_at
    """

  static let peakStatement: StaticString = """
    select peak, first, outside from day_equity
    """

  /// When the last comparison began that found venue and record the same.
  static let comparedStatement: StaticString = """
    select max(began_at) as at from reconciliations where failure is null and differences = '[]'
    """

  /// An agent counts its decisions; what it repeats late stands among its last ones.
  static let decisionsStatement: StaticString = """
    select a.name, max(substring(i.id from '[.]([0-9]{1,18})$')::bigint) as newest
      from agents a cross join lateral (select id from intents where agent_id = a.id and origin = 'agent' order by created_at desc limit 200) i
     where a.status <> 'RETIRED' and i.id ~ '[.][0-9]{1,18}$'
     group by a.name
    """

  static func decisions(_ rows: Rows) throws -> [AgentName: Int64] {
    var newest: [AgentName: Int64] = [:]
    for row in rows { newest[try row.id("name")] = try row.int("newest") }
    return newest
  }

  static let standingStatement: StaticString = """
    select f.mode, f.reason, f.halted, f.halt_holds, f.capital,
           (select coalesce(sum(balance), 0) from ledger_balances
             where asset = 'USD' and (account = 'treasury' or account like 'agent:%')) as cash,
           (select usd from outside_money) as outside,
           (select coalesce(sum(realized), 0) from agent_day_pnl) as realised,
           coalesce((select jsonb_agg(jsonb_build_object('name', a.name, 'status', a.status, 'strategy', a.strategy,
                       'room', (l.allocated + least(l.realized, 0) - l.overdrawn)::text, 'invested', l.invested::text,
                       'losses', d.losses_in_a_row, 'rejects', (select coalesce(jsonb_agg(r.market_at), '[]') from agent_rejections r where r.agent_id = a.id),
                       'last_at', (select max(market_at) from trades t where t.agent_id = a.id)))
                       from agents a join allocations l on l.agent_id = a.id join agent_day_pnl d on d.agent_id = a.id
                      where a.status <> 'RETIRED'), '[]') as agents,
           coalesce((select jsonb_agg(jsonb_build_object('agent', a.name, 'slug', t.slug, 'outcome', t.outcome, 'shares', p.shares::text,
                       'free', (p.shares - p.reserved_shares)::text, 'cost', (p.cost + p.fees)::text, 'category', m.category,
                       'event_group', coalesce(nullif(m.event_group, ''), m.slug)))
                       from positions p join agents a on a.id = p.agent_id join tokens t using (token_id) join markets m using (slug) where p.shares > 0), '[]')
             as positions,
           case when $1 then coalesce((select jsonb_agg(to_jsonb(s)) from strategy_day_pnl s), '[]') else '[]' end as strategies,
           clock_timestamp() as asked
      from floor_state f where f.id = 1
    """

  static func market(_ row: Rows.Row) throws -> MarketTerms {
    let rate = try row.usd("fee_rate").micros
    let exponent = try row.usd("fee_exponent").micros / 1_000_000
    guard let fee = TakerFee(rateMicros: rate, exponent: Int(exponent)),
      let tick = PriceTick(micros: try row.price("tick").micros)
    else { throw DatabaseError(.shape, "market \(try row.text("slug")) has an impossible fee or tick") }
    return MarketTerms(
      slug: try row.id("slug"), condition: try row.id("condition_id"), yes: try row.id("yes"), no: try row.id("no"),
      tick: tick,
      minimumSize: try row.shares("min_size"), fee: fee, negativeRisk: try row.bool("neg_risk"),
      closes: row.isNull("ends_at") ? nil : try row.market("ends_at"),
      groups: MarketGroups(category: try row.text("category"), event: try row.text("event_group")))
  }

  static func restored(_ row: Rows.Row) throws -> RestoredOrder {
    func word<Word: RawRepresentable<String>>(_ column: String) throws -> Word {
      guard let value = Word(rawValue: try row.text(column)) else {
        throw DatabaseError(.shape, "column \(column) holds an unknown word")
      }
      return value
    }
    let sent = row.isNull("market_at") ? MarketTime(nanoseconds: 0) : try row.market("market_at")
    let terms = IntentMessage.Terms(
      intent: try row.id("intent_id"), agent: try row.id("agent"), epoch: try row.epoch("epoch"),
      action: try word("action"),
      market: try row.id("slug"), outcome: try word("outcome"), side: try word("side"), type: try word("type"),
      price: try row.price("price"), size: try row.shares("size"),
      usefulUntil: row.isNull("useful_until") ? sent : try row.market("useful_until"))
    let id: VenueOrderID = try row.id("order_id")
    var fills: [FillKey: SettlementState] = [:]
    var filled = Shares.zero
    var undone = Shares.zero
    for item in try row.json("fills").array ?? [] {
      guard let trade = item["trade"]?.string.flatMap(VenueTradeID.init), let size = item["size"]?.shares,
        let status = item["status"]?.string.flatMap(SettlementState.init(rawValue:))
      else { throw DatabaseError(.shape, "a fill of \(id) does not read") }
      fills[FillKey(trade: trade, order: id)] = status
      if status == .failed { undone += size } else { filled += size }
    }
    // EXPIRED is the record's word for a cancel that the venue did by its own clock.
    let stateText = try row.text("state")
    guard let state = OrderState(rawValue: stateText == "EXPIRED" ? "CANCELLED" : stateText) else {
      throw DatabaseError(.shape, "order \(id) is in an unknown state")
    }
    return RestoredOrder(
      submission: OrderSubmission(
        terms: terms, origin: try word("origin"), token: try row.id("token_id"), worst: try row.usd("worst"),
        signed: PreparedOrder(id: id, body: try row.bytes("signed_body"), signedAt: try row.wall("created_at")),
        feedOrder: row.isNull("feed_order") ? 0 : try row.int("feed_order"),
        bookTime: row.isNull("book_at") ? sent : try row.market("book_at"), reason: try row.text("reason"),
        journaled: false),
      market: try market(row), state: state, fills: fills, filled: filled, undone: undone, sentAt: sent)
  }
}
