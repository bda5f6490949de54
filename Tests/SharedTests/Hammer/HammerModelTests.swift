import Shared
import Testing

/// The hammer's mathematics by hand, by brute force and by closed forms; the vectors are checked elsewhere.
@Suite("Hammer: settling mean, volatility, probability")
struct HammerModelTests {
  private func grid(_ ticks: [(Int64, Double)]) -> SecondGrid {
    var grid = SecondGrid()
    for (second, value) in ticks { grid.put(value, at: second) }
    return grid
  }

  private func flat(_ seconds: ClosedRange<Int64>, _ value: Double = 100) -> SecondGrid {
    grid(seconds.map { ($0, value) })
  }

  @Test("Missing seconds lie on the straight line, and an older tick than the newest is not taken")
  func straightLine() {
    var grid = grid([(10, 100), (14, 108)])
    #expect(grid.value(at: 11) == 102 && grid.value(at: 13) == 106 && grid.value(at: 14) == 108)
    #expect(grid.value(at: 9) == nil && grid.value(at: 15) == nil && grid.tick(11) == nil)
    let isTaken = grid.put(1, at: 14) || grid.put(1, at: 12)
    #expect(!isTaken && grid.last == 108)
    #expect(grid.held(atOrBefore: 13) == 10 && grid.held(atOrAfter: 11) == 14)
    #expect(grid.newestTicks(2) == [100, 108] && grid.newestTicks(3) == nil)
  }

  @Test("After a silence longer than the grid nothing of before is left")
  func longSilence() {
    var grid = flat(1...50)
    grid.put(7, at: 50 + SecondGrid.span)
    #expect(grid.newestTicks(2) == nil && grid.value(at: 50) == nil && grid.last == 7)
  }

  @Test("The variance of the open part is the double sum of a walk's covariances, whatever is open")
  func varianceByBruteForce() throws {
    for window in [Int64(5), 30, 60] {
      for newest in stride(from: Int64(900), through: 1000, by: 7) {
        let average = try #require(
          WindowAverage(flat((newest - 120)...newest), close: 1000, window: window, endLag: 3))
        // Cov of seconds i and j after now is the time that both have walked.
        var sum = 0.0
        let seconds = (997 - window + 1...997).filter { $0 > newest }
        for i in seconds { for j in seconds { sum += Double(min(i, j) - newest) } }
        #expect(abs(average.variance - sum / Double(window * window)) < 1e-9, "\(window) \(newest)")
        #expect(average.unknown == Int64(seconds.count))
      }
    }
  }

  @Test("Drawn seconds add the variance of a bridge between their ends", arguments: [Int64(2), 3, 8, 20])
  func bridgeByBruteForce(gap: Int64) {
    var sum = 0.0
    for i in 1..<gap { for j in 1..<gap { sum += Double(min(i, j)) - Double(i * j) / Double(gap) } }
    #expect(abs(WindowAverage.bridgeVariance(gaps: [gap], window: 60) * 3600 - sum) < 1e-9)
  }

  @Test("What is fixed counts as it was, what is open counts as the newest value")
  func expected() throws {
    // Averaged: seconds 93 to 97 of a window of five with a lag of three; 96 and 97 are open.
    let average = try #require(
      WindowAverage(grid([(90, 1), (93, 10), (95, 20)]), close: 100, window: 5, endLag: 3))
    #expect(average.expected == (10 + 15 + 20 + 20 + 20) / 5.0)
    #expect(average.unknown == 2 && average.ahead == 0 && average.gaps == [2] && average.missing == 1)
    // Not begun: the newest value is all there is.
    let early = try #require(WindowAverage(grid([(80, 7)]), close: 100, window: 5, endLag: 3))
    #expect(early.expected == 7 && early.ahead == 12 && early.unknown == 5 && early.gaps.isEmpty)
    // Joined too late to know the first second that is fixed.
    #expect(WindowAverage(grid([(94, 7), (95, 7)]), close: 100, window: 5, endLag: 3) == nil)
    #expect(WindowAverage(SecondGrid(), close: 100, window: 5, endLag: 3) == nil)
  }

  @Test("A gap that only touches the beginning of the mean counts, one that ends there does not")
  func touchingGaps() throws {
    let touching = try #require(WindowAverage(grid([(91, 1), (94, 4), (95, 5)]), close: 100, window: 5, endLag: 3))
    #expect(touching.gaps == [3] && touching.missing == 1 && abs(touching.expected - (3 + 4 + 5 + 5 + 5) / 5.0) < 1e-12)
    let ending = try #require(
      WindowAverage(grid([(90, 1), (93, 3), (94, 4), (95, 5)]), close: 100, window: 5, endLag: 3))
    #expect(ending.gaps.isEmpty && ending.missing == 0)
  }

  @Test("A mean is only reconstructed when all of it is told, with short gaps")
  func reconstruction() {
    let whole = grid((0...100).map { ($0, Double($0)) })
    #expect(WindowAverage.reconstructed(whole, at: 100, window: 60, endLag: 3) == 67.5)
    #expect(WindowAverage.reconstructed(whole, at: 104, window: 60, endLag: 3) == nil)
    let holed = grid((0...100).filter { !(60...65).contains($0) }.map { ($0, Double($0)) })
    #expect(WindowAverage.reconstructed(holed, at: 100, window: 60, endLag: 3) == nil)
    let trust = AverageTrust(gapMax: 7, missingMax: 6)
    #expect(WindowAverage.reconstructed(holed, at: 100, window: 60, endLag: 3, trust: trust) == 67.5)
  }

  @Test("A steady growth has the volatility of its five-second steps; too few of them have none")
  func volatilityOfGrowth() throws {
    var volatility = StepVolatility()
    for second in Int64(0)...124 { volatility.put(100 * Elementary.exp(1e-5 * Double(second)), at: second) }
    #expect(volatility.count == 120)
    // (5 · 10⁻⁵)² / 5 a second
    #expect(abs(try #require(volatility.sigma) / (1e-5 * 5.0.squareRoot()) - 1) < 1e-9)
    var short = StepVolatility()
    for second in Int64(0)...123 { short.put(100, at: second) }
    #expect(short.sigma == nil && short.count == 119)
    short.put(100, at: 124)
    #expect(short.sigma == StepVolatility.Settings.standard.floor)
  }

  @Test("The past counts half after the half-life, and a second without a valid change only lets it fade")
  func decay() throws {
    let settings = StepVolatility.Settings(step: 1, halfLife: 10, gapMax: 3, countMin: 1, floor: 1e-9)
    var volatility = StepVolatility(settings)
    volatility.put(1, at: 0)
    volatility.put(Elementary.exp(0.01), at: 1)
    for second in Int64(2)...11 { volatility.put(Elementary.exp(0.01), at: second) }
    let l = Elementary.exp(-Elementary.log(2) / 10)
    var denominator = 0.0
    for _ in 0..<11 { denominator = denominator * l + 1 }
    #expect(abs(try #require(volatility.sigma) - (1e-4 / 2 / denominator).squareRoot()) < 1e-12)
    // A gap of five: no change spans it, the one after its end counts.
    volatility.put(2, at: 16)
    #expect(volatility.count == 11)
    volatility.put(2, at: 17)
    #expect(volatility.count == 12)
    let faded = try #require(volatility.sigma)
    #expect(
      abs(faded - (1e-4 / 2 * Elementary.exp(-0.6 * Elementary.log(2)) / denominatorAfter(denominator, l)).squareRoot())
        < 1e-12)
  }

  private func denominatorAfter(_ denominator: Double, _ l: Double) -> Double {
    var value = denominator
    for _ in 0..<5 { value *= l }
    return value * l + 1
  }

  @Test("The seed's volatility needs sixty-one ticks and ignores a steady growth")
  func seedVolatility() throws {
    #expect(SeedVolatility.sigma(flat(1...60)) == nil)
    #expect(SeedVolatility.sigma(flat(1...61)) == 1e-6)
    var alternating: [(Int64, Double)] = []
    for second in Int64(0)...60 { alternating.append((second, second % 2 == 0 ? 100 : 101)) }
    let up = 0.01
    let down = 100.0 / 101 - 1
    let mean = (up + down) / 2
    let wanted = ((up - mean) * (up - mean) * 60 / 59).squareRoot()
    #expect(abs(try #require(SeedVolatility.sigma(grid(alternating))) - wanted) < 1e-12)
  }

  @Test("At the strike every model says one half; far away the tailed ones keep their doubt")
  func probabilities() {
    #expect(UpProbability.normalSpot(last: 100, strike: 100, sigma: 1e-4, seconds: 9) == 0.5)
    #expect(UpProbability.normalTwap(distance: 0, last: 100, sigma: 1e-4, variance: 2) == 0.5)
    #expect(UpProbability.normalTwap(distance: 0, last: 100, sigma: 1e-4, variance: 0) == 1)
    #expect(UpProbability.normalTwap(distance: -1e-9, last: 100, sigma: 1e-4, variance: 0) == 0)
    #expect(abs(UpProbability.tailed(distance: 0, deviation: 1, .twap) - 0.5) < 1e-15)
    #expect(abs(UpProbability.tailed(distance: 1e9, deviation: 1, .twap) - 0.995) < 1e-12)
    #expect(abs(UpProbability.tailed(distance: -1e9, deviation: 1, .spot) - 0.04) < 1e-12)
    // One standard deviation over √4 seconds: Φ(1).
    let one = UpProbability.normalSpot(last: 100, strike: 100 - 0.02, sigma: 1e-4, seconds: 4)
    #expect(abs(one - 0.8413447460685429) < 1e-10)
  }

  @Test("The hint moves the canonical value by the exchange's changes and not by its level")
  func hint() throws {
    let canonical = flat(90...100, 1000)
    let exchange = grid([(97, 1040), (98, 1040), (99, 1040), (100, 1040), (102, 1043)])
    let hint = try #require(SpotHint(canonical: canonical, exchange: exchange))
    #expect(abs(hint.value - 1003) < 1e-9 && hint.second == 102)
    let shifted = try #require(SpotHint(canonical: canonical, exchange: grid([(98, 40), (100, 40), (102, 43)])))
    #expect(abs(shifted.value - 1003) < 1e-9)
    #expect(SpotHint(canonical: canonical, exchange: grid([(98, 1), (99, 1)])) == nil)
    #expect(SpotHint(canonical: canonical, exchange: grid([(99, 1), (101, 1)])) == nil)
  }
}

@Suite("Hammer: strikes, feeds and the recipe")
struct HammerFeedTests {
  private func time(_ seconds: Double) -> MarketTime { MarketTime(nanoseconds: Int64(seconds * 1e9)) }

  private func value(_ text: String) throws -> ReferenceValue { try #require(ReferenceValue(parsing: text)) }

  @Test("The tick of the boundary second is the strike")
  func exact() throws {
    var watch = StrikeWatch()
    watch.put(try value("70000.1"), at: time(300))
    #expect(watch.strike(at: 300)?.source == .stream)
    watch.put(try value("70000.2"), at: time(301))
    let isFirst = watch.strike(at: 300)?.value == (try value("70000.1"))
    #expect(isFirst && watch.strike(at: 600) == nil)
  }

  @Test("Without it the first tick within three seconds is, if it is known to be the first")
  func next() throws {
    var watch = StrikeWatch()
    watch.put(try value("1"), at: time(302))
    #expect(watch.strike(at: 300) == nil, "what came before is not known")
    watch.put(try value("2"), at: time(598))
    watch.put(try value("3"), at: time(603))
    #expect(watch.strike(at: 600)?.source == .streamNext && watch.strike(at: 600)?.delay == .seconds(3))
    watch.put(try value("4"), at: time(899))
    watch.put(try value("5"), at: time(903.001))
    #expect(watch.strike(at: 900) == nil, "too late")
    watch.put(try value("8"), at: time(1160))
    watch.put(try value("9"), at: time(1202))
    #expect(watch.strike(at: 1200) == nil, "nobody listened at the boundary")
    watch.put(try value("6"), at: time(1500))
    watch.put(try value("7"), at: time(900))
    #expect(watch.strike(at: 900) == nil && watch.strike(at: 1500)?.source == .stream, "time does not run back")
  }

  @Test("Only what was observed where it settles is confirmed")
  func confirmed() {
    #expect(StrikeSource.allCases.filter(\.isConfirmed) == [.stream, .streamNext, .endpoint])
  }

  @Test("Roles and modes of the feeds")
  func modes() {
    #expect(FeedRoles.settling(Market.Settlement(symbol: "btc/usd", twapSeconds: nil)) == .chainlink)
    #expect(FeedRoles.settling(Market.Settlement(symbol: "btc/usd", twapSeconds: 60)) == .twap60)
    #expect(FeedRoles.settling(Market.Settlement(symbol: "btc/usd", twapSeconds: 45)) == nil)
    func mode(_ canonical: Double?, _ hint: Double?, _ fallback: Bool = true) -> FeedRoles.Mode {
      FeedRoles.mode(canonicalAge: canonical, hintAge: hint, canonicalAgeMax: 4, hintAgeMax: 2.5, fallback: fallback)
    }
    #expect(mode(4, nil) == .canonical && mode(4.1, 2.5) == .fallback && mode(nil, 0) == .fallback)
    #expect(mode(4.1, 2.6) == .blind && mode(4.1, nil) == .blind && mode(9, 0, false) == .blind)
    #expect(mode(0, 0) == .canonical, "recovery is a matter of the feed alone")
  }

  @Test("A source that averages otherwise is found out by the median, not by single ticks")
  func drift() {
    var canonical = SecondGrid()
    var right = RecipeDrift()
    var wrong = RecipeDrift()
    for second in Int64(0)..<200 {
      canonical.put(70_000 + Double(second * second % 37), at: second)
      guard second >= 70, let mean = WindowAverage.reconstructed(canonical, at: second, window: 60, endLag: 3) else {
        continue
      }
      right.put(mean: second % 5 == 0 ? mean + 5 : mean, at: second, window: 60, endLag: 3, canonical)
      wrong.put(mean: mean + 0.5, at: second, window: 60, endLag: 3, canonical)
    }
    #expect(!right.hasDrifted && right.median == 0)
    #expect(wrong.hasDrifted)
    #expect(RecipeDrift().median == nil && !RecipeDrift().hasDrifted)
  }
}
