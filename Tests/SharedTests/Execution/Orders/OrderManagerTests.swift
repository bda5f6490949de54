import Shared
import Testing

/// Single stories, each a short script of events and the effects they must have.
@Suite struct OrderManagerTests {
  /// The world without its own answers: the test says what happens.
  final class Script {
    var manager: OrderManager
    var time: Int64 = 1_795_180_000_000_000_000
    let world = OrderManagerWorld(seed: 1)

    init(mode: FloorMode = .active, settings: OrderManager.Settings = .init()) {
      manager = OrderManager(settings: settings)
      let agent = Standing.Agent(mayEnter: true, allocation: USD(dollars: 1000), invested: .zero, lossesInARow: 0)
      _ = feed(
        .standing(
          Standing(
            agents: [AgentName("a")!: agent], capital: USD(dollars: 10_000), realisedToday: .zero,
            equity: USD(dollars: 10_000), peakEquity: USD(dollars: 10_000))))
      _ = feed(.mode(mode))
    }

    var now: Moment { Moment(monotonic: MonotonicTime(nanoseconds: time), wall: WallTime(nanoseconds: time)) }

    func feed(_ event: GatewayEvent) -> [GatewayEffect] { manager.handle(event, now) }

    func wait(_ milliseconds: Int64) -> [GatewayEffect] {
      time += milliseconds * 1_000_000
      return feed(.tick)
    }

    func order(_ number: Int) -> PreparedOrder {
      let hex = String(number, radix: 16)
      return PreparedOrder(
        id: VenueOrderID("0x" + String(repeating: "0", count: 64 - hex.count) + hex)!, body: [UInt8(number)],
        signedAt: now.wall)
    }

    /// Brings an intent up to the first byte.
    func send(_ wish: IntentMessage, _ number: Int) -> PreparedOrder {
      let order = order(number)
      _ = feed(.intent(wish, .valid, world.view))
      _ = feed(.signed(wish.terms.intent, order, failure: ""))
      _ = feed(.submitted(wish.terms.intent, .committed))
      return order
    }

    /// Ends every look-up the same way, also those that come of it. Returns how many there were.
    func answerLookUps(_ effects: [GatewayEffect], _ result: LookUpResult) -> Int {
      var asked = 0
      for case .lookUp(let id, _) in effects {
        asked += 1 + answerLookUps(feed(.lookedUp(id, result)), result)
      }
      return asked
    }

    func state(_ wish: IntentMessage) -> OrderState? { manager.order(wish.terms.intent)?.state }

    func venueOrder(
      _ order: PreparedOrder, _ wish: IntentMessage, _ status: VenueOrderStatus, matched: Int64 = 0
    ) -> VenueOrder {
      VenueOrder(
        id: order.id, status: status, market: OrderManagerWorld.market.condition, token: OrderManagerWorld.market.yes,
        side: wish.terms.side, price: wish.terms.price, size: wish.terms.size, matched: Shares(whole: matched),
        timeInForce: wish.terms.type, trades: [], createdAt: nil)
    }

    func trade(_ order: PreparedOrder, _ id: String, size: Int64, status: VenueTradeStatus = .matched) -> VenueTrade {
      VenueTrade(
        id: VenueTradeID(id)!, status: status, market: OrderManagerWorld.market.condition, takerOrder: order.id,
        token: OrderManagerWorld.market.yes, side: .buy, price: Price(micros: 500_000)!, size: Shares(whole: size),
        makers: [], matchedAt: now.market, updatedAt: now.market, transactionHash: nil, weAreTaker: true)
    }
  }

  @Test("The hot path is sign, record, post: the bytes leave on the commit and not before")
  func hotPath() {
    let script = Script()
    let wish = script.world.wish(1)
    #expect(
      script.feed(.intent(wish, .valid, script.world.view)) == [.sign(wish.terms, OrderManagerWorld.market)])
    let order = script.order(7)
    let recorded = script.feed(.signed(wish.terms.intent, order, failure: ""))
    guard recorded.count == 1, case .record(.submit(let submission)) = recorded[0] else {
      Issue.record("\(recorded)")
      return
    }
    #expect(submission.signed == order && !submission.journaled)
    #expect(submission.worst == (try? USD(parsing: "10.3501")))
    #expect(script.feed(.submitted(wish.terms.intent, .unanswered)) == [])
    #expect(script.feed(.submitted(wish.terms.intent, .committed)) == [.post(order)])
    #expect(script.feed(.submitted(wish.terms.intent, .committed)) == [])
    #expect(script.state(wish) == .sending)
  }

  @Test("A repeat of an intent is answered with what was said before, never signed again")
  func repeats() {
    let script = Script()
    let wish = script.world.wish(1)
    _ = script.send(wish, 7)
    #expect(script.feed(.intent(wish, .valid, script.world.view)) == [.repeatAnswer(wish.terms.intent)])
  }

  @Test("An unproven intent leaves no trace, so that it cannot spend an agent's intent id")
  func unproven() {
    let script = Script()
    let wish = script.world.wish(1)
    for proof in [ProofVerdict.bad, .noGrant, .staleEpoch(granted: Epoch(9))] {
      #expect(script.feed(.intent(wish, proof, script.world.view)) == [])
    }
    #expect(script.manager.counters.unproven == 3)
    #expect(script.feed(.intent(wish, .valid, script.world.view)).count == 1)
  }

  @Test("A halt between commit and send withdraws the order unsent, and its reservation is released")
  func haltBeforeSend() {
    let script = Script()
    let wish = script.world.wish(1)
    let order = script.order(7)
    _ = script.feed(.intent(wish, .valid, script.world.view))
    _ = script.feed(.signed(wish.terms.intent, order, failure: ""))
    _ = script.feed(.mode(.halted))
    let effects = script.feed(.submitted(wish.terms.intent, .committed))
    #expect(effects.allSatisfy { if case .post = $0 { false } else { true } })
    #expect(script.state(wish) == .expiredUnsent)
  }

  @Test(
    "What closed the door between the wish and the commit is seen before the first byte: the order is withdrawn unsent")
  func lastLook() {
    let doors: [(GatewayEvent, String)] = [
      (.mode(.reduceOnly), "mode_forbids"), (.mode(.cancelOnly), "mode_forbids"),
      (.venue(up: false), "venue_unavailable"),
    ]
    for (door, reason) in doors {
      let script = Script()
      let wish = script.world.wish(1)
      let order = script.order(7)
      _ = script.feed(.intent(wish, .valid, script.world.view))
      _ = script.feed(.signed(wish.terms.intent, order, failure: ""))
      _ = script.feed(door)
      let effects = script.feed(.submitted(wish.terms.intent, .committed))
      #expect(effects == [.record(.advance(order.id, .expiredUnsent, reason: reason, detail: ""))], "\(door)")
      #expect(script.state(wish) == .expiredUnsent && script.manager.deployed(AgentName("a")!) == .zero)
    }
  }

  @Test("An intent that outlived its usefulness while the record was slow is withdrawn, not sent late")
  func tooLate() {
    let script = Script()
    let wish = script.world.wish(1, useful: .seconds(2))
    let order = script.order(7)
    _ = script.feed(.intent(wish, .valid, script.world.view))
    _ = script.feed(.signed(wish.terms.intent, order, failure: ""))
    let effects = script.wait(2000)
    #expect(effects == [.record(.advance(order.id, .expiredUnsent, reason: "expired", detail: ""))])
    #expect(script.feed(.submitted(wish.terms.intent, .committed)) == [])
    // The record may as well have refused it by then: that is no order sent behind its back.
    let other = script.world.wish(2, useful: .seconds(4))
    _ = script.feed(.intent(other, .valid, script.world.view))
    _ = script.feed(.signed(other.terms.intent, script.order(8), failure: ""))
    _ = script.wait(4000)
    #expect(script.feed(.submitted(other.terms.intent, .refused(code: "expired", detail: ""))) == [])
    #expect(script.state(other) == .expiredUnsent)
  }

  @Test("A timeout after the venue accepted: UNKNOWN, asked at once, found, filled; never signed or posted again")
  func timeoutAfterAccept() {
    let script = Script()
    let wish = script.world.wish(1)
    let order = script.send(wish, 7)
    let lost = script.feed(.answered(order.id, .unknown("timeout")))
    #expect(lost.first == .record(.advance(order.id, .unknown, reason: "no_answer", detail: "timeout")))
    #expect(lost.contains { if case .lookUp(order.id, _) = $0 { true } else { false } })
    // Another entry into the same token must wait.
    let other = script.feed(.intent(script.world.wish(2, price: "0.49"), .valid, script.world.view))
    #expect(
      other.contains {
        if case .record(.deny(_, _, let refusal)) = $0 { refusal.code == .tokenUnresolved } else { false }
      })
    _ = script.feed(.order(script.venueOrder(order, wish, .matched, matched: 20), .query))
    #expect(script.state(wish) == .live)
    let filled = script.feed(.trade(script.trade(order, "t1", size: 20), .query))
    #expect(script.state(wish) == .filled)
    #expect(filled.contains { if case .record(.fill(let fill)) = $0 { fill.size == Shares(whole: 20) } else { false } })
    #expect(filled.last == .record(.advance(order.id, .filled, reason: "", detail: "")))
  }

  @Test("An order that nobody answers is UNKNOWN at its deadline, keeps what it reserved, and is asked for")
  func neverAnswered() {
    let script = Script()
    let wish = script.world.wish(1)
    let order = script.send(wish, 7)
    let reserved = script.manager.deployed(AgentName("a")!)
    #expect(reserved > .zero)
    let deadline = script.manager.settings.answerDeadline.milliseconds
    #expect(script.wait(deadline - 1) == [])
    let effects = script.wait(1)
    #expect(effects.first == .record(.advance(order.id, .unknown, reason: "no_answer", detail: "deadline")))
    #expect(effects.contains { if case .lookUp(order.id, _) = $0 { true } else { false } })
    #expect(script.state(wish) == .unknown && script.manager.deployed(AgentName("a")!) == reserved)
  }

  @Test("Absence is proven by three look-ups over ninety seconds, not by fewer and not by faster")
  func absence() {
    let script = Script()
    let wish = script.world.wish(1, useful: .seconds(300))
    let order = script.send(wish, 7)
    _ = script.feed(.answered(order.id, .unknown("timeout")))
    var asked = 1
    var elapsed: Int64 = 0
    while script.state(wish) == .unknown, elapsed < 300_000 {
      _ = script.feed(.lookedUp(order.id, .absent))
      for _ in 0..<2 {
        elapsed += 500
        for effect in script.wait(500) { if case .lookUp = effect { asked += 1 } }
      }
    }
    #expect(script.state(wish) == .void)
    #expect(asked >= 3 && asked < 12)
    #expect(elapsed >= 90_000 && elapsed < 125_000)
  }

  @Test("Rounds without an answer put off their own repeats, and not the proof that the answers after them give")
  func unansweredRounds() {
    var settings = OrderManager.Settings()
    settings.absenceSpan = .seconds(2)
    let script = Script(settings: settings)
    let wish = script.world.wish(1, useful: .seconds(900))
    let order = script.send(wish, 7)
    var effects = script.feed(.answered(order.id, .unknown("timeout")))
    /// Milliseconds until the next question.
    func wait() -> Int64 {
      var waited: Int64 = 0
      while !effects.contains(where: { if case .lookUp = $0 { true } else { false } }), waited < 60_000 {
        effects = script.wait(100)
        waited += 100
      }
      return waited
    }
    _ = wait()
    var waits: [Int64] = []
    for _ in 0..<7 {
      effects = script.feed(.lookedUp(order.id, .inconclusive))
      waits.append(wait())
    }
    #expect(waits == [1000, 2000, 5000, 10_000, 15_000, 30_000, 30_000])
    waits = []
    while script.state(wish) == .unknown {
      effects = script.feed(.lookedUp(order.id, .absent))
      if script.state(wish) == .unknown { waits.append(wait()) }
    }
    #expect(script.state(wish) == .void && waits == [1000, 2000])
  }

  @Test("An inconclusive look-up proves nothing, and neither does an absent one while the venue is not well")
  func inconclusive() {
    let script = Script()
    let wish = script.world.wish(1, useful: .seconds(900))
    let order = script.send(wish, 7)
    _ = script.feed(.answered(order.id, .unknown("timeout")))
    for _ in 0..<40 {
      _ = script.feed(.lookedUp(order.id, .inconclusive))
      _ = script.wait(10_000)
    }
    #expect(script.state(wish) == .unknown)
    _ = script.feed(.venue(up: false))
    for _ in 0..<40 {
      _ = script.feed(.lookedUp(order.id, .absent))
      _ = script.wait(10_000)
    }
    #expect(script.state(wish) == .unknown)
  }

  @Test("When the venue is back, orders of unknown outcome are asked for at once, however often they were in vain")
  func venueReturns() {
    let script = Script()
    let wish = script.world.wish(1, useful: .seconds(900))
    let order = script.send(wish, 7)
    _ = script.feed(.answered(order.id, .unknown("cut")))
    _ = script.feed(.venue(up: false))
    for _ in 0..<10 {
      _ = script.feed(.lookedUp(order.id, .inconclusive))
      _ = script.wait(30_000)
    }
    _ = script.feed(.lookedUp(order.id, .inconclusive))
    func asks(_ effects: [GatewayEffect]) -> Bool {
      effects.contains { if case .lookUp(order.id, _) = $0 { true } else { false } }
    }
    #expect(!asks(script.wait(1000)))
    #expect(asks(script.feed(.venue(up: true))))
    // And from then on as after the first question.
    _ = script.feed(.lookedUp(order.id, .inconclusive))
    #expect(asks(script.wait(1000)))
    // A moment's absence begins nothing anew.
    _ = script.feed(.lookedUp(order.id, .inconclusive))
    _ = script.feed(.venue(up: false))
    _ = script.wait(900)
    #expect(!asks(script.feed(.venue(up: true))))
  }

  @Test("What was proven absent and appears after all is cancelled and its fills are booked")
  func roseAgain() {
    var settings = OrderManager.Settings()
    settings.absenceSpan = .seconds(1)
    let script = Script(settings: settings)
    let wish = script.world.wish(1, type: .goodTillCancelled, useful: .seconds(300))
    let order = script.send(wish, 7)
    _ = script.feed(.answered(order.id, .unknown("timeout")))
    for _ in 0..<6 {
      _ = script.feed(.lookedUp(order.id, .absent))
      _ = script.wait(5000)
    }
    #expect(script.state(wish) == .void)
    let effects = script.feed(.order(script.venueOrder(order, wish, .live), .stream))
    #expect(effects.contains(.cancel(order.id, reason: "rose_again")))
    let fill = script.feed(.trade(script.trade(order, "t1", size: 5), .stream))
    #expect(fill.contains { if case .record(.fill) = $0 { true } else { false } })
    #expect(script.state(wish) == .void)
  }

  @Test("The same fill by three roads is recorded once; its settlement advances once a step; FAILED undoes it once")
  func threeRoads() {
    let script = Script()
    let wish = script.world.wish(1)
    let order = script.send(wish, 7)
    var recorded: [RecordCall] = []
    func keep(_ effects: [GatewayEffect]) {
      for effect in effects { if case .record(let call) = effect { recorded.append(call) } }
    }
    keep(script.feed(.trade(script.trade(order, "t1", size: 12), .stream)))
    keep(script.feed(.answered(order.id, .matched(making: 6_000_000, taking: 12_000_000, trades: []))))
    keep(script.feed(.trade(script.trade(order, "t1", size: 12), .query)))
    keep(script.feed(.trade(script.trade(order, "t1", size: 12, status: .mined), .stream)))
    keep(script.feed(.trade(script.trade(order, "t1", size: 12, status: .matched), .query)))
    keep(script.feed(.trade(script.trade(order, "t1", size: 12, status: .failed), .stream)))
    keep(script.feed(.trade(script.trade(order, "t1", size: 12, status: .failed), .query)))
    let key = FillKey(trade: VenueTradeID("t1")!, order: order.id)
    func settles(_ call: RecordCall, _ state: SettlementState) -> Bool {
      if case .settle(let fill, state) = call { fill.key == key } else { false }
    }
    #expect(recorded.filter { if case .fill = $0 { true } else { false } }.count == 1)
    #expect(recorded.filter { settles($0, .mined) }.count == 1)
    #expect(recorded.filter { settles($0, .failed) }.count == 1)
    #expect(script.state(wish) == .cancelled)
    #expect(script.manager.order(order.id)?.filled == .zero)
  }

  @Test("A cancel that raced a fill: the order ends only when the fill that the venue counted is booked")
  func cancelRace() {
    let script = Script()
    let wish = script.world.wish(1, type: .goodTillCancelled, useful: .seconds(5))
    let order = script.send(wish, 7)
    _ = script.feed(.answered(order.id, .live))
    #expect(script.wait(5000).contains(.cancel(order.id, reason: "expired")))
    #expect(script.state(wish) == .cancelSent)
    _ = script.feed(.order(script.venueOrder(order, wish, .canceled, matched: 8), .stream))
    #expect(script.state(wish) == .cancelSent)
    #expect(script.wait(300).contains { if case .lookUp = $0 { true } else { false } })
    let effects = script.feed(.trade(script.trade(order, "t1", size: 8), .query))
    #expect(effects.last == .record(.advance(order.id, .cancelled, reason: "expired", detail: "")))
  }

  @Test("A cancel that the venue took up says nothing of what had traded: the order ends on evidence, with its fill")
  func cancelTakenUp() {
    let script = Script()
    let wish = script.world.wish(1, type: .goodTillCancelled, useful: .seconds(5))
    let order = script.send(wish, 7)
    _ = script.feed(.answered(order.id, .live))
    _ = script.wait(5000)
    _ = script.feed(.cancelAnswered(order.id, cancelled: true, detail: ""))
    #expect(script.state(wish) == .cancelSent)
    #expect(script.manager.deployed(AgentName("a")!) > .zero)
    #expect(script.wait(300).contains { if case .lookUp(order.id, _) = $0 { true } else { false } })
    _ = script.feed(.trade(script.trade(order, "t1", size: 8), .query))
    #expect(script.state(wish) == .cancelSent)
    _ = script.feed(.order(script.venueOrder(order, wish, .canceled, matched: 8), .query))
    #expect(script.state(wish) == .cancelled)
    #expect(script.manager.order(order.id)?.filled == Shares(whole: 8))
  }

  @Test("Of one trade each order of ours is told its own part: as taker and as maker, and as two makers")
  func severalOfOurs() throws {
    for weTake in [true, false] {
      let script = Script()
      let wishes = (1...3).map {
        script.world.wish(Int64($0), type: .goodTillCancelled, side: $0 == 1 ? .sell : .buy, price: "0.4\(10 - $0)")
      }
      let orders = wishes.enumerated().map { script.send($1, 7 + $0) }
      for order in orders { _ = script.feed(.answered(order.id, .live)) }
      func maker(_ index: Int, _ size: Int64) -> VenueTrade.Maker {
        VenueTrade.Maker(
          order: orders[index].id, owner: "x", token: OrderManagerWorld.market.yes, side: .buy,
          price: wishes[index].terms.price, size: Shares(whole: size))
      }
      let trade = VenueTrade(
        id: VenueTradeID("t")!, status: .matched, market: OrderManagerWorld.market.condition,
        takerOrder: weTake ? orders[0].id : script.order(99).id, token: OrderManagerWorld.market.yes, side: .sell,
        price: try Price(parsing: "0.48"), size: Shares(whole: 5), makers: [maker(1, 3), maker(2, 2)],
        matchedAt: script.now.market, updatedAt: script.now.market, transactionHash: nil, weAreTaker: weTake)
      for road in [EvidenceRoad.stream, .query] { _ = script.feed(.trade(trade, road)) }
      let filled = orders.map { script.manager.order($0.id)?.filled }
      #expect(filled == [Shares(whole: weTake ? 5 : 0), Shares(whole: 3), Shares(whole: 2)])
      #expect(script.manager.counters.fills == (weTake ? 3 : 2))
    }
  }

  @Test("A crumb short of its size and terminal by the venue's word: filled, remainder dropped")
  func dust() {
    let script = Script()
    let wish = script.world.wish(1, type: .goodTillCancelled)
    let order = script.send(wish, 7)
    _ = script.feed(.answered(order.id, .live))
    _ = script.feed(.trade(script.trade(order, "t1", size: 19), .stream))
    #expect(script.state(wish) == .live)
    let effects = script.feed(.order(script.venueOrder(order, wish, .matched, matched: 19), .query))
    #expect(effects == [.record(.advance(order.id, .filled, reason: "remainder_dropped", detail: ""))])
  }

  @Test(
    "With the database away an entry is refused and an exit goes by the journal, is recorded later, and leaves once")
  func databaseAway() {
    let script = Script()
    _ = script.feed(.database(up: false))
    let entry = script.feed(.intent(script.world.wish(1), .valid, script.world.view))
    #expect(
      entry.contains { if case .record(.deny(_, _, let refusal)) = $0 { refusal.code == .databaseAway } else { false } }
    )
    let wish = script.world.wish(2, side: .sell, price: "0.48")
    _ = script.feed(.intent(wish, .valid, script.world.view))
    let order = script.order(7)
    let journal = script.feed(.signed(wish.terms.intent, order, failure: ""))
    guard journal.count == 1, case .journal(let submission) = journal[0] else {
      Issue.record("\(journal)")
      return
    }
    let sent = script.feed(.journaled(wish.terms.intent, true))
    #expect(sent == [.post(order), .record(.submit(submission))])
    _ = script.feed(.database(up: true))
    #expect(script.feed(.submitted(wish.terms.intent, .committed)) == [])
  }

  @Test(
    "An exit that waited for a commit when the database went away goes on by the journal; a late commit does not send it again"
  )
  func databaseLostMidway() {
    let script = Script()
    let wish = script.world.wish(1, side: .sell, price: "0.48")
    let order = script.order(7)
    _ = script.feed(.intent(wish, .valid, script.world.view))
    _ = script.feed(.signed(wish.terms.intent, order, failure: ""))
    _ = script.feed(.submitted(wish.terms.intent, .unanswered))
    let lost = script.feed(.database(up: false))
    #expect(lost.contains { if case .journal = $0 { true } else { false } })
    #expect(script.feed(.journaled(wish.terms.intent, true)).contains(.post(order)))
    #expect(script.feed(.submitted(wish.terms.intent, .committed)) == [])
  }

  @Test(
    "An exit that neither database nor journal takes is refused and told; one whose commit may still come is withdrawn in the record"
  )
  func journalFails() {
    for waitsForCommit in [false, true] {
      let script = Script()
      let wish = script.world.wish(1, side: .sell, price: "0.48")
      let order = script.order(7)
      if !waitsForCommit { _ = script.feed(.database(up: false)) }
      _ = script.feed(.intent(wish, .valid, script.world.view))
      _ = script.feed(.signed(wish.terms.intent, order, failure: ""))
      if waitsForCommit { _ = script.feed(.database(up: false)) }
      let failed = script.feed(.journaled(wish.terms.intent, false))
      #expect(!failed.contains(.post(order)))
      let isTold = failed.contains { effect in
        switch effect {
        case .record(.deny(let terms, _, let refusal)):
          !waitsForCommit && terms == wish.terms && refusal.code == .databaseAway
        case .record(.advance(let id, .expiredUnsent, _, _)): waitsForCommit && id == order.id
        default: false
        }
      }
      #expect(isTold, "waits for a commit: \(waitsForCommit): \(failed)")
      #expect(!script.feed(.submitted(wish.terms.intent, .committed)).contains(.post(order)))
    }
  }

  @Test("A halt that is known before the orders of an earlier life takes them out all the same")
  func haltedBeforeTheRecord() {
    let script = Script()
    let wish = script.world.wish(1, type: .goodTillCancelled)
    let order = script.order(7)
    _ = script.feed(.mode(.halted))
    let restored = RestoredOrder(
      submission: OrderSubmission(
        terms: wish.terms, origin: .agent, token: OrderManagerWorld.market.yes, worst: USD(dollars: 3), signed: order,
        feedOrder: 1, bookTime: script.now.market, reason: "test", journaled: false),
      market: OrderManagerWorld.market, state: .live, fills: [:], filled: .zero, undone: .zero,
      sentAt: script.now.market)
    #expect(script.feed(.restored(restored)).contains(.cancel(order.id, reason: "halted")))
  }

  @Test("The halt cancels everything that rests, once, and refuses what comes")
  func halt() {
    let script = Script()
    let wish = script.world.wish(1, type: .goodTillCancelled)
    let order = script.send(wish, 7)
    _ = script.feed(.answered(order.id, .live))
    let halted = script.feed(.mode(.halted))
    #expect(halted.filter { $0 == .cancel(order.id, reason: "halted") }.count == 1)
    #expect(script.feed(.mode(.halted)) == [])
    let refused = script.feed(.intent(script.world.wish(2, side: .sell), .valid, script.world.view))
    #expect(
      refused.contains { if case .record(.deny(_, _, let refusal)) = $0 { refusal.code == .halted } else { false } })
  }

  @Test("Drawdown demands the halt once, a lost day only the end of entries")
  func demands() {
    let script = Script()
    func standing(realised: Int64, equity: Int64) -> GatewayEvent {
      .standing(
        Standing(
          agents: [:], capital: USD(dollars: 10_000), realisedToday: USD(dollars: realised),
          equity: USD(dollars: equity),
          peakEquity: USD(dollars: 10_000)))
    }
    #expect(script.feed(standing(realised: -1000, equity: 9000)) == [.demand(.reduceOnly, reason: "daily_loss")])
    #expect(script.feed(standing(realised: -1000, equity: 9000)) == [])
    #expect(script.feed(standing(realised: -1500, equity: 8500)) == [.demand(.halted, reason: "drawdown")])
  }

  @Test(
    "A breaker of an agent or a strategy is told when it begins and when it is over, once each, and refuses entries alone"
  )
  func breakers() {
    var settings = OrderManager.Settings()
    settings.limits.strategyLossStreak = 2
    let script = Script(settings: settings)
    let trip = RejectBreaker.Trip(
      at: script.now.market, until: script.now.market.advanced(by: .seconds(60)), repeats: 0)
    func standing(losses: Int = 0, rejects: RejectBreaker.Trip? = nil, ofStrategy: Int = 0) -> GatewayEvent {
      let agent = Standing.Agent(
        mayEnter: true, allocation: USD(dollars: 1000), invested: .zero, lossesInARow: losses, strategy: "momentum",
        rejects: rejects)
      return .standing(
        Standing(
          agents: [AgentName("a")!: agent],
          strategies: ["momentum": StrategyStanding(name: "momentum", lossesInARow: ofStrategy)],
          capital: USD(dollars: 10_000), realisedToday: .zero, equity: USD(dollars: 10_000),
          peakEquity: USD(dollars: 10_000)))
    }
    func notes(_ effects: [GatewayEffect]) -> [String] {
      effects.map { if case .note(let note) = $0 { "\(note.code) \(note.detail)" } else { "another effect" } }
    }
    let words = "its entries are refused, exits go on"
    #expect(
      notes(script.feed(standing(rejects: trip))) == [
        "breaker_tripped agent a: venue_rejects agent=a rejects=5 window_s=600 until=\(trip.until); \(words)"
      ])
    #expect(script.feed(standing(rejects: trip)) == [])
    let refused = script.feed(.intent(script.world.wish(1), .valid, script.world.view))
    #expect(
      refused.contains {
        if case .record(.deny(_, _, let refusal)) = $0 { refusal.code == .venueRejects } else { false }
      })
    #expect(
      notes(script.feed(standing(losses: 5, ofStrategy: 2))) == [
        "breaker_tripped agent a: loss_streak losses=5 limit=5; \(words)",
        "breaker_tripped strategy momentum: strategy_loss_streak strategy=momentum losses=2 limit=2; \(words)",
      ])
    #expect(
      notes(script.feed(standing())) == [
        "breaker_over agent a: loss_streak is over", "breaker_over strategy momentum: strategy_loss_streak is over",
      ])
    #expect(script.feed(standing()) == [])
  }

  @Test("A throttled post is sent again as the identical bytes, a bounded number of times")
  func throttled() {
    let script = Script()
    let wish = script.world.wish(1)
    let order = script.send(wish, 7)
    var posts = 0
    for _ in 0..<6 {
      _ = script.feed(.answered(order.id, .throttled(retryAfterSeconds: nil)))
      posts += script.wait(300).filter { $0 == .post(order) }.count
    }
    #expect(posts == 3)
    #expect(script.state(wish) == .rejected)
  }

  @Test("An order on our account that is not ours is reported once and not adopted")
  func external() {
    let script = Script()
    let stranger = script.venueOrder(script.order(99), script.world.wish(1), .live)
    let first = script.feed(.openOrders([stranger], asked: script.now.monotonic))
    #expect(first.contains { if case .note(let note) = $0 { note.code == "external_order" } else { false } })
    #expect(script.feed(.openOrders([stranger], asked: script.now.monotonic)) == [])
    #expect(script.manager.openOrders.isEmpty)
  }

  @Test("A taker's cash is the sum over its makers at their prices; a maker of the other token leaves the complement")
  func takerCash() throws {
    let market = OrderManagerWorld.market
    let order = VenueOrderID("0x" + String(repeating: "a", count: 64))!
    func maker(_ token: TokenID, _ price: String, _ size: String) throws -> VenueTrade.Maker {
      VenueTrade.Maker(
        order: VenueOrderID("0x" + String(repeating: "b", count: 64))!, owner: "x", token: token, side: nil,
        price: try Price(parsing: price), size: try Shares(parsing: size))
    }
    let trade = VenueTrade(
      id: VenueTradeID("t")!, status: .matched, market: market.condition, takerOrder: order, token: market.yes,
      side: .buy,
      price: try Price(parsing: "0.5171"), size: try Shares(parsing: "17"),
      makers: [try maker(market.yes, "0.51", "5"), try maker(market.no, "0.48", "12")],
      matchedAt: MarketTime(seconds: 1),
      updatedAt: MarketTime(seconds: 1), transactionHash: nil, weAreTaker: true)
    let fill = try #require(
      FillRecord(trade, order: order, side: .buy, token: market.yes, fee: market.fee, road: .stream))
    #expect(fill.cash == (try USD(parsing: "8.79")))  // 5·0.51 + 12·(1 − 0.48)
    #expect(fill.size == Shares(whole: 17))
    #expect(
      fill.fee == market.fee.fee(price: try Price(parsing: "0.51"), shares: Shares(whole: 5))
        + market.fee.fee(price: try Price(parsing: "0.52"), shares: Shares(whole: 12)))
  }

  @Test("Two fatal refusals in a row demand the halt; one, and two with an order taken between them, do not")
  func fatalRefusals() {
    func demands(_ answers: [SubmitOutcome]) -> [GatewayEffect] {
      let script = Script()
      var demands: [GatewayEffect] = []
      for (number, answer) in answers.enumerated() {
        let order = script.send(script.world.wish(Int64(number + 1), side: .sell, price: "0.49"), number + 7)
        demands += script.feed(.answered(order.id, answer)).filter { if case .demand = $0 { true } else { false } }
      }
      return demands
    }
    let banned = SubmitOutcome.rejected(.banned, detail: "address banned")
    let badKey = SubmitOutcome.rejected(.credentials, detail: "invalid api key")
    #expect(demands([badKey]) == [])
    #expect(demands([badKey, banned]) == [.demand(.halted, reason: RejectCode.banned.rawValue)])
    // Neither a lost answer nor a refusal for the rate says that the keys are good.
    #expect(demands([badKey, .unknown("cut"), badKey]).count == 1)
    #expect(demands([badKey, .throttled(retryAfterSeconds: nil), badKey]).count == 1)
    for good in [SubmitOutcome.live, .delayed, .duplicated, .rejected(.tick, detail: "")] {
      #expect(demands([badKey, good, badKey]) == [], "\(good)")
    }
  }

  @Test(
    "What the venue refuses for its mode has ended: nothing waits for the venue, and nobody halts for it",
    arguments: VenueMode.allCases)
  func venueMode(mode: VenueMode) {
    let script = Script()
    let order = script.send(script.world.wish(1), 7)
    for _ in 0..<2 {
      let effects = script.feed(.answered(order.id, .notTrading(mode, retryAfterSeconds: 90)))
      #expect(!effects.contains { if case .demand = $0 { true } else { false } })
    }
    #expect(script.manager.order(order.id)?.state == .rejected && script.manager.openOrders.isEmpty)
    #expect(script.manager.deployed(AgentName("a")!) == .zero)
    #expect(!script.wait(120_000).contains { if case .post = $0 { true } else { false } })
  }

  @Test("A market that is not as our rules know it takes no entry and still lets its positions go")
  func driftedMarket() {
    let script = Script()
    let view = MarketView(terms: script.world.view.terms, book: script.world.view.book, drift: "fee rate 0.9")
    let entry = script.feed(.intent(script.world.wish(1), .valid, view))
    guard case .record(.deny(_, _, let refusal))? = entry.first, entry.count == 1 else {
      Issue.record("\(entry)")
      return
    }
    #expect(refusal.code == .venueDrift)
    let exit = script.feed(.intent(script.world.wish(2, side: .sell, price: "0.49"), .valid, view))
    #expect(exit.contains { if case .sign = $0 { true } else { false } }, "\(exit)")
  }

  @Test("A throttled order ends with its useful-until however long the venue asks to wait, and frees what it reserved")
  func throttledForHours() {
    for seconds in [3600, Int64.max, Int64.min] {
      let script = Script()
      let wish = script.world.wish(1, useful: .seconds(30))
      let order = script.send(wish, 7)
      _ = script.feed(.answered(order.id, .throttled(retryAfterSeconds: seconds)))
      let effects = script.wait(30_001)
      if seconds > 0 {
        #expect(
          effects == [.record(.advance(order.id, .rejected, reason: "venue_throttled", detail: ""))], "\(effects)")
      }
      #expect(script.manager.deployed(AgentName("a")!) == .zero || seconds < 0)
    }
  }

  @Test("A fill that the venue counted and nobody delivers is asked for ever more rarely and told once")
  func missingFill() {
    let script = Script()
    let wish = script.world.wish(1, type: .goodTillCancelled, useful: .seconds(86_400))
    let order = script.send(wish, 7)
    _ = script.feed(.answered(order.id, .live))
    var asked: [Int64] = []
    var notes = 0
    func count(_ effects: [GatewayEffect]) {
      for effect in effects {
        if case .note(let note) = effect, note.code == "fill_missing" { notes += 1 }
        if case .lookUp = effect {
          asked.append(script.time / 1_000_000)
          count(script.feed(.order(script.venueOrder(order, wish, .live, matched: 5), .query)))
          count(script.feed(.lookedUp(order.id, .found)))
        }
      }
    }
    count(script.feed(.order(script.venueOrder(order, wish, .live, matched: 5), .stream)))
    let begun = script.time / 1_000_000
    for second in 0..<7200 {
      count(script.wait(500))
      // The list of open orders is read all the time.
      if second % 10 == 0 {
        count(
          script.feed(.openOrders([script.venueOrder(order, wish, .live, matched: 5)], asked: script.now.monotonic)))
      }
    }
    #expect(asked.first.map { $0 - begun <= 500 } == true)
    // Ten rounds in the first minute and two a minute in the hour after it.
    #expect(asked.count > 100 && asked.count < 135, "\(asked.count)")
    #expect(notes == 1)
    count(script.feed(.trade(script.trade(order, "0xaa", size: 5), .query)))
    #expect(script.manager.order(order.id)?.filled == Shares(whole: 5))
  }

  @Test("An order whose end was announced and that cannot be looked up is asked about ever more rarely")
  func endNotKnown() {
    let script = Script()
    let wish = script.world.wish(1, type: .goodTillCancelled, useful: .seconds(86_400))
    let order = script.send(wish, 7)
    _ = script.feed(.answered(order.id, .live))
    _ = script.feed(.cancelAnswered(order.id, cancelled: true, detail: ""))
    var asked = 0
    for second in 0..<3600 {
      var effects = script.wait(1000)
      if second % 5 == 0 { effects += script.feed(.openOrders([], asked: script.now.monotonic)) }
      asked += script.answerLookUps(effects, .inconclusive)
    }
    #expect(asked > 100 && asked < 140, "\(asked)")
  }

  @Test("A watched void keeps nothing else: what ended after it is forgotten in its own time, bytes at once")
  func voidKeepsNothing() {
    var settings = OrderManager.Settings()
    settings.absenceSpan = .seconds(2)
    let script = Script(settings: settings)
    let lost = script.world.wish(1, price: "0.41")
    let void = script.send(lost, 7)
    _ = script.answerLookUps(script.feed(.answered(void.id, .unknown("cut"))), .absent)
    for _ in 0..<20 where script.state(lost) == .unknown { _ = script.answerLookUps(script.wait(1000), .absent) }
    #expect(script.state(lost) == .void)
    var later: [IntentMessage] = []
    for number in 2..<40 {
      let wish = script.world.wish(Int64(number), side: .sell, price: "0.49")
      later.append(wish)
      let order = script.send(wish, number + 20)
      _ = script.feed(.answered(order.id, .rejected(.noMatch, detail: "")))
      #expect(script.manager.order(wish.terms.intent)?.signed?.body == [])
    }
    _ = script.wait(599_000)
    #expect(later.allSatisfy { script.manager.order($0.terms.intent) != nil })
    _ = script.wait(1001)
    #expect(later.allSatisfy { script.manager.order($0.terms.intent) == nil })
    #expect(script.state(lost) == .void)
    #expect(script.manager.order(void.id) != nil)
    _ = script.wait(86_400_000)
    #expect(script.state(lost) == nil && script.manager.order(void.id) == nil)
  }

  @Test(
    "A filled order is not forgotten while its fill may still fail: the failure is booked an hour later, and then it is"
  )
  func settlesLate() {
    let script = Script()
    let wish = script.world.wish(1)
    let order = script.send(wish, 7)
    _ = script.feed(.trade(script.trade(order, "0xaa", size: 20), .stream))
    #expect(script.state(wish) == .filled)
    let other = script.world.wish(2, price: "0.49")
    let settled = script.send(other, 8)
    _ = script.feed(.trade(script.trade(settled, "0xbb", size: 20, status: .confirmed), .stream))
    _ = script.wait(3_600_000)
    #expect(script.state(other) == nil)
    #expect(script.manager.unsettledTrades(sentBefore: script.now.market) == [VenueTradeID("0xaa")!])
    #expect(script.manager.unsettledTrades(sentBefore: script.now.market.advanced(by: .seconds(-3601))).isEmpty)
    let effects = script.feed(.trade(script.trade(order, "0xaa", size: 20, status: .failed), .query))
    #expect(effects.contains { if case .record(.settle(_, .failed)) = $0 { true } else { false } }, "\(effects)")
    #expect(script.manager.unsettledTrades(sentBefore: script.now.market).isEmpty)
    _ = script.wait(86_400_000)
    #expect(script.state(wish) == nil)
  }
}
