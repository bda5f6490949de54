import Shared
import Testing

@Suite("Audit of the books")
struct AuditRunTests {
  /// One agent bought ten at 0.50 for 5.00 and 0.175 of fees, and sold four at 0.60.
  static func books() -> AuditFacts {
    var facts = AuditFacts()
    facts.allocationCap = 400_000_000
    facts.tokens["7"] = .init(feeRate: 70_000, feeExponent: 1, payout: nil)
    facts.fills = [
      .init(
        trade: "t1", order: "o1", agent: 1, token: "7", isBuy: true, price: 500_000, size: 10_000_000,
        notional: 5_000_000,
        fee: 175_000, cycle: 1),
      .init(
        trade: "t2", order: "o2", agent: 1, token: "7", isBuy: false, price: 600_000, size: 4_000_000,
        notional: 2_400_000,
        fee: 67_200, cycle: 1),
    ]
    facts.orders = [
      "o1": .init(agent: 1, isBuy: true, price: 500_000, size: 10_000_000, reserved: 0),
      "o2": .init(agent: 1, isBuy: false, price: 600_000, size: 10_000_000, reserved: 0),
    ]
    facts.bookings = [
      .init(kind: "deposit", reference: "first", treasury: 1_000_000_000, external: -1_000_000_000),
      .init(kind: "allocate", reference: "1:2", account: "agent:1", agentCash: 100_000_000, treasury: -100_000_000),
      .init(
        kind: "fill", reference: "t1/o1", account: "agent:1", token: "7", agentCash: -5_175_000, venueCash: 5_000_000,
        fees: 175_000, agentShares: 10_000_000, venueShares: -10_000_000),
      .init(
        kind: "fill", reference: "t2/o2", account: "agent:1", token: "7", agentCash: 2_332_800, venueCash: -2_400_000,
        fees: 67_200, agentShares: -4_000_000, venueShares: 4_000_000),
    ]
    facts.balances = [
      .init("treasury", "USD"): 900_000_000, .init("agent:1", "USD"): 97_157_800, .init("venue", "USD"): 2_600_000,
      .init("fees", "USD"): 242_200, .init("external", "USD"): -1_000_000_000, .init("agent:1", "7"): 6_000_000,
      .init("venue", "7"): -6_000_000,
    ]
    // Four of ten shares took 2.00 of the cost and 0.07 of the fees with them.
    facts.positions[.init(1, "7")] = .init(shares: 6_000_000, cost: 3_000_000, fees: 105_000)
    facts.allocations[1] = .init(
      name: "one", allocated: 100_000_000, reserved: 0, invested: 3_105_000, realized: 262_800)
    return facts
  }

  static func codes(_ change: (inout AuditFacts) -> Void) -> [AuditFinding.Code] {
    var facts = books()
    change(&facts)
    return AuditRun.report(on: facts).findings.map(\.code)
  }

  @Test("sound books give no finding, and the wallet is what the bookings leave")
  func sound() {
    let report = AuditRun.report(on: Self.books())
    #expect(report.findings == [])
    #expect(report.wallet == 997_157_800)
  }

  @Test("one micro-dollar or micro-share anywhere is found, and money drift halts")
  func oneMicro() {
    #expect(Self.codes { $0.fills[0].fee += 1 }.contains(.fillBookedWrong))
    #expect(Self.codes { $0.fills[0].notional += 1 }.contains(.fillBookedWrong))
    #expect(Self.codes { $0.fills[0].notional += 1 }.contains(.notionalWrong))
    #expect(Self.codes { $0.fills[0].price += 1 }.contains(.notionalWrong))
    #expect(Self.codes { $0.fills[0].size += 1 }.contains(.positionWrong))
    #expect(Self.codes { $0.bookings[2].agentCash += 1 }.contains(.ledgerUnbalanced))
    #expect(Self.codes { $0.bookings[1].treasury -= 1 }.contains(.ledgerUnbalanced))
    #expect(Self.codes { $0.balances[.init("treasury", "USD")]! += 1 } == [.balanceWrong])
    #expect(Self.codes { $0.positions[.init(1, "7")]!.shares += 1 } == [.positionWrong])
    #expect(Self.codes { $0.allocations[1]!.realized += 1 } == [.cashWrong])
    #expect(Self.codes { $0.positions[.init(1, "7")]!.cost += 1 } == [.investedWrong, .investedWrong])
    for code in [
      AuditFinding.Code.fillBookedWrong, .notionalWrong, .ledgerUnbalanced, .balanceWrong, .positionWrong, .cashWrong,
    ] {
      #expect(code.halts)
    }
  }

  @Test("a fill that was not booked, and a booking without a fill, are found")
  func missing() {
    #expect(Self.codes { $0.bookings.remove(at: 3) }.contains(.fillNotBooked))
    #expect(Self.codes { $0.fills.remove(at: 1) }.contains(.bookingWithoutCause))
  }

  @Test("a voided fill needs its opposite booking, a standing one must have none")
  func voids() {
    #expect(Self.codes { $0.fills[1].isVoided = true }.contains(.voidBookedWrong))
    let reversed = Self.codes { facts in
      facts.fills[1].isVoided = true
      facts.bookings.append(
        .init(
          kind: "void", reference: "t2/o2", account: "agent:1", token: "7", agentCash: -2_332_800, venueCash: 2_400_000,
          fees: -67_200,
          agentShares: 4_000_000, venueShares: -4_000_000))
      facts.balances = [
        .init("treasury", "USD"): 900_000_000, .init("agent:1", "USD"): 94_825_000, .init("venue", "USD"): 5_000_000,
        .init("fees", "USD"): 175_000, .init("external", "USD"): -1_000_000_000, .init("agent:1", "7"): 10_000_000,
        .init("venue", "7"): -10_000_000,
      ]
      facts.positions[.init(1, "7")] = .init(shares: 10_000_000, cost: 5_000_000, fees: 175_000)
      facts.allocations[1] = .init(name: "one", allocated: 100_000_000, reserved: 0, invested: 5_175_000, realized: 0)
    }
    #expect(reversed == [])
  }

  @Test("fees off the venue's curve, fills outside their order, and limits passed are findings that do not halt")
  func rules() {
    let feeless = Self.codes { facts in
      facts.tokens["7"]!.feeRate = 60_000
    }
    #expect(Set(feeless) == [.feeWrong])
    #expect(Self.codes { $0.fills[0].isTaker = false }.contains(.feeWrong))
    #expect(Self.codes { $0.orders["o1"]!.price = 490_000 } == [.priceOutsideLimit])
    #expect(Self.codes { $0.orders["o2"]!.price = 610_000 } == [.priceOutsideLimit])
    #expect(Self.codes { $0.orders["o1"]!.size = 9_999_999 } == [.overfilled])
    #expect(Self.codes { $0.orders["o1"]!.reserved = 1 } == [.reservedWrong])
    #expect(Self.codes { $0.allocationCap = 99_999_999 } == [.overCap])
    #expect(Self.codes { $0.trades = [.init(id: 5, cycle: 1, pnl: 1)] } == [.tradeResultWrong])
    for code in [AuditFinding.Code.feeWrong, .priceOutsideLimit, .overfilled, .overCap] { #expect(!code.halts) }
  }

  @Test("a settlement pays what the market paid, once, on the shares that were held")
  func settlements() {
    func settle(_ facts: inout AuditFacts) {
      facts.tokens["7"]!.payout = 1_000_000
      facts.settlements = [
        .init(
          id: 3, agent: 1, token: "7", cycle: 1, shares: 6_000_000, payout: 1_000_000, proceeds: 6_000_000,
          isCorrection: false)
      ]
      facts.bookings.append(
        .init(
          kind: "settle", reference: "3", account: "agent:1", token: "7", agentCash: 6_000_000, venueCash: -6_000_000,
          agentShares: -6_000_000, venueShares: 6_000_000))
      facts.balances[.init("agent:1", "USD")]! += 6_000_000
      facts.balances[.init("venue", "USD")]! -= 6_000_000
      facts.balances[.init("agent:1", "7")] = 0
      facts.balances[.init("venue", "7")] = 0
      facts.positions[.init(1, "7")] = .init(shares: 0, cost: 0, fees: 0)
      facts.allocations[1] = .init(name: "one", allocated: 100_000_000, reserved: 0, invested: 0, realized: 3_157_800)
      facts.trades = [.init(id: 1, cycle: 1, pnl: 3_157_800)]
    }
    #expect(Self.codes { settle(&$0) } == [])
    #expect(
      Self.codes {
        settle(&$0)
        $0.tokens["7"]!.payout = 0
      } == [.payoutWrong])
    #expect(
      Self.codes {
        settle(&$0)
        $0.settlements[0].proceeds += 1
      }.contains(.settlementBookedWrong))
    #expect(
      Self.codes {
        settle(&$0)
        $0.trades[0].pnl += 1
      } == [.tradeResultWrong])
  }

  @Test("a difference with the venue counts when the same one stood in three readings over two minutes")
  func drift() {
    var drift = BalanceDrift()
    var id: Int64 = 0
    func read(_ second: Int64, _ cents: Int64) -> USD? {
      id += 1
      return drift.judge(.init(id: id, at: WallTime(seconds: second), difference: USD(micros: cents * 10_000)))
    }
    #expect(read(0, 5) == nil)
    #expect(read(60, 5) == nil)
    #expect(read(100, 6) == nil)
    #expect(read(130, 5) == nil)
    #expect(read(200, 5) == nil)
    #expect(read(249, 5) == nil)
    #expect(read(250, 5) == USD(micros: 50_000))
    #expect(read(300, 0) == nil)
    #expect(read(500, 5) == nil)
  }

  @Test(
    "an auditor is ready after its first result, blind after three failures in a row, and tells so once until it sees again"
  )
  func sight() {
    var sight = AuditSight()
    #expect(!sight.isReady && !sight.isBlind)
    sight.passed()
    for _ in 0..<2 { sight.failed() }
    #expect(sight.isReady && !sight.mustTell)
    sight.passed()
    for _ in 0..<2 { sight.failed() }
    #expect(sight.isReady)
    sight.failed()
    #expect(!sight.isReady && sight.isBlind && sight.mustTell)
    // What could not be told is still to be told.
    sight.failed()
    #expect(sight.mustTell)
    sight.told()
    sight.failed()
    #expect(!sight.isReady && !sight.mustTell)
    sight.passed()
    #expect(sight.isReady && !sight.isBlind)
    for _ in 0..<3 { sight.failed() }
    #expect(sight.mustTell)
  }

  @Test("an auditor that has never seen the books is blind after three failures, too")
  func neverSeen() {
    var sight = AuditSight()
    for _ in 0..<3 { sight.failed() }
    #expect(!sight.isReady && sight.mustTell)
  }

  @Test("every change to a chained entry is found at that entry", arguments: 0..<7)
  func chain(field: Int) throws {
    var entries: [AuditChain.Entry] = []
    var prev = [UInt8](repeating: 0, count: 32)
    for seq in 1...5 {
      var entry = AuditChain.Entry(
        seq: Int64(seq), outboxID: Int64(seq + 10), at: "2026-01-01T00:00:00.000000Z", actor: "floor_boss",
        kind: "mode",
        body: "{\"n\": \(seq)}", prev: prev, hash: [])
      entry.hash = AuditChain.hash(of: entry)
      prev = entry.hash
      entries.append(entry)
    }
    var whole = AuditChain()
    for entry in entries { try whole.verify(entry) }
    #expect(whole.seq == 5)
    switch field {
    case 0: entries[2].outboxID += 1
    case 1: entries[2].at = "2026-01-01T00:00:00.000001Z"
    case 2: entries[2].actor = "floor_bos"
    case 3: entries[2].kind = "smode"
    case 4: entries[2].body += " "
    case 5: entries[2].hash[31] ^= 1
    default: entries.remove(at: 2)
    }
    var chain = AuditChain()
    try chain.verify(entries[0])
    try chain.verify(entries[1])
    #expect(throws: AuditChain.Fault.self) { try chain.verify(entries[2]) }
    #expect(chain.seq == 2)
  }
}
