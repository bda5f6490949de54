import Shared
import Testing

private let check = HireCheck(followed: FollowedMarkets(series: ["btc-5m"]), isPaper: true)
private let momentum: JSON = [
  "strategy": "momentum", "parameters": ["series": ["btc-5m"], "size_usd": "5"],
]

/// The record behind the orders: performs actions as the database and the floor would, and counts what must happen once.
private struct Record {
  var roster: Roster
  var rules = RosterRules(agentsMax: 6, clonePause: .seconds(60), hireCheck: check)
  var clones = 0
  var epochs: [String: Int] = [:]
  var resumed = false
  /// Positions still open, by agent; each look closes one.
  var open: [String: Int] = [:]

  init(_ names: [String], status: Roster.Status = .running) {
    roster = Roster(
      agents: names.map {
        Roster.Agent(
          name: $0, status: status, strategy: "momentum", isWanted: status == .running, isDown: status != .running)
      }, treasury: USD(dollars: 1000))
  }

  mutating func change(_ name: String, _ body: (inout Roster.Agent) -> Void) {
    for index in roster.agents.indices where roster.agents[index].name == name { body(&roster.agents[index]) }
  }

  mutating func perform(_ action: RosterRules.Action) {
    switch action {
    case .setStatus(let name, let status):
      change(name) { if $0.status != .draining && $0.status != .retired { $0.status = status } }
    case .want(let name, let wanted):
      change(name) {
        $0.isWanted = wanted
        if wanted { $0.isDown = false }
      }
    case .pardon(let name): change(name) { $0.isLost = false }
    case .revoke(let name): open[name, default: 0] = max(0, open[name, default: 0] - 1)
    case .hire(let name, let strategy, let parameters):
      roster.agents.append(.init(name: name, status: .hired, strategy: strategy, parameters: parameters))
    case .clone(let parent, let name):
      if roster[name] == nil {
        clones += 1
        roster.agents.append(
          .init(name: name, status: .hired, strategy: "momentum", generation: (roster[parent]?.generation ?? 0) + 1))
      }
    case .retire(let name):
      let isFlat = open[name, default: 0] == 0
      if let status = roster[name]?.status, status != .draining, status != .retired { epochs[name, default: 0] += 1 }
      change(name) {
        if $0.status != .draining && $0.status != .retired {
          $0.status = .draining
        }
        if isFlat, $0.isDown {
          $0.status = .retired
          $0.allocated = .zero
        }
      }
    case .halt: roster.isHalted = true
    case .resume:
      roster.isHalted = false
      resumed = true
    }
  }

  /// Carries the order out as bosses do that die after `dieAfter` actions of each step.
  mutating func carryOut(_ order: RosterOrder, dieAfter: () -> Int = { .max }) -> RosterRules.Step {
    for _ in 0..<200 {
      // Processes that are not wanted come to their end in time.
      for agent in roster.agents where !agent.isWanted { change(agent.name) { $0.isDown = true } }
      let step = rules.next(order, roster)
      switch step {
      case .done, .refuse: return step
      case .wait: continue
      case .perform(let actions): for action in actions.prefix(dieAfter()) { perform(action) }
      }
    }
    return .wait("for ever")
  }
}

private func command(_ verb: RosterOrder.Verb, _ target: String = "", _ arguments: JSON = .object([])) -> RosterOrder {
  RosterOrder(source: .command(12), verb: verb, target: target, arguments: arguments)
}

private func advice(_ verb: RosterOrder.Verb, _ target: String) -> RosterOrder {
  RosterOrder(source: .recommendation(7, rule: "first-rule", evidence: ["trades": 40]), verb: verb, target: target)
}

private func isRefusal(_ step: RosterRules.Step) -> Bool { if case .refuse = step { true } else { false } }

@Suite("Orders about the roster")
struct RosterRulesTests {
  @Test("start pardons a lost process before it lets the agent run, beside a pause too")
  func startOfALostAgent() {
    let rules = RosterRules(agentsMax: 6, clonePause: .zero, hireCheck: check)
    let order = RosterOrder(source: .command(1), verb: .start, target: "a")
    for (status, isLost) in [(Roster.Status.paused, true), (.quarantined, true), (.quarantined, false)] {
      let agent = Roster.Agent(name: "a", status: status, strategy: "s", isWanted: true, isLost: isLost)
      #expect(rules.next(order, Roster(agents: [agent])) == .perform([.pardon("a"), .setStatus("a", .running)]))
    }
    let paused = Roster.Agent(name: "a", status: .paused, strategy: "s", isWanted: true)
    #expect(rules.next(order, Roster(agents: [paused])) == .perform([.setStatus("a", .running)]))
  }

  @Test("Retiring fences once, waits until everything is closed, and returns the capital")
  func retire() {
    var record = Record(["a", "b"])
    record.open["a"] = 5
    #expect(record.carryOut(command(.retire, "a")) == .done(["retired": "a"]))
    #expect(record.epochs["a"] == 1)
    #expect(record.roster["a"]?.status == .retired)
    #expect(record.roster["b"]?.status == .running)
  }

  @Test("The last agent is not retired, also when the others are already leaving")
  func lastAgent() {
    var record = Record(["a", "b"])
    #expect(isRefusal(Record(["a"]).rules.next(command(.retire, "a"), Record(["a"]).roster)))
    record.change("b") { $0.status = .draining }
    #expect(isRefusal(record.carryOut(command(.retire, "a"))))
  }

  @Test("A clone has its own name from the order's number, is made once, and runs")
  func clone() {
    var record = Record(["momentum-btc", "b"])
    #expect(record.carryOut(command(.clone, "momentum-btc")) == .done(["agent": "momentum-btc-c12", "generation": 1]))
    #expect(record.carryOut(command(.clone, "momentum-btc")) == .done(["agent": "momentum-btc-c12", "generation": 1]))
    #expect(record.clones == 1)
    #expect(record.roster["momentum-btc-c12"]?.isWanted == true)
  }

  @Test("Names of clones keep the root and stay legal through the generations")
  func cloneNames() {
    #expect(command(.clone).cloneName(of: "momentum-btc-c3") == "momentum-btc-c12")
    #expect(advice(.clone, "").cloneName(of: "momentum-btc-r9") == "momentum-btc-r7")
    #expect(command(.clone).cloneName(of: "bot-red") == "bot-red-c12")
    #expect(command(.clone).cloneName(of: "c1") == "c1-c12")
    let long = command(.clone).cloneName(of: String(repeating: "x", count: 40))
    #expect(AgentName(long) != nil && long.utf8.count == 40)
  }

  @Test(
    "No clone storm: not beyond the floor's size, not by advice soon after the last, not of one that leaves, not while halted"
  )
  func cloneRefusals() {
    var record = Record(["a", "b"])
    record.roster.sinceLastClone = .seconds(59)
    #expect(isRefusal(record.carryOut(advice(.clone, "a"))))
    #expect(!isRefusal(record.carryOut(command(.clone, "a"))), "a person may")
    record.roster.sinceLastClone = .seconds(60)
    #expect(!isRefusal(record.carryOut(advice(.clone, "a"))))
    record = Record(["a", "b", "c", "d", "e", "f"])
    #expect(isRefusal(record.carryOut(command(.clone, "a"))))
    record = Record(["a", "b"])
    record.roster.isHalted = true
    #expect(isRefusal(record.carryOut(command(.clone, "a"))))
    record.roster.isHalted = false
    record.change("a") { $0.status = .draining }
    #expect(isRefusal(record.carryOut(command(.clone, "a"))))
    #expect(record.clones == 0)
  }

  @Test("Pausing keeps the process, stopping ends it, starting brings both back; without a target all agents are meant")
  func pauseStopStart() {
    var record = Record(["a", "b"])
    _ = record.carryOut(command(.pause, "a"))
    #expect(record.roster["a"]?.status == .paused && record.roster["a"]?.isWanted == true)
    #expect(record.roster["b"]?.status == .running)
    #expect(record.carryOut(command(.stop)) == .done(["agents": ["a", "b"]]))
    #expect(record.roster.agents.allSatisfy { $0.status == .paused && $0.isDown })
    #expect(record.carryOut(command(.start)) == .done(["agents": ["a", "b"]]))
    #expect(record.roster.agents.allSatisfy { $0.status == .running && $0.isWanted })
  }

  @Test("A hire needs a legal, unused name and what could work here")
  func hire() {
    var record = Record(["a"])
    #expect(record.carryOut(command(.hire, "n", momentum)) == .done(["agent": "n", "generation": 0]))
    #expect(isRefusal(record.carryOut(command(.hire, "No Name", momentum))))
    #expect(isRefusal(record.carryOut(command(.hire, "m", ["strategy": "astrology"]))))
    #expect(
      isRefusal(record.carryOut(command(.hire, "m", ["strategy": "momentum", "parameters": ["series": ["foo-1m"]]]))))
    #expect(record.roster["m"] == nil)
    record.change("n") { $0.status = .retired }
    #expect(isRefusal(record.carryOut(command(.hire, "n", momentum))))
  }

  @Test("Halt and resume change the latch once")
  func haltResume() {
    var record = Record(["a"])
    #expect(record.carryOut(command(.halt)) == .done(["halted": true]))
    #expect(record.carryOut(command(.resume)) == .done(["halted": false]))
    #expect(record.resumed)
  }

  @Test("An unknown agent is refused with the nearest name")
  func unknownAgent() {
    var record = Record(["momentum-btc", "b"])
    #expect(
      record.carryOut(command(.retire, "momentun-btc"))
        == .refuse("there is no agent momentun-btc; did you mean momentum-btc?"))
    #expect(isRefusal(record.carryOut(command(.retire))))
  }

  @Test("Whatever boss dies after whatever action, the next one brings the order to the same end", arguments: 0..<200)
  func resumable(seed: UInt64) {
    var chance = SeededGenerator(seed: seed)
    let order = [
      command(.retire, "a"), command(.clone, "a"), command(.stop, "a"), command(.hire, "n", momentum),
      advice(.clone, "a"), command(.start), command(.pause),
    ].randomElement(using: &chance)!
    var straight = Record(["a", "b", "c"])
    straight.open["a"] = 3
    let expected = straight.carryOut(order)
    var broken = Record(["a", "b", "c"])
    broken.open["a"] = 3
    // At least one action happens, or nothing would ever move.
    let reached = broken.carryOut(order, dieAfter: { Int.random(in: 1...3, using: &chance) })
    #expect(reached == expected)
    #expect(broken.roster == straight.roster)
    #expect(broken.clones <= 1 && broken.epochs.values.allSatisfy { $0 == 1 })
  }
}

@Suite("Allocation of capital")
struct AllocatorTests {
  private func limits(_ agents: Int) throws -> FloorLimits {
    let config = try ConfigLoader.load(schema: FloorSchema.schema, layers: [], home: "")
    return try FloorLimits(config.reader, agents: agents)
  }

  private func apply(_ moves: [Allocator.Move], to roster: inout Roster) {
    for move in moves {
      for index in roster.agents.indices where roster.agents[index].name == move.agent {
        roster.agents[index].allocated += move.amount
      }
      roster.treasury -= move.amount
    }
  }

  @Test("A fresh floor divides its capital evenly and keeps the clone's place free")
  func fresh() throws {
    var roster = Roster(
      agents: ["a", "b", "c", "d"].map { .init(name: $0, status: .running, strategy: "s") },
      treasury: USD(dollars: 1000))
    apply(Allocator.moves(roster, limits: try limits(4)), to: &roster)
    #expect(roster.agents.allSatisfy { $0.allocated == USD(dollars: 80) })
    #expect(roster.treasury == USD(dollars: 680))
    #expect(Allocator.moves(roster, limits: try limits(4)).isEmpty)
  }

  @Test("A clone gets half a share, taken from what the others do not use")
  func clone() throws {
    var roster = Roster(
      agents: [
        .init(name: "a", status: .running, strategy: "s", allocated: USD(dollars: 80), invested: USD(dollars: 75)),
        .init(name: "b", status: .running, strategy: "s", allocated: USD(dollars: 80)),
        .init(name: "a-c1", status: .hired, strategy: "s", generation: 1),
      ], treasury: USD(dollars: 840))
    let limits = try FloorLimits(
      ConfigLoader.load(
        schema: FloorSchema.schema,
        layers: [ConfigLayer(commandLine: ["limits.system_pct=20", "floor.clone_reserve_count=0"])], home: ""
      ).reader, agents: 3)
    apply(Allocator.moves(roster, limits: limits), to: &roster)
    #expect(roster["a"]?.allocated == USD(dollars: 75), "what is invested stays")
    #expect(roster["b"]?.allocated == limits.allocationPerAgent)
    #expect(roster["a-c1"]?.allocated == (try limits.allocationPerAgent.scaled(by: 1, over: 2, rounding: .down)))
  }

  @Test(
    "Whatever the roster, no round allocates more than exists or than the limit, or takes what is in use",
    arguments: 0..<300)
  func invariants(seed: UInt64) throws {
    var chance = SeededGenerator(seed: seed)
    var agents: [Roster.Agent] = []
    var treasury = USD(dollars: Int64.random(in: 0...1000, using: &chance))
    for number in 0..<Int.random(in: 1...9, using: &chance) {
      let allocated = USD(micros: Int64.random(in: 0...60_000_000, using: &chance))
      let reserved = USD(micros: Int64.random(in: 0...allocated.micros, using: &chance))
      let invested = USD(micros: Int64.random(in: 0...(allocated - reserved).micros, using: &chance))
      let status: Roster.Status = [.running, .paused, .quarantined, .draining, .hired].randomElement(using: &chance)!
      agents.append(
        .init(
          name: "a\(number)", status: status, strategy: "s", generation: Int64.random(in: 0...1, using: &chance),
          allocated: allocated, reserved: reserved, invested: invested))
    }
    var roster = Roster(agents: agents, treasury: treasury)
    let limits = try limits(roster.active.count)
    let before = roster.agents.reduce(USD.zero) { $0 + $1.allocated } + treasury
    let moves = Allocator.moves(roster, limits: limits)
    // In the order given, no step may overdraw.
    for move in moves {
      treasury -= move.amount
      #expect(treasury >= .zero)
      #expect(roster[move.agent]?.isActive == true)
    }
    apply(moves, to: &roster)
    let sum = roster.agents.reduce(USD.zero) { $0 + $1.allocated }
    #expect(sum + roster.treasury == before)
    #expect(sum <= max(limits.system, agents.reduce(USD.zero) { $0 + $1.allocated }))
    for agent in roster.agents { #expect(agent.allocated >= agent.reserved + agent.invested) }
    #expect(Allocator.moves(roster, limits: limits).isEmpty, "a second look finds nothing to move")
  }
}
