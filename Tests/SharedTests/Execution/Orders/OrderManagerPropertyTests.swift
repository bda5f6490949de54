import Foundation
import Shared
import Testing

/// The promise of the order path, over seeds: whatever is lost, repeated, reordered or killed, each intent has at most one order at the
/// venue, each fill is in the record exactly once, and every order ends as the venue says.
@Suite struct OrderManagerPropertyTests {
  @Test(
    "Through every fault at once: one venue order an intent, every fill once, every order resolved", arguments: 0..<24)
  func faults(seed: Int) {
    var world = OrderManagerWorld(seed: UInt64(seed))
    world.faults = .init(
      loseRequest: 10, loseAnswer: 15, loseStream: 30, repeatStream: 30, delayPost: 5, failTrades: 5, loseCommit: 10,
      reject: 5,
      restart: 1)
    run(&world, steps: 900)
    #expect(world.restarts > 0 || seed > 0)
  }

  @Test("Without the user stream at all, the polls alone bring every fill home", arguments: 100..<106)
  func withoutStream(seed: Int) {
    var world = OrderManagerWorld(seed: UInt64(seed))
    world.faults = .init(loseStream: 100)
    run(&world, steps: 500)
  }

  @Test("With nothing lost nothing is unknown, nothing is voided and nothing is asked twice", arguments: 200..<204)
  func calm(seed: Int) {
    var world = OrderManagerWorld(seed: UInt64(seed))
    run(&world, steps: 500)
    #expect(world.manager.counters.unknown == 0)
    #expect(world.manager.counters.voids == 0)
    #expect(world.posts.values.allSatisfy { $0 == 1 })
  }

  /// How many worlds the limits are held against; `FLOOR_LIMIT_SEEDS=100000` is the long run.
  private static let limitSeeds = ProcessInfo.processInfo.environment["FLOOR_LIMIT_SEEDS"].flatMap(UInt64.init) ?? 1500

  @Test(
    "No interleaving of wishes, answers, fills, readings and restarts puts more at risk than agent and floor may have")
  func limits() {
    let base = UInt64.random(in: 0...(.max / 2))
    var most = (agent: 0.0, floor: 0.0)
    for seed in 0..<Self.limitSeeds {
      var settings = OrderManager.Settings()
      // Four hundred dollars for all; one agent could have three hundred.
      settings.limits.perTradeBps = 1000
      settings.limits.perAgentBps = 3000
      settings.limits.floorBps = 4000
      // Both run one strategy: in every third world it may have less than the floor.
      if seed % 3 == 0 { settings.limits.perStrategyBps = 3500 }
      settings.limits.agentOrdersPerMinute = 100_000
      settings.limits.duplicateWindow = .zero
      var world = OrderManagerWorld(seed: base + seed, settings: settings)
      let allocation = USD(dollars: Int64.random(in: 150...350, using: &world.random))
      world.money = (USD(dollars: 1000), allocation)
      world.open()
      world.faults = .init(
        loseRequest: 3, loseAnswer: 10, loseStream: 20, repeatStream: 20, failTrades: 5, loseCommit: 10, reject: 3,
        restart: 1, askStanding: 30)
      wish(&world, steps: 120)
      func limit(_ scopes: LimitRule.Scope...) -> USD {
        settings.limits.capitalRules.filter { scopes.contains($0.scope) }.map { $0.limit(of: USD(dollars: 1000)) }
          .min()!
      }
      let agentLimit = min(allocation, limit(.agent))
      let floorLimit = limit(.floor, .strategy)
      #expect(
        world.mostAtRisk.agent <= agentLimit && world.mostAtRisk.floor <= floorLimit,
        "seed \(base + seed): \(world.mostAtRisk) of \(agentLimit) and \(floorLimit)")
      most.agent = max(most.agent, Double(world.mostAtRisk.agent.micros) / Double(agentLimit.micros))
      most.floor = max(most.floor, Double(world.mostAtRisk.floor.micros) / Double(floorLimit.micros))
    }
    // The limits were met, or nothing was shown.
    #expect(most.agent > 0.95 && most.floor > 0.95, "\(most)")
  }

  /// Rules that lie inside each other and across: what binds changes with what is held.
  private static let rules = [
    "scope=category usd=300", "scope=category name=crypto pct=22", "scope=event_group usd=240", "scope=market pct=18",
    "scope=market name=mlb-nyy-bos-2026-11-20 usd=90", "scope=agent name=b usd=200", "scope=strategy pct=38",
    "scope=floor pct=37",
    "scope=order usd=80", "scope=agent name=a pct=60 basis=allocation", "scope=strategy pct=55 basis=allocation",
    "scope=category pct=25 basis=equity",
  ]

  @Test(
    "No interleaving puts more at risk in a category, an event group, a market, with an agent or on the floor than any rule allows"
  )
  func rules() throws {
    let base = UInt64.random(in: 0...(.max / 2))
    let capital = USD(dollars: 1000)
    var most: [LimitRule.Scope: Double] = [:]
    for seed in 0..<Self.limitSeeds {
      var settings = OrderManager.Settings()
      settings.limits.perTradeBps = 1000
      settings.limits.perAgentBps = 3000
      settings.limits.agentOrdersPerMinute = 100_000
      settings.limits.duplicateWindow = .zero
      var world = OrderManagerWorld(seed: base + seed, settings: settings)
      // Some of the rules, others in each world.
      let rules = try Self.rules.filter { _ in world.chance(60) }.map { try LimitRule(parsing: $0) }
      settings.limits.rules = rules
      world.settings = settings
      world.manager = OrderManager(settings: settings)
      world.money = (capital, USD(dollars: 300))
      world.open()
      world.faults = .init(
        loseRequest: 3, loseAnswer: 10, loseStream: 20, repeatStream: 20, failTrades: 5, loseCommit: 10, reject: 3,
        restart: 1, askStanding: 30)
      wish(&world, steps: 100, in: OrderManagerWorld.markets)
      for rule in rules {
        // In these worlds equity is the capital, and both agents were given 300.
        let allocation = USD(dollars: rule.scope == .strategy ? 600 : 300)
        let limit = rule.limit(of: rule.base == .allocation ? allocation : capital)
        for (name, at) in world.atMost(rule.scope) where rule.name == nil || rule.name == name {
          #expect(at <= limit, "seed \(base + seed): \(at) in \(name) by \(rule.text)")
          most[rule.scope] = max(most[rule.scope] ?? 0, Double(at.micros) / Double(limit.micros))
        }
      }
    }
    // Each was met, or nothing was shown.
    #expect(most.count == LimitRule.Scope.allCases.count && most.values.allSatisfy { $0 > 0.9 }, "\(most)")
  }

  /// Two agents that want all they can get, at once and by turns.
  private func wish(
    _ world: inout OrderManagerWorld, steps: Int, in markets: [MarketTerms] = [OrderManagerWorld.market]
  ) {
    var number: Int64 = 0
    for _ in 0..<steps {
      for _ in 0..<Int.random(in: 0...3, using: &world.random) {
        number += 1
        let market = markets.count == 1 ? markets[0] : markets.randomElement(using: &world.random)!
        let wish = world.wish(
          number, agent: world.chance(50) ? "a" : "b", type: world.chance(50) ? .goodTillCancelled : .fillAndKill,
          price: "0.\(Int.random(in: 40...50, using: &world.random))",
          size: Int64.random(in: 5...180, using: &world.random),
          useful: .seconds(Int64.random(in: 1...40, using: &world.random)), market: market)
        world.feed(.intent(wish, .valid, world.view(market)))
      }
      if world.chance(40) { world.street() }
      if world.chance(30) { world.settleOne() }
      if world.chance(world.faults.restart) { world.restart() }
      world.step(Int64.random(in: 1...150, using: &world.random))
    }
  }

  private func run(_ world: inout OrderManagerWorld, steps: Int) {
    var number: Int64 = 0
    var sent: [IntentMessage] = []
    for _ in 0..<steps {
      if world.chance(40) {
        number += 1
        let wish = world.wish(
          number, agent: world.chance(50) ? "a" : "b", type: world.chance(50) ? .goodTillCancelled : .fillAndKill,
          price: "0.\(Int.random(in: 40...50, using: &world.random))",
          size: Int64.random(in: 5...40, using: &world.random),
          useful: .seconds(Int64.random(in: 1...40, using: &world.random)))
        sent.append(wish)
        world.feed(.intent(wish, .valid, world.view))
      }
      if world.chance(20), let again = sent.suffix(20).randomElement(using: &world.random) {
        world.feed(.intent(again, .valid, world.view))
      }
      if world.chance(30) { world.street() }
      if world.chance(30) { world.settleOne() }
      if world.chance(world.faults.restart) { world.restart() }
      world.step(Int64.random(in: 5...400, using: &world.random))
    }
    world.faults = .init()
    // Quiet now: everything must come to rest by itself.
    var quiet = 0
    while !world.manager.openOrders.isEmpty || !world.inbox.isEmpty || !world.arrivals.isEmpty, quiet < 4000 {
      world.step(100)
      quiet += 1
    }
    for _ in 0..<10 { world.step(10_000) }
    check(world)
  }

  private func check(_ world: OrderManagerWorld) {
    #expect(world.problems.isEmpty, "\(world.problems.prefix(5))")
    #expect(world.manager.openOrders.map { "\($0.terms.intent) \($0.state)" } == [])
    // One order an intent.
    var perIntent: [IntentID: Int] = [:]
    for side in world.venue.values { perIntent[side.terms.intent, default: 0] += 1 }
    #expect(perIntent.values.allSatisfy { $0 == 1 })
    #expect(world.signatures.values.allSatisfy { $0 <= 1 } || world.restarts > 0)
    #expect(world.posts.values.allSatisfy { $0 == 1 })
    // Every fill once, as the venue made it.
    var missing: [String] = []
    for trade in world.trades {
      let key = FillKey(trade: trade.id, order: trade.takerOrder)
      guard let fill = world.recordedFills[key] else {
        missing.append("\(key) \(world.states[trade.takerOrder]?.rawValue ?? "–")")
        continue
      }
      #expect(fill.size == trade.size)
      let known = world.settlements[key]
      #expect((known == .failed) == (trade.status == .failed), "\(key) \(known?.rawValue ?? "") \(trade.status)")
    }
    #expect(missing.isEmpty, "\(missing.prefix(5))")
    #expect(world.recordedFills.count == world.trades.count)
    // Every order ended as the venue has it.
    for (id, state) in world.states {
      #expect(state.isTerminal, "\(id) rests in \(state)")
      if let side = world.venue[id] {
        if side.matched == side.terms.size { #expect(state == .filled, "\(state)") }
        let part = side.matched > Shares.zero && side.terms.size > side.matched
        if part { #expect(state == .cancelled || state == .filled, "\(state)") }
        #expect(!side.status.isOpen, "\(id) is orphaned at the venue in \(state)")
      } else {
        #expect(
          state == .void || state == .rejected || state == .expiredUnsent, "\(state) of an order that never arrived")
      }
    }
  }
}
