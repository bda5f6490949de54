import Glibc
import Shared

/// The synthetic reference price of one asset, in steps of 200 ms of market time.
///
/// A geometric walk whose volatility changes between calm (half), normal and wild (twice the base); now and then news moves the price over
/// about two seconds, overshoots by a fraction of the move and gives the overshoot back (`SyntheticProfile`). Prices are
/// statistics here (`Double`) until they are reported in whole micro-dollars. What is reported is a second old: the traders see the
/// exchanges before the oracle speaks, as recorded markets show.
struct ReferencePath: Hashable, Sendable {
  static let step = Duration.milliseconds(200)
  static let stepsPerSecond: Int64 = 5

  /// Steps between a price and its report.
  static let reportDelay = 5

  struct Shape: Hashable, Sendable {
    /// Standard deviation of log price over one second, everything included.
    var perSecond: Double
    /// See `SyntheticProfile`.
    var newsRate: Double
    var newsSize: Double
    var overshoot: Double
    var overshootHalfLife: Double
    var regimes: [Double]

    /// Standard deviation of the walk alone over one second. Its variance and that of the news (a sign, a size of a half and an
    /// exponential: 3.25 in the square) make up the whole.
    var walkPerSecond: Double {
      let walk = regimes.reduce(0) { $0 + $1 * $1 } / Double(regimes.count)
      return perSecond / (walk + newsRate * newsSize * newsSize * 3.25 * 60).squareRoot()
    }
  }

  let symbol: String
  let lane: UInt64
  let shape: Shape
  let seed: UInt64
  private(set) var stepIndex: Int64
  private(set) var fundamental: Double
  private(set) var excess = 0.0
  private(set) var news = 0.0
  private(set) var regime = 1.0
  /// Reported whole-second values, the newest last, at most 60.
  private(set) var seconds: [Int64] = []
  /// Prices on their way to the report, the newest last.
  private var unreported: [Int64] = []

  /// - Parameter volatility: per cent per square root of five minutes.
  init(
    symbol: String, lane: UInt64, start: Double, volatility: Double, seed: UInt64, stepIndex: Int64,
    profile: SyntheticProfile = SyntheticProfile()
  ) {
    self.symbol = symbol
    self.lane = lane
    shape = Shape(
      perSecond: volatility / 100 / 300.0.squareRoot(), newsRate: profile.newsRate, newsSize: profile.newsSize,
      overshoot: profile.overshoot, overshootHalfLife: profile.overshootHalfLife, regimes: profile.regimes)
    self.seed = seed
    self.stepIndex = stepIndex
    fundamental = start
    seconds = [Int64((start * 1_000_000).rounded())]
  }

  var price: Double { fundamental * exp(excess) }
  /// What is reported, in dollars at 10⁻⁶.
  var micros: Int64 { seconds[seconds.count - 1] }
  var mean: Int64 { seconds.reduce(0, +) / Int64(max(seconds.count, 1)) }
  var isWholeSecond: Bool { stepIndex % Self.stepsPerSecond == 0 }

  /// One step on.
  mutating func advance() {
    stepIndex += 1
    var chance = Chance(seed: seed, step: stepIndex, lane: lane)
    let dt = 1.0 / Double(Self.stepsPerSecond)
    if chance.happens(dt / 120) { regime = shape.regimes[chance.whole(shape.regimes.count)] }
    if chance.happens(shape.newsRate * dt) {
      let sign = chance.happens(0.5) ? 1.0 : -1.0
      news += sign * shape.newsSize * (0.5 + chance.exponential()) * shape.walkPerSecond * 60.0.squareRoot()
    }
    let flow = news * (1 - exp(-dt / 1.5))
    news -= flow
    excess = (excess + shape.overshoot * flow) * exp(-dt * log(2) / shape.overshootHalfLife)
    fundamental *= exp(flow + regime * shape.walkPerSecond * dt.squareRoot() * chance.normal())
    unreported.append(Int64((price * 1_000_000).rounded()))
    if unreported.count > Self.reportDelay + 1 { unreported.removeFirst() }
    if isWholeSecond {
      seconds.append(unreported[0])
      if seconds.count > 60 { seconds.removeFirst() }
    }
  }

  /// Probability that the mean of the last 60 seconds at the end will be at least `opening`, seen from a price now, `left` seconds before.
  func chanceOfUp(opening: Int64?, price: Double, left: Double) -> Double {
    guard let opening else { return 0.5 }
    let strike = Double(opening) / 1_000_000
    let expected: Double
    let deviation: Double
    if left >= 60 {
      expected = price
      // The variance of an average over the last minute: the way there, plus a third of the minute.
      deviation = price * shape.perSecond * (left - 40).squareRoot()
    } else {
      let known = seconds.suffix(max(0, 60 - Int(left.rounded(.up))))
      let sum = known.reduce(0.0) { $0 + Double($1) / 1_000_000 }
      expected = (sum + (60 - Double(known.count)) * price) / 60
      deviation = price * shape.perSecond * left * (left / 3).squareRoot() / 60
    }
    guard deviation > 1e-9 else { return expected >= strike ? 1 : 0 }
    return normalBelow((expected - strike) / deviation)
  }

  // MARK: - Kept in the truth log

  var kept: WireValue {
    .object(
      ("step", .integer(stepIndex)), ("fundamental", .text("\(fundamental)")), ("excess", .text("\(excess)")),
      ("news", .text("\(news)")), ("regime", .text("\(regime)")), ("seconds", .list(seconds.map { .integer($0) })),
      ("unreported", .list(unreported.map { .integer($0) })))
  }

  /// Goes on from what was kept; `false` when it does not read.
  mutating func restore(_ kept: WireValue) -> Bool {
    func number(_ name: String) -> Double? { kept[name]?.asText.flatMap(Double.init) }
    guard let step = kept["step"]?.asNumber, let fundamental = number("fundamental"), let excess = number("excess"),
      let news = number("news"), let regime = number("regime"), let seconds = kept["seconds"]?.asList
    else { return false }
    stepIndex = step
    self.fundamental = fundamental
    self.excess = excess
    self.news = news
    self.regime = regime
    self.seconds = seconds.compactMap(\.asNumber)
    unreported = kept["unreported"]?.asList?.compactMap(\.asNumber) ?? []
    return !self.seconds.isEmpty
  }
}
