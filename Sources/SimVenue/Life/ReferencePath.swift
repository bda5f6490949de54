import Glibc
import Shared

/// The synthetic reference price of one asset, in steps of 200 ms of market time.
///
/// A geometric walk whose volatility changes between calm (half), normal and wild (twice the base); now and then news moves the price over
/// about two seconds, overshoots by a fraction of the move and gives the overshoot back (`SyntheticProfile`). Prices are
/// statistics here (`Double`) until they are reported in whole micro-dollars.
struct ReferencePath: Hashable, Sendable {
  static let step = Duration.milliseconds(200)
  static let stepsPerSecond: Int64 = 5

  struct Shape: Hashable, Sendable {
    /// Standard deviation of log price over one second.
    var perSecond: Double
    /// See `SyntheticProfile`.
    var newsRate: Double
    var newsSize: Double
    var overshoot: Double
    var overshootHalfLife: Double
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
  /// Whole-second values, the newest last, at most 60.
  private(set) var seconds: [Int64] = []

  /// - Parameter volatility: per cent per square root of five minutes.
  init(
    symbol: String, lane: UInt64, start: Double, volatility: Double, seed: UInt64, stepIndex: Int64,
    profile: SyntheticProfile = SyntheticProfile()
  ) {
    self.symbol = symbol
    self.lane = lane
    shape = Shape(
      perSecond: volatility / 100 / 300.0.squareRoot(), newsRate: profile.newsRate, newsSize: profile.newsSize,
      overshoot: profile.overshoot, overshootHalfLife: profile.overshootHalfLife)
    self.seed = seed
    self.stepIndex = stepIndex
    fundamental = start
    seconds = [micros]
  }

  var price: Double { fundamental * exp(excess) }
  /// Dollars at 10⁻⁶.
  var micros: Int64 { Int64((price * 1_000_000).rounded()) }
  var mean: Int64 { seconds.reduce(0, +) / Int64(max(seconds.count, 1)) }
  var isWholeSecond: Bool { stepIndex % Self.stepsPerSecond == 0 }

  /// One step on.
  mutating func advance() {
    stepIndex += 1
    var chance = Chance(seed: seed, step: stepIndex, lane: lane)
    let dt = 1.0 / Double(Self.stepsPerSecond)
    if chance.happens(dt / 120) { regime = [0.5, 1, 1, 2][chance.whole(4)] }
    if chance.happens(shape.newsRate * dt) {
      let sign = chance.happens(0.5) ? 1.0 : -1.0
      news += sign * shape.newsSize * (0.5 + chance.exponential()) * shape.perSecond * 60.0.squareRoot()
    }
    let flow = news * (1 - exp(-dt / 1.5))
    news -= flow
    excess = (excess + shape.overshoot * flow) * exp(-dt * log(2) / shape.overshootHalfLife)
    fundamental *= exp(flow + regime * shape.perSecond * dt.squareRoot() * chance.normal())
    if isWholeSecond {
      seconds.append(micros)
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
      ("news", .text("\(news)")), ("regime", .text("\(regime)")), ("seconds", .list(seconds.map { .integer($0) })))
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
    return true
  }
}
