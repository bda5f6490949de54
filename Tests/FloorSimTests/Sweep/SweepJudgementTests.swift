import FloorSim
import FloorTestSupport
import Shared
import Testing

/// The best of many, and whether it is more than the luckiest.
@Suite("Judgement of a sweep")
struct SweepJudgementTests {
  private let grid = try! SweepGrid(["a": [1, 2, 3, 4, 5], "b": [1, 2]])

  private func markets(_ count: Int) -> [MarketSlug] {
    (0..<count).map { MarketSlug("btc-updown-5m-\(1_795_180_500 + $0 * 300)")! }
  }

  /// A run whose result in each market is given, in cents.
  private func run(_ number: Int, _ cents: [Int]) -> SweepRun {
    let slugs = markets(cents.count)
    let results = Dictionary(uniqueKeysWithValues: zip(slugs, cents.map { USD(micros: Int64($0) * 10_000) }))
    return SweepRun(
      [
        "number": .int(number), "values": .array(grid.values(number)), "trades": .int(cents.count),
        "wins": .int(cents.count { $0 > 0 }), "pnl_usd": .text(results.values.reduce(.zero, +)), "fees_usd": "0",
        "at_risk_usd": "100", "max_drawdown_usd": "0", "trades_an_hour": 1,
        "markets": .object(results.sorted { $0.key < $1.key }.map { JSON.Member($0.key.text, .text($0.value)) }),
        "digest": "a",
      ] as JSON)!
  }

  @Test("Of coin-flippers' results the best is named as luck, whatever the seed", arguments: Seeds.some(8))
  func luck(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let runs = (0..<10).map { number in run(number, (0..<40).map { _ in random.uniform() < 0.5 ? 100 : -100 }) }
    let judgement = SweepJudgement(runs, grid: grid, markets: markets(40), folds: 4)
    // One in twenty may clear a single bar; all three together are cleared more seldom.
    if judgement.verdict == .survives { #expect(judgement.deflated.map { $0.probability >= 0.95 } == true) }
    #expect(judgement.luckBar.map { $0.high > 0 && $0.mean < $0.high } == true)
  }

  @Test("Ten coin-flippers over many days seldom survive; a setting with an edge does")
  func edge() {
    var survived = 0
    for seed in UInt64(1)...40 {
      var random = SeededGenerator(seed: seed)
      let runs = (0..<10).map { number in run(number, (0..<40).map { _ in random.uniform() < 0.5 ? 100 : -100 }) }
      if SweepJudgement(runs, grid: grid, markets: markets(40), folds: 4).verdict == .survives { survived += 1 }
    }
    #expect(survived <= 4)
    var random = SeededGenerator(seed: 1)
    let good = (0..<10).map { number in
      run(number, (0..<100).map { _ in random.uniform() < (number == 3 ? 0.8 : 0.5) ? 100 : -100 })
    }
    let judgement = SweepJudgement(good, grid: grid, markets: markets(100), folds: 4)
    #expect(judgement.verdict == .survives && judgement.best?.number == 3)
  }

  @Test("Choosing by the past: the setting that was best before each fold, and its result in it")
  func walkForward() {
    // Two markets a fold. Run 0 is best in the first fold, run 1 from then on.
    let runs = [run(0, [500, 500, -300, -300, -100, -100]), run(1, [100, 100, 900, 900, 200, 200])]
    let judged = SweepJudgement(runs, grid: grid, markets: markets(6), folds: 3).walkForward
    #expect(judged.steps.map(\.chosen) == [0, 1])
    #expect(judged.steps.map(\.fold) == [2, 3])
    #expect(judged.steps.map(\.before) == [USD(dollars: 10), USD(dollars: 20)])
    #expect(judged.steps.map(\.inFold) == [USD(dollars: -6), USD(dollars: 4)])
    #expect(judged.pnl == USD(dollars: -2))
  }

  @Test("The best fifth and the values in it")
  func ranges() {
    let runs = (0..<10).map { run($0, [$0 * 10 - 30, 0, 1]) }
    let judgement = SweepJudgement(runs, grid: grid, markets: markets(3), folds: 1)
    #expect(judgement.topFifth.map(\.number) == [9, 8])
    #expect(judgement.ranges.map(\.key) == ["a", "b"])
    #expect(judgement.ranges[0].values.map { SweepGrid.text($0.value) } == ["5"])
    #expect(judgement.ranges[1].values.map(\.count) == [1, 1])
    #expect(judgement.walkForward.steps.isEmpty)
  }

  @Test("Nothing traded, and nothing but losses, are named so")
  func nothing() {
    #expect(SweepJudgement([], grid: grid, markets: [], folds: 5).verdict == .nothing)
    let losing = [run(0, [-100, -50, -20]), run(1, [-1, -1, -1])]
    #expect(SweepJudgement(losing, grid: grid, markets: markets(3), folds: 2).verdict == .loses)
  }

  @Test(
    "The luck bar against its exact value: of one gambler with n equal stakes nothing is expected, and one in twenty has 1.645 √n"
  )
  func luckBar() {
    let bar = LuckBar(Array(repeating: 1, count: 400), gamblers: 1)
    #expect(abs(bar.mean) < 4)
    #expect(abs(bar.high - 1.645 * 20) < 7)
    // The best of two of one stake each: +1 with three quarters.
    let two = LuckBar([1], gamblers: 2)
    #expect(abs(two.mean - 0.5) < 0.15 && two.high == 1)
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
