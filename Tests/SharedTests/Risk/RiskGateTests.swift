import Shared
import Testing

/// A picture in which the sample order passes; each test spoils one thing.
struct RiskSample {
  var terms: IntentMessage.Terms
  var picture: RiskPicture
  var limits = RiskLimits()

  static let slug = MarketSlug("btc-updown-5m-1795180500")!

  init(action: IntentMessage.Action = .enter, side: Side = .buy, price: String = "0.5", size: String = "30") throws {
    let now = MarketTime(seconds: 1_795_180_560)
    let agent = AgentName("momentum-1")!
    terms = IntentMessage.Terms(
      intent: IntentID(agent: agent, decision: 1), agent: agent, epoch: Epoch(3), action: action, market: Self.slug,
      outcome: .yes, side: side, type: .fillAndKill, price: try Price(parsing: price), size: try Shares(parsing: size),
      usefulUntil: now.advanced(by: .seconds(3)))
    let market = MarketTerms(
      slug: Self.slug, condition: ConditionID("0x" + String(repeating: "1", count: 64))!, yes: TokenID("11")!,
      no: TokenID("22")!, tick: .cent, minimumSize: Shares(whole: 5), fee: TakerFee(rateMicros: 70_000, exponent: 1)!,
      closes: now.advanced(by: .seconds(240)))
    picture = RiskPicture(
      mode: .active, now: now, terms: market,
      book: TopOfBook(
        bid: try Price(parsing: "0.49"), ask: try Price(parsing: "0.5"), at: now.advanced(by: .seconds(-1))),
      agent: AgentStanding(mayEnter: true, allocation: USD(dollars: 100), deployed: .zero, lossesInARow: 0),
      floor: FloorStanding(
        capital: USD(dollars: 1000), deployed: .zero, realisedToday: .zero, equity: USD(dollars: 1000),
        peakEquity: USD(dollars: 1000)))
  }

  func verdict() -> RiskGate.Verdict { RiskGate(limits: limits).judge(terms, picture) }
  var refusal: Refusal? { if case .refused(let refusal) = verdict() { refusal } else { nil } }
}

@Suite struct RiskGateTests {
  @Test("An order inside every limit is approved with its worst case: price × size, the highest fee, room for rounding")
  func approved() throws {
    guard case .approved(let order) = try RiskSample().verdict() else { throw Failure.refused }
    // 15 + 30·0.07·0.25 = 15.525, and 0.0001
    #expect(order.worst == (try USD(parsing: "15.5251")))
  }

  @Test("A buy that is sized to spend the whole limit is inside it, whatever the price", arguments: UInt64(1)...20)
  func sizedToTheLimit(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for cents in Int64(2)...98 {
      var sample = try RiskSample()
      let budget = USD(micros: Int64.random(in: 6_000_000...20_000_000, using: &random))
      let price = try #require(Price(micros: cents * 10_000))
      sample.limits.perTradeUSD = budget
      sample.terms.price = price
      sample.terms.size = PositionSizing.shares(
        budget: budget, limit: price, fee: try #require(sample.picture.terms).fee)
      sample.picture.book = TopOfBook(
        bid: Price(micros: (cents - 1) * 10_000), ask: price,
        at: sample.picture.now.advanced(by: .seconds(-1)))
      #expect(sample.refusal == nil, "\(sample.terms.size) shares at \(price) for \(budget)")
    }
  }

  enum Failure: Error { case refused }

  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let code: RefusalCode
    let spoil: @Sendable (inout RiskSample) throws -> Void
    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(name: "2 % a trade", code: .perTrade) { $0.terms.size = Shares(whole: 40) },
    Case(name: "10 % an agent", code: .perAgent) {
      $0.picture.agent!.deployed = USD(dollars: 90)
      $0.picture.agent!.allocation = USD(dollars: 200)
    },
    Case(name: "one position more than the agent may hold", code: .openPositions) {
      $0.limits.openPositions = 3
      $0.picture.agent!.otherPositions = 3
    },
    Case(name: "a book wider than allowed", code: .spreadTooWide) { $0.limits.spreadMaxMicros = 9_999 },
    Case(name: "the agent's allocation", code: .allocation) { $0.picture.agent!.allocation = USD(dollars: 10) },
    Case(name: "40 % of the floor", code: .floorExposure) { $0.picture.floor.deployed = USD(dollars: 390) },
    Case(name: "10 % lost today", code: .dailyLoss) { $0.picture.floor.realisedToday = USD(dollars: -100) },
    Case(name: "15 % below the peak", code: .drawdown) { $0.picture.floor.equity = USD(dollars: 850) },
    Case(name: "five losses in a row", code: .lossStreak) { $0.picture.agent!.lossesInARow = 5 },
    Case(name: "a pause for what the venue refused", code: .venueRejects) {
      $0.picture.agent!.rejects = RejectBreaker.Trip(
        at: $0.picture.now, until: $0.picture.now.advanced(by: .seconds(1)), repeats: 0)
    },
    Case(name: "a strategy's losses in a row", code: .strategyLossStreak) {
      $0.limits.strategyLossStreak = 7
      $0.picture.agent!.strategyStanding = StrategyStanding(name: "momentum", lossesInARow: 7)
    },
    Case(name: "halted", code: .halted) { $0.picture.mode = .halted },
    Case(name: "reduce only", code: .modeForbids) { $0.picture.mode = .reduceOnly },
    Case(name: "an agent that may not enter", code: .agentPaused) { $0.picture.agent!.mayEnter = false },
    Case(name: "an unknown agent", code: .agentPaused) { $0.picture.agent = nil },
    Case(name: "an unknown market", code: .unknownMarket) { $0.picture.terms = nil },
    Case(name: "too late", code: .expired) { $0.terms.usefulUntil = $0.picture.now },
    Case(name: "an unresolved order in the token", code: .tokenUnresolved) { $0.picture.tokenUnresolved = true },
    Case(name: "off the grid", code: .offTick) { $0.terms.price = try Price(parsing: "0.505") },
    Case(name: "below a dollar", code: .belowVenueMinimum) { $0.terms.size = try Shares(parsing: "1.9") },
    Case(name: "too small to rest", code: .belowVenueMinimum) {
      $0.terms.type = .goodTillCancelled
      $0.terms.size = try Shares(parsing: "4.99")
    },
    Case(name: "three decimals of a share", code: .malformed) { $0.terms.size = try Shares(parsing: "10.005") },
    Case(name: "no book", code: .noBook) { $0.picture.book = nil },
    Case(name: "an old book", code: .staleBook) {
      $0.picture.book = TopOfBook(
        bid: nil, ask: try Price(parsing: "0.5"), at: $0.picture.now.advanced(by: .seconds(-16)))
    },
    Case(name: "a crossed book", code: .crossedBook) {
      $0.picture.book = TopOfBook(
        bid: try Price(parsing: "0.5"), ask: try Price(parsing: "0.5"), at: $0.picture.now)
    },
    Case(name: "beyond the collar", code: .priceCollar) {
      $0.terms.price = try Price(parsing: "0.56")
      $0.terms.size = Shares(whole: 10)
    },
    Case(name: "the bell is near", code: .closesSoon) {
      $0.picture.now = $0.picture.terms!.closes!.advanced(by: .seconds(-4))
      $0.terms.usefulUntil = $0.picture.now.advanced(by: .seconds(1))
      $0.picture.book = TopOfBook(bid: nil, ask: try Price(parsing: "0.5"), at: $0.picture.now)
    },
    Case(name: "an entry that sells", code: .malformed) { $0.terms.side = .sell },
    Case(name: "an exit that buys", code: .malformed) { $0.terms.action = .exit },
  ]

  @Test("Each limit refuses by its own code", arguments: cases)
  func refuses(one: Case) throws {
    var sample = try RiskSample()
    try one.spoil(&sample)
    #expect(sample.refusal?.code == one.code)
  }

  @Test("A breaker of the agent or of its strategy lets an exit pass")
  func breakersAreForEntries() throws {
    var sample = try RiskSample(action: .exit, side: .sell, price: "0.49")
    sample.limits.strategyLossStreak = 1
    sample.picture.agent!.lossesInARow = 9
    sample.picture.agent!.rejects = RejectBreaker.Trip(
      at: sample.picture.now, until: sample.picture.now.advanced(by: .seconds(9)), repeats: 0)
    sample.picture.agent!.strategyStanding = StrategyStanding(name: "momentum", lossesInARow: 9, hasFallen: true)
    #expect(sample.refusal == nil)
  }

  @Test("The boundary itself passes: exactly 2 %, exactly the room that is left")
  func boundaries() throws {
    var sample = try RiskSample()
    sample.picture.terms = MarketTerms(
      slug: RiskSample.slug, condition: sample.picture.terms!.condition, yes: TokenID("11")!, no: TokenID("22")!,
      tick: .cent,
      minimumSize: Shares(whole: 5), fee: .none, closes: sample.picture.terms!.closes)
    sample.terms.size = Shares(whole: 40)
    #expect(sample.refusal == nil)
    sample.terms.size = try Shares(parsing: "40.01")
    #expect(sample.refusal?.detail == "cost_usd=20.005 used_usd=0 limit_usd=20 scope=order")
    sample.terms.size = Shares(whole: 40)
    sample.picture.floor.deployed = USD(dollars: 380)
    #expect(sample.refusal == nil)
    sample.picture.floor.deployed = try USD(parsing: "380.000001")
    #expect(sample.refusal?.code == .floorExposure)
  }

  @Test("On a fast clock no book is old before a second of the wall; on the live clock the limit is as configured")
  func fastClock() throws {
    let clock = MarketClock(
      anchorWall: WallTime(nanoseconds: 0), anchorMarket: MarketTime(nanoseconds: 0), rateMilli: 100_000)
    #expect(clock.market(during: .seconds(1)) == .seconds(100))
    #expect(MarketClock.live.market(during: .seconds(1)) == .seconds(1))
    var sample = try RiskSample()
    sample.picture.shortestBookAge = clock.market(during: .seconds(1))
    func book(_ age: Duration) throws -> TopOfBook {
      TopOfBook(bid: nil, ask: try Price(parsing: "0.5"), at: sample.picture.now.advanced(by: .zero - age))
    }
    sample.picture.book = try book(.seconds(100))
    #expect(sample.refusal == nil)
    sample.picture.book = try book(.seconds(101))
    #expect(sample.refusal?.code == .staleBook)
    sample.picture.shortestBookAge = MarketClock.live.market(during: .seconds(1))
    sample.picture.book = try book(.seconds(16))
    #expect(sample.refusal?.code == .staleBook)
  }

  @Test("Of several size limits the one with the least room is named")
  func tightest() throws {
    var sample = try RiskSample(size: "60")
    sample.picture.agent!.allocation = USD(dollars: 12)
    sample.picture.floor.deployed = USD(dollars: 385)
    #expect(sample.refusal?.code == .allocation)
    sample.picture.floor.deployed = USD(dollars: 395)
    #expect(sample.refusal?.code == .floorExposure)
    #expect(sample.refusal?.numbers.map(\.name) == ["cost_usd", "used_usd", "limit_usd", "scope"])
  }

  @Test("The two floor limits have two bases: realised loss ends entries, the fall of equity halts")
  func bases() throws {
    let guardian = FloorGuard(limits: RiskLimits())
    func standing(realised: Int64, equity: Int64) -> FloorStanding {
      FloorStanding(
        capital: USD(dollars: 1000), deployed: .zero, realisedToday: USD(dollars: realised),
        equity: USD(dollars: equity),
        peakEquity: USD(dollars: 1000))
    }
    #expect(guardian.mode(standing(realised: -99, equity: 900)) == .active)
    #expect(guardian.mode(standing(realised: -100, equity: 900)) == .reduceOnly)
    #expect(guardian.mode(standing(realised: 0, equity: 850)) == .halted)
    #expect(guardian.mode(standing(realised: -120, equity: 840)) == .halted)
  }

  @Test(
    "An exit passes where an entry may not: reduce only, paused, losing, stale, near the bell; not where nothing may be sent"
  )
  func exits() throws {
    var sample = try RiskSample(action: .exit, side: .sell, price: "0.45", size: "10")
    sample.picture.mode = .reduceOnly
    sample.picture.agent = nil
    sample.picture.floor.equity = USD(dollars: 100)
    sample.picture.book = nil
    sample.picture.tokenUnresolved = true
    #expect(sample.refusal == nil)
    sample.picture.mode = .fileFallback
    #expect(sample.refusal == nil)
    sample.picture.mode = .cancelOnly
    #expect(sample.refusal?.code == .modeForbids)
    sample.picture.mode = .active
    sample.picture.freeShares = Shares(whole: 9)
    #expect(sample.refusal?.code == .noShares)
    sample.picture.freeShares = Shares(whole: 10)
    sample.picture.book = TopOfBook(
      bid: try Price(parsing: "0.55"), ask: try Price(parsing: "0.56"), at: sample.picture.now)
    #expect(sample.refusal?.code == .priceCollar)
  }

  @Test("A mode that forbids more stays when two reasons meet")
  func modes() {
    for a in FloorMode.allCases {
      for b in FloorMode.allCases {
        let both = a.combined(with: b)
        #expect(both == b.combined(with: a))
        for action in IntentMessage.Action.allCases where both.allows(action) {
          // FILE_FALLBACK lets exits through by the journal; CANCEL_ONLY is stricter and wins.
          #expect(a.allows(action) && b.allows(action))
        }
      }
      #expect(a.allows(.cancel))
    }
  }

  @Test("A bucket gives its burst at once and then its rate")
  func bucket() {
    var bucket = TokenBucket(perSecond: 10, burst: 3)
    var now = MonotonicTime(seconds: 5)
    var taken: [Bool] = []
    for wait in [0, 0, 0, 0, 99, 1, 0, 200, 0, 0] {
      now = now.advanced(by: .milliseconds(wait))
      taken.append(bucket.take(now))
    }
    #expect(taken == [true, true, true, false, false, true, false, true, true, false])
  }

  @Test(
    "Whoever asks all the time gets the minute's number and never more, wherever the minute begins",
    arguments: [1, 2, 3, 6, 59, 60, 61, 119, 600, 100_000] as [Int64])
  func perMinute(limit: Int64) {
    var bucket = TokenBucket(perMinute: limit, burstMax: 40)
    var taken: [Int64] = []
    // Every 7 ms, or fast enough for the largest limit, for two and a half minutes.
    let step = min(7_000_000, 30_000_000_000 / limit)
    for time in stride(from: 0, to: 150_000_000_000, by: Int(step)) {
      let now = Int64(time) + 5_000_000_000
      while bucket.take(MonotonicTime(nanoseconds: now)) { taken.append(now) }
    }
    // The first minute, with its burst, gives all of it (but for what the steps miss).
    let first = Int64(taken.count { $0 < taken[0] + 60_000_000_000 })
    #expect(first <= limit && first >= limit - max(1, limit / 20), "\(first)")
    var worst = 0
    var end = 0
    for start in taken.indices {
      while end < taken.count, taken[end] < taken[start] + 60_000_000_000 { end += 1 }
      worst = max(worst, end - start)
    }
    #expect(Int64(worst) <= limit)
    #expect(Int64(taken.prefix { $0 == taken[0] }.count) == min(40, (limit + 1) / 2))
  }
}
