import Glibc
import Shared

/// A binary question whose probability wanders: a walk of the log-odds with a pull to the middle, asked anew every hour or two.
struct SyntheticQuestion: Sendable {
  let stem: String
  let text: String
  let seconds: Int64
  let feeRate: Int64
  let lane: UInt64
  /// The latent truth: log-odds of Yes.
  var logit: Double
  /// What traders make of the last news beyond what it means.
  var excess = 0.0
  var exchange = TypedOrder.Exchange.standard
  /// Name and title of the event that it is one answer of; exactly one of them comes true.
  var group: (stem: String, title: String)?
  var item = ""

  static func all(seed: UInt64) -> [SyntheticQuestion] {
    [
      SyntheticQuestion(
        stem: "ferry-arrives-on-time", text: "Will the evening ferry arrive on time?", seconds: 3600, feeRate: 50_000,
        lane: 31, logit: 0.6),
      SyntheticQuestion(
        stem: "bill-leaves-committee", text: "Will the bill leave the committee?", seconds: 7200, feeRate: 40_000,
        lane: 32, logit: -0.9),
      SyntheticQuestion(
        stem: "rain-at-the-station", text: "Will it rain at the station?", seconds: 3600, feeRate: 50_000, lane: 33,
        logit: 0),
      // On the contracts of the third generation.
      SyntheticQuestion(
        stem: "bridge-opens-today", text: "Will the bridge open today?", seconds: 3600, feeRate: 50_000, lane: 34,
        logit: 0.3, exchange: .third),
    ]
      + [("Ada", 35, 0.4), ("Brook", 36, -0.2), ("Chen", 37, -0.6)].map { name, lane, logit in
        SyntheticQuestion(
          stem: "harbour-master-\(name.lowercased())", text: "Will \(name) be elected harbour master?", seconds: 7200,
          feeRate: 40_000, lane: UInt64(lane), logit: logit, exchange: .negativeRisk,
          group: ("harbour-master", "Who will be elected harbour master?"), item: name)
      }
  }

  /// The chance of Yes, which decides in the end.
  var probability: Double { 1 / (1 + exp(-logit)) }
  /// What traders take it for.
  var believed: Double { 1 / (1 + exp(-logit - excess)) }

  /// How far the price of an answer among several is off at a step, in dollars: nothing for most of the time, then a little more each
  /// second and less again, within the profile's bound. The same step always gives the same.
  func mispricing(seed: UInt64, step: Int64, _ profile: SyntheticProfile) -> Double {
    let span = profile.mispricingSpan * ReferencePath.stepsPerSecond
    var chance = Chance(seed: seed, step: step / span, lane: lane &+ 2000)
    guard chance.happens(profile.mispricingShare) else { return 0 }
    let height = profile.mispricing * (2 * chance.uniform() - 1)
    return height * sin(.pi * Double(step % span) / Double(span))
  }

  mutating func advance(seed: UInt64, step: Int64, _ profile: SyntheticProfile) {
    var chance = Chance(seed: seed, step: step, lane: lane)
    let dt = 1.0 / Double(ReferencePath.stepsPerSecond)
    logit += -logit * dt / 3000 + 0.02 * dt.squareRoot() * chance.normal()
    excess *= exp(-dt * log(2) / profile.overreactionHalfLife)
    if chance.happens(dt * profile.questionNewsRate) {
      let news = profile.questionNewsSize * chance.normal()
      logit += news
      excess += profile.overreaction * news
    }
  }

  func slug(_ start: Int64) -> String { "\(stem)-\(start)" }

  func spec(_ start: Int64, listed: MarketTime) -> MarketSpec {
    MarketSpec(
      slug: slug(start), kind: .question, question: text, details: "A question of the simulated venue.",
      labels: ["Yes", "No"], feeRate: feeRate, listed: listed, start: MarketTime(seconds: start),
      end: MarketTime(seconds: start + seconds), exchange: exchange,
      group: group.map { .init(slug: "\($0.stem)-\(start)", title: $0.title, item: item) })
  }
}
