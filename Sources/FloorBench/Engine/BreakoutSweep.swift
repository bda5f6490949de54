/// Many settings of `Breakout` on the same quotes of one token, with exactly the trades of each alone. What settings share is computed once
/// (the standing of a price against its mean depends on the period alone), and eight settings go side by side.
enum BreakoutSweep {
  struct Outcome: Hashable, Sendable {
    var orders = 0
    /// In thousandths of a dollar, of what was sold.
    var won: Int64 = 0

    static func + (a: Outcome, b: Outcome) -> Outcome { Outcome(orders: a.orders + b.orders, won: a.won + b.won) }
  }

  /// The two hundred settings that other engines are measured with.
  static let grid: [Breakout.Settings] = [10, 15, 20, 30, 40].flatMap { period in
    [0.25, 0.5].flatMap { slack in
      [4.0, 5, 6, 8, 10].flatMap { threshold in
        [50, 100, 200, 400].map {
          Breakout.Settings(period: period, slack: slack, threshold: threshold, hold: $0)
        }
      }
    }
  }

  /// - Returns: by the order of `settings`.
  static func run(_ quotes: [BenchQuote], _ settings: [Breakout.Settings]) -> [Outcome] {
    var outcomes = Array(repeating: Outcome(), count: settings.count)
    guard !quotes.isEmpty else { return outcomes }
    let rising = rises(quotes)
    for (period, group) in Dictionary(grouping: settings.indices, by: { settings[$0].period }) {
      let standings = standings(quotes, period: period)
      var rest = group[...]
      while !rest.isEmpty {
        let some = Array(rest.prefix(8))
        rest = rest.dropFirst(8)
        let results = eight(quotes, standings, rising, some.map { settings[$0] }, from: period)
        for (index, result) in zip(some, results) { outcomes[index] = result }
      }
    }
    return outcomes
  }

  /// Does the price stand above that of three quotes before?
  private static func rises(_ quotes: [BenchQuote]) -> [Bool] {
    var (m1, m2, m3) = (mid(quotes[0]), mid(quotes[0]), mid(quotes[0]))
    return quotes.map { quote in
      let mid = mid(quote)
      defer { (m3, m2, m1) = (m2, m1, mid) }
      return mid / m3 - 1 > 0
    }
  }

  private static func mid(_ quote: BenchQuote) -> Double {
    (Double(quote.bid) / 1000 + Double(quote.ask) / 1000) * 0.5
  }

  /// How many deviations each price stands from its moving mean.
  private static func standings(_ quotes: [BenchQuote], period: Int) -> [Double] {
    let weight = Breakout.Settings(period: period).weight
    var mean = mid(quotes[0])
    var variance = 0.0
    return quotes.indices.map { index in
      guard index > 0 else { return 0 }
      let d = mid(quotes[index]) - mean
      let deviation = variance.squareRoot()
      let z = d / (deviation > 0.001 ? deviation : 0.001)
      mean += weight * d
      variance = (1 - weight) * (variance + weight * d * d)
      return z
    }
  }

  private typealias Lanes = SIMD8<Double>

  /// Up to eight settings of one period.
  private static func eight(
    _ quotes: [BenchQuote], _ standings: [Double], _ rising: [Bool], _ settings: [Breakout.Settings], from first: Int
  ) -> [Outcome] {
    var slack = Lanes(repeating: 0)
    // A lane without a setting never trades.
    var threshold = Lanes(repeating: .infinity)
    var hold = Lanes(repeating: .infinity)
    for (lane, item) in settings.enumerated() {
      slack[lane] = item.slack
      threshold[lane] = item.threshold
      hold[lane] = Double(item.hold)
    }
    var up = Lanes(repeating: 0)
    var down = Lanes(repeating: 0)
    var held = Lanes(repeating: 0)
    // One where it is long, else zero.
    var long = Lanes(repeating: 0)
    var entries = Array(repeating: Int32(0), count: 8)
    var outcomes = Array(repeating: Outcome(), count: settings.count)
    let zero = Lanes(repeating: 0)
    for index in first..<max(first, quotes.count) {
      let z = standings[index]
      up = pointwiseMax(up + z - slack, zero)
      down = pointwiseMax(down - z - slack, zero)
      held += long
      let isOver = (held .>= hold) .| (down .> threshold)
      let sells = (long .> zero) .& isOver
      let buys = rising[index] ? (long .== zero) .& (up .> threshold) : SIMDMask(repeating: false)
      guard any(sells .| buys) else { continue }
      for lane in settings.indices where sells[lane] || buys[lane] {
        outcomes[lane].orders += 1
        if buys[lane] {
          entries[lane] = quotes[index].ask
        } else {
          outcomes[lane].won += Int64(quotes[index].bid - entries[lane]) * 10
        }
        long[lane] = buys[lane] ? 1 : 0
        held[lane] = 0
        up[lane] = 0
        down[lane] = 0
      }
    }
    return outcomes
  }
}
