import Shared
import Testing

@Suite("Which limit has the least room, and who refused")
struct CapitalRoomTests {
  private func floor(deployed: Int64) -> FloorStanding {
    FloorStanding(
      capital: USD(dollars: 1000), deployed: USD(dollars: deployed), realisedToday: .zero, equity: USD(dollars: 1000),
      peakEquity: USD(dollars: 1000))
  }
  private func agent(allocation: Int64, deployed: Int64) -> AgentStanding {
    AgentStanding(
      mayEnter: true, allocation: USD(dollars: allocation), deployed: USD(dollars: deployed), lossesInARow: 0)
  }

  @Test("Of per trade, per agent, allocation and floor the one with the least room is named; of equals the first")
  func tightest() {
    let limits = RiskLimits()
    let cases: [(Int64, Int64, Int64, RefusalCode, Int64)] = [
      (100, 0, 0, .perTrade, 20), (100, 85, 85, .perAgent, 15), (50, 40, 40, .allocation, 10),
      (100, 10, 395, .floorExposure, 5), (20, 0, 0, .perTrade, 20), (100, 130, 130, .perAgent, -30),
    ]
    for (allocation, deployed, all, code, left) in cases {
      let room = limits.tightest(agent: agent(allocation: allocation, deployed: deployed), floor: floor(deployed: all))
      #expect(room.code == code && room.left == USD(dollars: left), "\(allocation) \(deployed) \(all)")
    }
  }

  @Test("A rule for one of a scope binds that one alone; the tightest of keys and rules is named with its scope")
  func rules() throws {
    var limits = RiskLimits()
    limits.perMarketUSD = USD(dollars: 50)
    limits.rules = try [
      "scope=category name=crypto usd=40", "scope=event_group pct=3", "scope=strategy name=spike usd=9",
    ].map {
      try LimitRule(parsing: $0)
    }
    func room(_ strategy: String, _ category: String, market: Int64, category used: Int64, group: Int64) -> CapitalRoom
    {
      var agent = agent(allocation: 100, deployed: 0)
      agent.strategy = strategy
      return limits.tightest(
        agent: agent, floor: floor(deployed: 0),
        uses: [
          ScopeUse(.market, "m", used: USD(dollars: market)), ScopeUse(.category, category, used: USD(dollars: used)),
          ScopeUse(.eventGroup, "btc-5m", used: USD(dollars: group)),
        ])
    }
    let cases: [(CapitalRoom, RefusalCode, String, Int64)] = [
      (room("momentum", "crypto", market: 0, category: 0, group: 0), .perTrade, "", 20),
      (room("spike", "crypto", market: 0, category: 0, group: 0), .perStrategy, "spike", 9),
      (room("momentum", "crypto", market: 20, category: 35, group: 20), .perCategory, "crypto", 5),
      (room("momentum", "sports", market: 20, category: 35, group: 20), .perEventGroup, "btc-5m", 10),
      (room("momentum", "sports", market: 49, category: 35, group: 20), .marketCap, "m", 1),
    ]
    for (room, code, name, left) in cases {
      #expect(room.code == code && room.name == name && room.left == USD(dollars: left), "\(room)")
    }
  }

  @Test(
    "Per cent of a rule are of the base that it names, of the scope that it is for; a loss of all is no negative limit")
  func bases() throws {
    var floor = floor(deployed: 0)
    floor.equity = USD(dollars: 800)
    floor.dayEquity = USD(dollars: 900)
    var agent = agent(allocation: 100, deployed: 0)
    (agent.name, agent.strategy, agent.strategyAllocation) = ("a", "spike", USD(dollars: 250))
    func limit(_ rule: String) throws -> USD {
      var limits = RiskLimits()
      limits.perAgentBps = 10_000
      limits.rules = [try LimitRule(parsing: rule)]
      let uses = [ScopeUse(.market, "m", used: .zero)]
      return try #require(limits.rooms(agent: agent, floor: floor, uses: uses).last).limit
    }
    #expect(try limit("scope=market pct=1") == USD(dollars: 10))
    #expect(try limit("scope=market pct=1 basis=capital") == USD(dollars: 10))
    #expect(try limit("scope=market pct=1 basis=equity") == USD(dollars: 8))
    #expect(try limit("scope=floor pct=1 basis=day_equity") == USD(dollars: 9))
    #expect(try limit("scope=agent pct=10 basis=allocation") == USD(dollars: 10))
    #expect(try limit("scope=order pct=5 basis=allocation") == USD(dollars: 5))
    #expect(try limit("scope=strategy pct=10 basis=allocation") == USD(dollars: 25))
    #expect(try limit("scope=strategy pct=10 usd=20 basis=allocation") == USD(dollars: 20))
    floor.equity = USD(dollars: -3)
    #expect(try limit("scope=floor pct=50 basis=equity") == .zero)
    // The key's default binds an order, whatever a rule of another base says.
    var limits = RiskLimits()
    limits.rules = try ["scope=order pct=1 basis=equity", "scope=order pct=1 usd=15 basis=allocation"].map {
      try LimitRule(parsing: $0)
    }
    #expect(limits.perTrade(USD(dollars: 1000)) == USD(dollars: 15))
  }

  @Test("The gate's refusals are told from the record's by their words")
  func deniers() {
    #expect(Denier(reason: "per_trade_limit", detail: "cost_usd=26 limit_usd=20") == .gate)
    #expect(Denier(reason: "market_cap", detail: "10 open, 5 wanted, cap 12") == .record)
    #expect(Denier(reason: "agent_not_running", detail: "PAUSED") == .record)
    #expect(Denier(reason: "allocation", detail: "cost_usd=26 used_usd=1 limit_usd=20") == .gate)
    #expect(Denier(reason: "allocation", detail: "26 wanted, 20 free") == .record)
    #expect(Denier(reason: "no_shares", detail: "26 wanted, 20 free") == .record)
    #expect(Denier(reason: "halted", detail: "") == .gate)
    #expect(Denier(reason: "category_limit", detail: "category crypto 10 open, 5 wanted, cap 12") == .record)
    #expect(Denier(reason: "market_cap", detail: "cost_usd=26 used_usd=1 limit_usd=20 scope=market name=m") == .gate)
  }
}
