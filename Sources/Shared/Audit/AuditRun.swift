/// One pass over the facts: what follows from orders, fills and settlements is computed here and compared with what the books say.
public struct AuditRun {
  /// What was looked at and what was found.
  public struct Report: Hashable, Sendable {
    public var findings: [AuditFinding] = []
    public var fills = 0
    public var bookings = 0
    /// Treasury and agents' cash by the auditor's own sum, at 10⁻⁶: what the wallet at the venue must hold.
    public var wallet: Int64 = 0
  }

  private let facts: AuditFacts
  private var report = Report()
  private var balances: [AuditFacts.Account: Int64] = [:]
  private var shares: [AuditFacts.Holding: Int64] = [:]
  private var cash: [Int64: Int64] = [:]
  private var bookings: [String: AuditFacts.Booking] = [:]

  public static func report(on facts: AuditFacts) -> Report {
    var run = AuditRun(facts)
    run.sumLedger()
    run.checkFills()
    run.checkSettlements()
    run.checkCauses()
    run.checkBalances()
    run.checkPositions()
    run.checkRoundTrips()
    run.checkLimits()
    run.report.findings.sort { ($0.code.rawValue, $0.subject) < ($1.code.rawValue, $1.subject) }
    return run.report
  }

  private init(_ facts: AuditFacts) {
    self.facts = facts
    report.fills = facts.fills.count
    report.bookings = facts.bookings.count
  }

  private mutating func find(_ code: AuditFinding.Code, _ subject: String, expected: Int64, found: Int64) {
    report.findings.append(AuditFinding(code, subject, expected: expected, found: found))
  }

  // MARK: The ledger against itself

  private mutating func sumLedger() {
    for booking in facts.bookings {
      let money = booking.agentCash + booking.treasury + booking.venueCash + booking.fees + booking.external
      let subject = "\(booking.kind) \(booking.reference)"
      if money != 0 { find(.ledgerUnbalanced, subject, expected: 0, found: money) }
      if booking.agentShares + booking.venueShares != 0 {
        find(.ledgerUnbalanced, subject + " shares", expected: 0, found: booking.agentShares + booking.venueShares)
      }
      bookings[booking.kind + " " + booking.reference] = booking
      if let account = booking.account {
        balances[.init(account, "USD"), default: 0] += booking.agentCash
        if let token = booking.token { balances[.init(account, token), default: 0] += booking.agentShares }
      }
      balances[.init("treasury", "USD"), default: 0] += booking.treasury
      balances[.init("venue", "USD"), default: 0] += booking.venueCash
      balances[.init("fees", "USD"), default: 0] += booking.fees
      balances[.init("external", "USD"), default: 0] += booking.external
      if let token = booking.token { balances[.init("venue", token), default: 0] += booking.venueShares }
      report.wallet += booking.agentCash + booking.treasury
    }
  }

  // MARK: What happened against what was booked

  private mutating func checkFills() {
    var filled: [String: Int64] = [:]
    for fill in facts.fills {
      let subject = "fill \(fill.reference)"
      compare(bookings["fill " + fill.reference], with: fill, sign: 1, missing: .fillNotBooked, wrong: .fillBookedWrong)
      if fill.isVoided {
        compare(
          bookings["void " + fill.reference], with: fill, sign: -1, missing: .voidBookedWrong, wrong: .voidBookedWrong)
      } else {
        if bookings["void " + fill.reference] != nil {
          report.findings.append(
            AuditFinding(.voidBookedWrong, subject, expected: "standing", found: "voided in the ledger"))
        }
        filled[fill.order, default: 0] += fill.size
        shares[.init(fill.agent, fill.token), default: 0] += fill.shares
        cash[fill.agent, default: 0] += fill.cash
      }
      let exact = Int128(fill.price) * Int128(fill.size)
      if (Int128(fill.notional) * 1_000_000 - exact).magnitude >= 1_000_000 {
        find(.notionalWrong, subject, expected: Int64(exact / 1_000_000), found: fill.notional)
      }
      checkFee(fill, subject)
      if let order = facts.orders[fill.order] {
        if fill.isBuy ? fill.price > order.price : fill.price < order.price {
          find(.priceOutsideLimit, subject, expected: order.price, found: fill.price)
        }
      }
    }
    for (order, size) in filled {
      if let limit = facts.orders[order]?.size, size > limit {
        find(.overfilled, "order \(order)", expected: limit, found: size)
      }
    }
  }

  private mutating func compare(
    _ booking: AuditFacts.Booking?, with fill: AuditFacts.Fill, sign: Int64, missing: AuditFinding.Code,
    wrong: AuditFinding.Code
  ) {
    let subject = "fill \(fill.reference)"
    guard let booking else {
      report.findings.append(AuditFinding(missing, subject, expected: "a booking", found: "none"))
      return
    }
    if booking.agentCash != sign * fill.cash {
      find(wrong, subject + " cash", expected: sign * fill.cash, found: booking.agentCash)
    }
    if booking.fees != sign * fill.fee { find(wrong, subject + " fee", expected: sign * fill.fee, found: booking.fees) }
    if booking.agentShares != sign * fill.shares {
      find(wrong, subject + " shares", expected: sign * fill.shares, found: booking.agentShares)
    }
    if booking.account != "agent:\(fill.agent)" || booking.token != fill.token {
      report.findings.append(
        AuditFinding(wrong, subject + " account", expected: "agent:\(fill.agent)", found: booking.account ?? "none"))
    }
  }

  /// `size · rate · (price · (1 − price))^exponent`, to one unit of the venue's fifth decimal either way.
  private mutating func checkFee(_ fill: AuditFacts.Fill, _ subject: String) {
    guard let token = facts.tokens[fill.token] else { return }
    var exact: Int64 = 0
    if fill.isTaker {
      var product = Int128(fill.size) * Int128(token.feeRate) / 1_000_000
      for _ in 0..<token.feeExponent {
        product = product * Int128(fill.price) * Int128(1_000_000 - fill.price) / 1_000_000_000_000
      }
      exact = Int64(product)
    }
    let tolerance: Int64 = fill.isTaker ? 11 : 0
    if (fill.fee - exact).magnitude > tolerance { find(.feeWrong, subject, expected: exact, found: fill.fee) }
  }

  private mutating func checkSettlements() {
    for settlement in facts.settlements {
      let subject = "settlement \(settlement.id)"
      shares[.init(settlement.agent, settlement.token), default: 0] -= settlement.shares
      cash[settlement.agent, default: 0] += settlement.proceeds
      let exact = Int128(settlement.shares) * Int128(settlement.payout)
      if (Int128(settlement.proceeds) * 1_000_000 - exact).magnitude >= 1_000_000 {
        find(.settlementBookedWrong, subject, expected: Int64(exact / 1_000_000), found: settlement.proceeds)
      }
      if let payout = facts.tokens[settlement.token]?.payout {
        if payout != settlement.payout { find(.payoutWrong, subject, expected: payout, found: settlement.payout) }
      } else {
        report.findings.append(AuditFinding(.payoutWrong, subject, expected: "an outcome", found: "none"))
      }
      let booking = bookings[(settlement.isCorrection ? "correct " : "settle ") + String(settlement.id)]
      if booking?.agentCash != settlement.proceeds {
        find(.settlementBookedWrong, subject + " cash", expected: settlement.proceeds, found: booking?.agentCash ?? 0)
      }
      if booking?.agentShares != -settlement.shares {
        find(
          .settlementBookedWrong, subject + " shares", expected: -settlement.shares, found: booking?.agentShares ?? 0)
      }
    }
  }

  /// Every booking of a trade has its fill or settlement.
  private mutating func checkCauses() {
    var causes: Set<String> = []
    for fill in facts.fills { causes.formUnion(["fill " + fill.reference, "void " + fill.reference]) }
    for settlement in facts.settlements { causes.formUnion(["settle \(settlement.id)", "correct \(settlement.id)"]) }
    for booking in facts.bookings where ["fill", "void", "settle", "correct"].contains(booking.kind) {
      let key = booking.kind + " " + booking.reference
      if !causes.contains(key) {
        report.findings.append(AuditFinding(.bookingWithoutCause, key, expected: "a fill or settlement", found: "none"))
      }
    }
  }

  // MARK: Balances, positions, capital

  private mutating func checkBalances() {
    for account in Set(balances.keys).union(facts.balances.keys).sorted() {
      let own = balances[account] ?? 0
      let told = facts.balances[account] ?? 0
      if own != told { find(.balanceWrong, "\(account.name) \(account.asset)", expected: own, found: told) }
    }
    // An agent's cash is what capital brought plus what its trading moved.
    var capital: [String: Int64] = [:]
    for booking in facts.bookings where booking.kind == "allocate" || booking.kind == "return" {
      if let account = booking.account { capital[account, default: 0] += booking.agentCash }
    }
    for (agent, allocation) in facts.allocations.sorted(by: { $0.key < $1.key }) {
      let own = (capital["agent:\(agent)"] ?? 0) + (cash[agent] ?? 0)
      let told = allocation.allocated + allocation.realized - allocation.invested
      if own != told { find(.cashWrong, "agent \(allocation.name)", expected: own, found: told) }
    }
  }

  private mutating func checkPositions() {
    for holding in Set(shares.keys).union(facts.positions.keys).sorted() {
      let own = shares[holding] ?? 0
      let told = facts.positions[holding]?.shares ?? 0
      let subject = "agent \(facts.allocations[holding.agent]?.name ?? String(holding.agent)) token \(holding.token)"
      if own != told { find(.positionWrong, subject, expected: own, found: told) }
      if own < 0 { find(.nakedSale, subject, expected: 0, found: own) }
    }
  }

  /// A round trip that is closed brought what its fills and settlements brought in cash, no more and no less.
  private mutating func checkRoundTrips() {
    var results: [Int64: Int64] = [:]
    for fill in facts.fills where !fill.isVoided { results[fill.cycle, default: 0] += fill.cash }
    for settlement in facts.settlements { results[settlement.cycle, default: 0] += settlement.proceeds }
    checkCosts()
    for trade in facts.trades where results[trade.cycle] ?? 0 != trade.pnl {
      find(.tradeResultWrong, "trade \(trade.id)", expected: results[trade.cycle] ?? 0, found: trade.pnl)
    }
  }

  /// Cost and fees of what is held: averaged; a sale takes its part rounded to 10⁻⁶, and all of it when nothing remains
  /// (sql/README.md, "The money").
  private mutating func checkCosts() {
    struct Held { var shares: Int128 = 0, cost: Int128 = 0, fees: Int128 = 0 }
    var cycles: [Int64: Held] = [:]
    var holdings: [Int64: AuditFacts.Holding] = [:]
    func move(_ held: inout Held, _ shares: Int128, _ cost: Int128, _ fee: Int128) {
      if shares > 0 {
        let covered = min(max(-held.shares, 0), shares)
        held.cost += cost - divide(cost * covered, by: shares, rounding: .nearest)
        held.fees += fee - divide(fee * covered, by: shares, rounding: .nearest)
      } else if -shares >= held.shares {
        held.cost = 0
        held.fees = 0
      } else {
        held.cost -= divide(held.cost * -shares, by: held.shares, rounding: .nearest)
        held.fees -= divide(held.fees * -shares, by: held.shares, rounding: .nearest)
      }
      held.shares += shares
    }
    for fill in facts.fills where !fill.isVoided {
      move(&cycles[fill.cycle, default: Held()], Int128(fill.shares), Int128(fill.notional), Int128(fill.fee))
      holdings[fill.cycle] = .init(fill.agent, fill.token)
    }
    for settlement in facts.settlements where cycles[settlement.cycle] != nil {
      cycles[settlement.cycle] = nil
    }
    var costs: [AuditFacts.Holding: Int128] = [:]
    for (cycle, held) in cycles where held.shares != 0 {
      if let holding = holdings[cycle] { costs[holding, default: 0] += held.cost + held.fees }
    }
    for holding in Set(costs.keys).union(facts.positions.keys).sorted() {
      let own = Int64(costs[holding] ?? 0)
      let told = facts.positions[holding].map { $0.cost + $0.fees } ?? 0
      if own != told {
        find(.investedWrong, "agent \(holding.agent) token \(holding.token)", expected: own, found: told)
      }
    }
  }

  // MARK: Limits

  private mutating func checkLimits() {
    var reserved: [Int64: Int64] = [:]
    for order in facts.orders.values { reserved[order.agent, default: 0] += order.reserved }
    var invested: [Int64: Int64] = [:]
    for (holding, position) in facts.positions { invested[holding.agent, default: 0] += position.cost + position.fees }
    var allocated: Int64 = 0
    for (agent, allocation) in facts.allocations.sorted(by: { $0.key < $1.key }) {
      let subject = "agent \(allocation.name)"
      let ownReserved = reserved[agent] ?? 0
      let ownInvested = invested[agent] ?? 0
      if ownReserved != allocation.reserved {
        find(.reservedWrong, subject, expected: ownReserved, found: allocation.reserved)
      }
      if ownInvested != allocation.invested {
        find(.investedWrong, subject, expected: ownInvested, found: allocation.invested)
      }
      let limit = allocation.allocated + min(allocation.realized, 0)
      if ownReserved + ownInvested > limit {
        find(.overAllocated, subject, expected: limit, found: ownReserved + ownInvested)
      }
      allocated += allocation.allocated
    }
    if allocated > facts.allocationCap { find(.overCap, "floor", expected: facts.allocationCap, found: allocated) }
  }
}
