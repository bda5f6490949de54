import Shared
import Testing

@testable import FloorSim

@Suite("Journal of a sweep")
struct SweepJournalTests {
  private let grid = try! SweepGrid(["lookback_s": [5, 10], "threshold_token_mid_points": ["0.02", "0.05"]])

  private func plan(_ change: (inout BacktestSettings) -> Void = { _ in }) -> SweepPlan {
    SweepPlan(
      grid: grid, agent: agent("momentum", ["input": "token_mid"]), settings: settings(change), data: ["a 1", "b 2"],
      program: "p")
  }

  private func journal(_ plan: SweepPlan) -> SweepJournal { SweepJournal(plan, runnable: plan.grid.count) }

  private func runs(_ plan: SweepPlan) throws -> [SweepRun] {
    var backtest = try Backtest((0..<grid.count).map { [plan.agent($0)] }, plan.settings)
    for frame in TapeFixture.random(3, windows: 2) { backtest.take(frame) }
    return backtest.finish().enumerated().map {
      SweepRun(number: $0.offset, values: grid.values($0.offset), report: $0.element)
    }
  }

  private func lines(_ journal: SweepJournal, _ runs: [SweepRun]) -> [[UInt8]] {
    [journal.head.bytes, SweepJournal.line([MarketSlug("a")!]).bytes] + runs.map(\.json.bytes)
  }

  @Test("What was written is read again as the same; two halves make the whole")
  func roundTrip() throws {
    let plan = plan()
    let runs = try runs(plan)
    #expect(runs.contains { $0.trades > 0 })
    let journal = self.journal(plan)
    var half = try SweepJournal(lines: lines(journal, Array(runs[..<2])))
    let rest = try SweepJournal(lines: lines(journal, Array(runs[2...])))
    try half.merge(rest)
    #expect(half.runs.values.sorted { $0.number < $1.number } == runs)
    #expect(half.markets == [MarketSlug("a")!] && half.grid == grid && half.runnable == 4)
    let table = half.csv.split(separator: "\n")
    #expect(table.count == 5)
    #expect(
      table[0].hasPrefix("run,lookback_s,threshold_token_mid_points,trades,win_rate,ev_error_points,total_pnl_usd"))
    #expect(table[3].hasPrefix("2,10,0.02,"))
  }

  @Test("Another sweep's journal, and a run that came out differently, are refused")
  func foreign() throws {
    let plan = plan()
    let runs = try runs(plan)
    var journal = self.journal(plan)
    let other = self.journal(self.plan { $0.latencyOut = .milliseconds(51) })
    #expect(journal.fingerprint != other.fingerprint)
    let foreign = try SweepJournal(lines: lines(other, runs))
    #expect(throws: SweepJournal.Problem.self) { try journal.merge(foreign) }
    try journal.merge(try SweepJournal(lines: lines(journal, runs)))
    let changed = runs[0].json.with("pnl_usd", "12")
    let strange = try SweepJournal(lines: [journal.head.bytes, changed.bytes])
    #expect(throws: SweepJournal.Problem.self) { try journal.merge(strange) }
  }

  @Test("A trip held to the end is a bet at its cost and fees; one that was sold, in part or marked, is none")
  func bets() throws {
    func trip(_ change: (inout RoundTrip) -> Void) -> RoundTrip {
      var trip = RoundTrip(
        agent: AgentName("a")!, market: MarketSlug("m")!, outcome: .no, openedAt: MarketTime(nanoseconds: 0),
        closedAt: MarketTime(nanoseconds: 1), shares: Shares(whole: 10), cost: USD(dollars: 9),
        proceeds: USD(dollars: 10), fees: USD(micros: 500_000), entryReason: "", exitReason: "", evidence: [:],
        payout: .one)
      change(&trip)
      return trip
    }
    let bet = SweepBet(outcome: .no, shares: Shares(whole: 10), risked: USD(micros: 9_500_000))
    #expect(SweepBet(trip { _ in }) == bet && SweepBet(bet.json) == bet)
    #expect(SweepBet(trip { ($0.payout, $0.proceeds) = (.zero, .zero) }) == bet)
    #expect(SweepBet(trip { $0.payout = nil }) == nil)
    #expect(SweepBet(trip { $0.proceeds = USD(micros: 9_700_000) }) == nil)
    #expect(SweepBet(trip { ($0.payout, $0.proceeds) = (.zero, USD(dollars: 3)) }) == nil)
    let json: [JSON] = [["MAYBE", "1", "1"], ["YES", "0", "1"], ["YES", "1"], "YES"]
    for json in json { #expect(SweepBet(json) == nil) }
  }

  @Test("The stakes of a run are its bets and, beside them, what was sold: together they are all that it brought")
  func stakes() throws {
    let run = try #require(try runs(plan()).first { !$0.bets.isEmpty })
    #expect(run.stakes.count == run.markets.count)
    let more = run.json.with("sold_usd", .object(run.bets.keys.map { JSON.Member($0.text, "-0.25") }))
    let stakes = try #require(SweepRun(more)).stakes
    #expect(stakes.count { !$0.bets.isEmpty } == run.bets.count)
    #expect(stakes.filter { !$0.bets.isEmpty }.allSatisfy { $0.sold == USD(micros: -250_000) })
    #expect(SweepRun(run.json.with("bets", ["a": [["YES", "1"]]])) == nil)
  }

  @Test("A line that is none is refused with its number")
  func damaged() {
    let head = journal(plan()).head.bytes
    #expect(throws: SweepJournal.Problem(description: "line 2 is no JSON")) {
      try SweepJournal(lines: [head, Array("{".utf8)])
    }
    #expect(throws: SweepJournal.Problem(description: "line 2 is no run of this grid")) {
      try SweepJournal(lines: [head, Array("{}".utf8)])
    }
    #expect(throws: SweepJournal.Problem.self) { try SweepJournal(lines: []) }
  }

  @Test("The fingerprint is the same for the same sweep, and another for each thing that its runs depend on")
  func fingerprint() throws {
    let one = plan()
    #expect(one.fingerprint == plan().fingerprint)
    let results = plan { $0.terms.results = [MarketSlug("a")!: .one, MarketSlug("b")!: .zero] }
    #expect(
      results.fingerprint == plan { $0.terms.results = [MarketSlug("b")!: .zero, MarketSlug("a")!: .one] }.fingerprint)
    let others = [
      results, plan { $0.limits.lossStreak = 4 }, plan { $0.capital = USD(dollars: 999) },
      SweepPlan(
        grid: grid, agent: agent("reversion", ["input": "token_mid"]), settings: settings(), data: one.data,
        program: "p"),
      SweepPlan(grid: grid, agent: one.agent, settings: settings(), data: ["a 1", "b 3"], program: "p"),
      SweepPlan(grid: grid, agent: one.agent, settings: settings(), data: one.data, program: "q"),
      SweepPlan(
        grid: try SweepGrid(["lookback_s": [5]]), agent: one.agent, settings: settings(), data: one.data, program: "p"),
    ]
    #expect(Set(others.map(\.fingerprint) + [one.fingerprint]).count == others.count + 1)
  }

  @Test("A combination that contradicts itself says why")
  func refused() throws {
    let grid = try SweepGrid(["entry_price_min_points": ["0.2", "0.9"], "entry_price_max_points": ["0.8"]])
    let plan = SweepPlan(grid: grid, agent: agent("momentum"), settings: settings(), data: [], program: "p")
    #expect(plan.refusal(0) == nil)
    #expect(plan.refusal(1)?.description.contains("entry_price_min_points is above entry_price_max_points") == true)
  }
}
