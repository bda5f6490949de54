import FloorSim
import FloorTestSupport
import Shared
import Testing

/// The best of many, and whether it is more than the luckiest.
@Suite("Judgement of a sweep")
struct SweepJudgementTests {
  private let grid = try! SweepGrid(["a": [1, 2, 3, 4, 5], "b": [1, 2]])

  private func judge(_ runs: [SweepRun], markets count: Int, folds: Int, runnable: Int? = nil) -> SweepJudgement {
    SweepJudgement(runs, grid: grid, runnable: runnable ?? runs.count, markets: markets(count), folds: folds)
  }

  private func markets(_ count: Int) -> [MarketSlug] {
    (0..<count).map { MarketSlug("btc-updown-5m-\(1_795_180_500 + $0 * 300)")! }
  }

  /// A run whose result in each market is given, in cents; sold, unless `bets` of them were held to the end.
  private func run(_ number: Int, _ cents: [Int], bets: SweepBet? = nil) -> SweepRun {
    let slugs = markets(cents.count)
    let results = Dictionary(uniqueKeysWithValues: zip(slugs, cents.map { USD(micros: Int64($0) * 10_000) }))
    return SweepRun(
      [
        "number": .int(number), "values": .array(grid.values(number)), "trades": .int(cents.count),
        "wins": .int(cents.count { $0 > 0 }), "pnl_usd": .text(results.values.reduce(.zero, +)), "fees_usd": "0",
        "at_risk_usd": "100", "max_drawdown_usd": "0", "trades_an_hour": 1,
        "markets": .object(results.sorted { $0.key < $1.key }.map { JSON.Member($0.key.text, .text($0.value)) }),
        "bets": .object(bets.map { bet in slugs.map { JSON.Member($0.text, .array([bet.json])) } } ?? []),
        "sold_usd": [:], "digest": "a",
      ] as JSON)!
  }

  @Test("Of coin-flippers the best seldom survives, whatever the seed", arguments: Seeds.some(4))
  func luck(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var survived = 0
    for _ in 0..<40 {
      let runs = (0..<10).map { number in run(number, (0..<20).map { _ in random.uniform() < 0.5 ? 100 : -100 }) }
      if judge(runs, markets: 20, folds: 4).verdict == .survives { survived += 1 }
    }
    // One in twenty clears the luck bar; more than six of forty would then come once in three hundred seeds, and there are two bars more.
    #expect(survived <= 6)
  }

  @Test("Of buyers of favourites at a fair price the best seldom survives, whatever the seed", arguments: Seeds.some(4))
  func favourites(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let bet = SweepBet(outcome: .yes, shares: Shares(whole: 1), risked: USD(micros: 900_000))
    var survived = 0
    var cleared = 0
    for _ in 0..<40 {
      let runs = (0..<10).map { number in
        run(number, (0..<40).map { _ in random.uniform() < 0.9 ? 10 : -90 }, bets: bet)
      }
      let judgement = judge(runs, markets: 40, folds: 4)
      if judgement.verdict == .survives { survived += 1 }
      if let bar = judgement.luckBar, let best = judgement.best, best.pnl > bar.high { cleared += 1 }
    }
    #expect(cleared <= 8 && survived <= 6)
  }

  @Test("A setting with an edge survives")
  func edge() {
    var random = SeededGenerator(seed: 1)
    let good = (0..<10).map { number in
      run(number, (0..<100).map { _ in random.uniform() < (number == 3 ? 0.8 : 0.5) ? 100 : -100 })
    }
    let judgement = judge(good, markets: 100, folds: 4)
    #expect(judgement.verdict == .survives && judgement.best?.number == 3)
  }

  @Test("Choosing by the past: the setting that was best before each fold, and its result in it")
  func walkForward() {
    // Two markets a fold. Run 0 is best in the first fold, run 1 from then on.
    let runs = [run(0, [500, 500, -300, -300, -100, -100]), run(1, [100, 100, 900, 900, 200, 200])]
    let judged = judge(runs, markets: 6, folds: 3).walkForward
    #expect(judged.steps.map(\.chosen) == [0, 1])
    #expect(judged.steps.map(\.fold) == [2, 3])
    #expect(judged.steps.map(\.before) == [USD(dollars: 10), USD(dollars: 20)])
    #expect(judged.steps.map(\.inFold) == [USD(dollars: -6), USD(dollars: 4)])
    #expect(judged.pnl == USD(dollars: -2))
  }

  @Test(
    "A market that was traded and not settled lies in a fold too: the folds' results are the run's", arguments: 1...6)
  func unsettled(settled: Int) {
    let one = run(0, [500, -300, 70, 900, -20, 11])
    for folds in 2...6 {
      let judged = judge([one], markets: settled, folds: folds).walkForward
      #expect(judged.steps.count == folds - 1)
      #expect(judged.steps[0].before + judged.pnl == one.pnl)
    }
  }

  @Test("A part of the runs is not judged: the luck bar counts all that can be run, and the verdict waits for them")
  func incomplete() {
    let cents = (0..<100).map { $0 % 10 < 8 ? 100 : -100 }
    let part = judge([run(3, cents)], markets: 100, folds: 1, runnable: 10)
    #expect(part.verdict == .incomplete && part.missing == 9 && part.luckBar?.gamblers == 10)
    #expect(part.json["verdict"] == "incomplete" && part.json["missing"] == 9)
    let whole = judge([run(3, cents)], markets: 100, folds: 1)
    #expect(whole.verdict == .survives && whole.missing == 0 && whole.luckBar?.gamblers == 1)
  }

  @Test("The best fifth and the values in it")
  func ranges() {
    let runs = (0..<10).map { run($0, [$0 * 10 - 30, 0, 1]) }
    let judgement = judge(runs, markets: 3, folds: 1)
    #expect(judgement.topFifth.map(\.number) == [9, 8])
    #expect(judgement.ranges.map(\.key) == ["a", "b"])
    #expect(judgement.ranges[0].values.map { SweepGrid.text($0.value) } == ["5"])
    #expect(judgement.ranges[1].values.map(\.count) == [1, 1])
    #expect(judgement.walkForward.steps.isEmpty)
  }

  @Test("Nothing traded, and nothing but losses, are named so")
  func nothing() {
    #expect(judge([], markets: 0, folds: 5).verdict == .nothing)
    let losing = [run(0, [-100, -50, -20]), run(1, [-1, -1, -1])]
    #expect(judge(losing, markets: 3, folds: 2).verdict == .loses)
  }

  @Test(
    "The luck bar against its exact value: of one gambler with n equal stakes nothing is expected, and one in twenty has 1.645 √n"
  )
  func luckBar() {
    let coin = LuckBar.Stake(sold: USD(dollars: 1))
    let bar = LuckBar(Array(repeating: coin, count: 400), gamblers: 1)
    #expect(abs(bar.mean) < 4)
    #expect(abs(Double(bar.high.micros) / 1e6 - 1.645 * 20) < 7)
    // The best of two of one stake each: +1 with three quarters.
    let two = LuckBar([coin], gamblers: 2)
    #expect(abs(two.mean - 0.5) < 0.15 && two.high == USD(dollars: 1))
    // A bet at a half is the same.
    let even = LuckBar.Stake(bets: [
      SweepBet(outcome: .no, shares: Shares(whole: 2), risked: USD(dollars: 1))
    ])
    let bets = LuckBar(Array(repeating: even, count: 400), gamblers: 1)
    #expect(abs(bets.mean) < 4 && abs(Double(bets.high.micros) / 1e6 - 1.645 * 20) < 7)
  }

  @Test("Twenty favourites at 0.95 without a loss are what the best of a hundred gamblers has by chance")
  func favouritesBar() {
    let bet = SweepBet(outcome: .yes, shares: Shares(whole: 1), risked: USD(micros: 950_000))
    let stakes = Array(repeating: LuckBar.Stake(bets: [bet]), count: 20)
    let bar = LuckBar(stakes, gamblers: 100)
    #expect(bar.high == USD(dollars: 1) && abs(bar.mean - 1) < 1e-9)
    // Alone, nothing is expected of a gambler: 0.36 of them have no loss.
    #expect(abs(LuckBar(stakes, gamblers: 1).mean) < 0.2)
    let judgement = judge(
      (0..<100).map { run($0 % 10, Array(repeating: 5, count: 20), bets: bet) }, markets: 20, folds: 1)
    #expect(judgement.best?.pnl == USD(dollars: 1) && judgement.verdict == .luck)
  }

  @Test("Bets of one market hang on one result: on YES and NO together nothing is at stake, on YES twice all of it")
  func oneMarket() {
    let yes = SweepBet(outcome: .yes, shares: Shares(whole: 1), risked: USD(micros: 700_000))
    let no = SweepBet(outcome: .no, shares: Shares(whole: 1), risked: USD(micros: 300_000))
    let both = LuckBar([LuckBar.Stake(bets: [yes, no])], gamblers: 50)
    #expect(both.mean == 0 && both.high == .zero)
    let twice = LuckBar([LuckBar.Stake(bets: [no, no])], gamblers: 1)
    #expect(twice.high == USD(micros: 1_400_000) && abs(twice.mean) < 0.2)
  }

  @Test("The deflated Sharpe ratio: without other settings the plain probability, with more of them ever less")
  func deflated() throws {
    // Mean 0.1, deviation 1, no skew; kurtosis of ±1 is 1.
    var results = Array(repeating: 1.0, count: 55)
    results += Array(repeating: -1.0, count: 45)
    let alone = try #require(DeflatedSharpe(results, among: []))
    let deviation = (100.0 / 99 * (1 - 0.01)).squareRoot()
    #expect(abs(alone.sharpe - 0.1 / deviation) < 1e-12 && alone.expectedBest == 0)
    // The other values by the same equations in Python, with its own normal distribution.
    #expect(abs(alone.probability - 0.837709316275) < 1e-9)
    let others = (0..<50).map { Double($0 - 25) / 250 }
    let among = try #require(DeflatedSharpe(results, among: others))
    #expect(abs(among.expectedBest - 0.132730138358) < 1e-9)
    #expect(abs(among.probability - 0.373567146670) < 1e-9)
    #expect(DeflatedSharpe([1, 1, 1, 1], among: []) == nil)
    #expect(DeflatedSharpe([1, -1], among: []) == nil)
  }
}
