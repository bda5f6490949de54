import Shared

/// One intent from its signal to its settlement, in words. Pure: what is known goes in, lines come out.
struct OrderStory: Hashable {
  /// What the record holds of one intent and of the order that came of it.
  struct Facts: Hashable {
    /// The intent with its agent, and its order and state where there is one.
    var intent: Fact
    /// The row of `decisions`.
    var decision: Fact?
    /// Changes of state out of the audit chain: `at`, `actor`, `from`, `to`, `reason`.
    var changes: [Fact] = []
    var fills: [Fact] = []
    /// Ledger transactions: `tx_id`, `kind`, `booked_at`, `market_at`, `lines`.
    var bookings: [Fact] = []
    var settlements: [Fact] = []
    var trades: [Fact] = []
    /// Intents that ask for its cancel.
    var cancels: [Fact] = []
  }

  struct Line: Hashable {
    let wall: Int64?
    let market: Int64?
    let who: String
    let what: String
  }

  let facts: Facts
  private var intent: Fact { facts.intent }
  private var hasOrder: Bool { intent.has("order_id") }
  private var isBuy: Bool { intent["side"] == "BUY" }

  /// What it is about, and where it stands now.
  var title: String {
    let subject = hasOrder ? "order \(intent["order_id"])" : "intent \(intent["intent"])"
    let kind = intent["is_paper"] == "t" ? ", paper" : intent.has("is_paper") ? ", REAL MONEY" : ""
    return "\(subject) of \(intent["agent"]) (\(intent["strategy"])\(kind)): \(wish)\nnow: \(end)"
  }

  private var wish: String {
    guard intent["action"] != "cancel" else { return "cancel of \(intent["cancels"])" }
    let verb = isBuy ? "buy" : "sell"
    return "\(verb) \(intent.number("size")) \(intent["outcome"]) of \(intent["market"]) at "
      + "\(isBuy ? "most" : "least") \(intent.number("price")) (\(OrderWords.type(intent["type"])))"
  }

  /// Where it stands, in one sentence.
  var end: String {
    if intent["result"] == "denied" { return "refused by \(denier): \(refusal); nothing was sent" }
    guard hasOrder else { return "handed on: it has no order of its own" }
    var text = OrderWords.state(intent["state"])
    if intent["filled"] != "", Fact.trimmed(intent["filled"]) != "0" {
      text += ", \(intent.number("filled")) of \(intent.number("size")) traded"
    }
    if !intent["state_reason"].isEmpty { text += " (\(intent["state_reason"]))" }
    if !["", "NONE"].contains(intent["settlement"]) {
      text += "; settlement of its fills: \(intent["settlement"].lowercased())"
    }
    for trade in facts.trades where !trade.has("voided_at") {
      text += "; round trip \(trade["id"]) made \(OrderWords.signed(trade.amount("pnl"))) USD after fees"
    }
    return text
  }

  private var denier: String {
    switch Denier(reason: intent["denial"], detail: intent["denial_detail"]) {
    case .gate: "the risk gate"
    case .record: "the record"
    }
  }
  private var refusal: String {
    intent["denial"] + (intent["denial_detail"].isEmpty ? "" : " (\(intent["denial_detail"]))")
  }

  // MARK: Lines

  /// In the order of wall time; the decision first, because its row may have been written a moment after its intent.
  var lines: [Line] {
    var lines: [Line] = []
    let later = after.enumerated().sorted { ($0.element.wall ?? 0, $0.offset) < ($1.element.wall ?? 0, $1.offset) }
    lines.append(wanted)
    lines.append(contentsOf: later.map(\.element))
    return lines
  }

  private var wanted: Line {
    let isOwn = intent["origin"] != "gateway"
    var what = "wanted to \(wish): \(facts.decision?["reason"] ?? intent["reason"])"
    if let figures = facts.decision?["detail"], figures != "{}" { what += " " + OrderWords.figures(figures) }
    if isOwn, facts.decision == nil { what += " (its row of decisions was not written)" }
    if let until = intent.time("useful_until") { what += "; useful until \(Fact.clock(until)) market time" }
    return Line(
      wall: facts.decision?.time("at") ?? intent.time("created_at"),
      market: facts.decision?.time("market_at") ?? intent.time("market_at"),
      who: isOwn ? intent["agent"] : "gateway, for \(intent["agent"])", what: what)
  }

  private var after: [Line] {
    var lines = [admission]
    for cancel in facts.cancels {
      lines.append(
        Line(
          wall: cancel.time("created_at"), market: cancel.time("market_at"), who: intent["agent"],
          what: "asked to end it: \(cancel["reason"])" + (cancel.has("denial") ? ", refused: \(cancel["denial"])" : ""))
      )
    }
    for change in facts.changes {
      lines.append(
        Line(
          wall: change.time("at"), market: nil, who: OrderWords.source(of: change["to"]),
          what: "\(change["from"]) → \(change["to"]): \(OrderWords.state(change["to"]))"
            + (change["reason"].isEmpty ? "" : " (\(change["reason"]))")))
    }
    let known = facts.changes.last?["to"] ?? "SENDING"
    if hasOrder, known != intent["state"] {
      lines.append(
        Line(
          wall: end(by: intent["state"]), market: nil, who: OrderWords.source(of: intent["state"]),
          what: "\(known) → \(intent["state"]): \(OrderWords.state(intent["state"]))"))
    }
    for fill in facts.fills { lines.append(contentsOf: told(fill)) }
    for booking in facts.bookings {
      lines.append(
        Line(
          wall: booking.time("booked_at"), market: booking.time("market_at"), who: "ledger",
          what: "\(booking["kind"]) \(booking["tx_id"]): \(booking["lines"])"))
    }
    for settlement in facts.settlements { lines.append(told(settlement: settlement)) }
    for trade in facts.trades { lines.append(contentsOf: told(trade: trade)) }
    return lines
  }

  /// A fill that completes its order is its last change; how it settles later is none.
  private func end(by state: String) -> Int64? {
    (state == "FILLED" ? facts.fills.compactMap { $0.time("recorded_at") }.max() : nil) ?? intent.time("updated_at")
  }

  private var admission: Line {
    let wall = intent.time("created_at")
    let market = intent.time("market_at")
    if intent["result"] == "denied" {
      return Line(wall: wall, market: market, who: denier, what: "refused it: \(refusal). Nothing was sent.")
    }
    guard hasOrder else {
      return Line(wall: wall, market: market, who: "gateway", what: "took it up and sends the cancel to the venue")
    }
    let held =
      isBuy
      ? "\(intent.amount("worst")) USD reserved, its worst case with the highest fee"
      : "\(intent.number("size")) shares reserved"
    return Line(
      wall: wall, market: market, who: "risk gate, record",
      what: "let it through; signed and recorded before a byte left: \(held)")
  }

  private func told(_ fill: Fact) -> [Line] {
    let verb = fill["side"] == "BUY" ? "bought" : "sold"
    var lines = [
      Line(
        wall: fill.time("executed_at"), market: fill.time("market_at"), who: "venue",
        what: "\(verb) \(fill.number("size")) at \(fill.number("price")) = \(fill.amount("notional")) USD, fee "
          + "\(fill.amount("fee")) USD, as \(fill["liquidity"].lowercased()); trade \(fill["venue_trade_id"]), "
          + "heard by \(fill["source"].isEmpty ? "an unnamed road" : fill["source"])")
    ]
    if fill["status"] != "MATCHED" {
      let what =
        fill["status"] == "FAILED"
        ? "trade \(fill["venue_trade_id"]) FAILED to settle: the fill was undone everywhere"
        : "trade \(fill["venue_trade_id"]) is \(fill["status"])"
      lines.append(Line(wall: fill.time("updated_at"), market: nil, who: "venue", what: what))
    }
    return lines
  }

  private func told(settlement: Fact) -> Line {
    let what =
      settlement["kind"] == "correct"
      ? "a payout was corrected by \(OrderWords.signed(settlement.amount("proceeds"))) USD, because a fill had failed"
      : "the market is decided: \(settlement.number("shares")) shares at \(settlement.number("payout")) pay "
        + "\(settlement.amount("proceeds")) USD, which makes \(OrderWords.signed(settlement.amount("realized"))) USD"
    return Line(
      wall: settlement.time("settled_at"), market: settlement.time("market_at"), who: "venue, gateway", what: what)
  }

  private func told(trade: Fact) -> [Line] {
    var lines = [
      Line(
        wall: trade.time("executed_at"), market: trade.time("market_at"), who: "record",
        what: "round trip \(trade["id"]) is closed (\(trade["exit_reason"])): in \(trade.amount("cost")) USD, out "
          + "\(trade.amount("proceeds")) USD, fees \(trade.amount("fees")) USD, result "
          + "\(OrderWords.signed(trade.amount("pnl"))) USD")
    ]
    if trade.has("voided_at") {
      lines.append(
        Line(
          wall: trade.time("voided_at"), market: nil, who: "record",
          what: "round trip \(trade["id"]) does not count any more: \(trade["void_reason"])"))
    }
    return lines
  }
}
