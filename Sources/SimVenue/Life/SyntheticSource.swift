import Glibc
import Shared

/// Life from a seed: two reference prices, up/down windows of 5 and 15 minutes back to back, questions, and traders of several kinds
/// (`SyntheticProfile`).
struct SyntheticSource: LifeSource {
  struct Settings: Hashable, Sendable {
    var seed: UInt64 = 1
    /// Standard deviation of the reference price over five minutes, in per cent; ETH moves a quarter more than BTC.
    var volatility = 1.5
    /// Multiplies how often background traders act.
    var activity = 1.0
    var profile = SyntheticProfile()
    /// Windows listed ahead of the current one.
    var ahead = 4
  }

  private struct Series: Sendable {
    var asset: String
    var title: String
    var seconds: Int64
    var path: Int
  }

  let settings: Settings
  private var paths: [ReferencePath]
  private let series: [Series]
  private var questions: [SyntheticQuestion]
  private var makers: [QuotingTrader] = []
  private var takers: [TakingTrader] = []
  private var stepIndex: Int64 = 0
  private var openings: [String: Int64] = [:]
  private var active: [Int] = []
  private var reports: [ReferenceReport] = []
  private var past: [String: [ReferenceReport]] = [:]
  /// Going over steps that happened before a crash: prices only, no traders.
  private var isCatchingUp = false

  init(settings: Settings) {
    self.settings = settings
    let volatility = settings.volatility
    paths = [
      ReferencePath(
        symbol: "btc/usd", lane: 1, start: 91_234, volatility: volatility, seed: settings.seed, stepIndex: 0,
        profile: settings.profile),
      ReferencePath(
        symbol: "eth/usd", lane: 2, start: 3_120, volatility: volatility * 1.25, seed: settings.seed, stepIndex: 0,
        profile: settings.profile),
    ]
    series = [
      Series(asset: "btc", title: "Bitcoin", seconds: 300, path: 0),
      Series(asset: "btc", title: "Bitcoin", seconds: 900, path: 0),
      Series(asset: "eth", title: "Ethereum", seconds: 300, path: 1),
      Series(asset: "eth", title: "Ethereum", seconds: 900, path: 1),
    ]
    questions = SyntheticQuestion.all(seed: settings.seed)
  }

  var name: String { "synthetic" }
  var next: MarketTime? { time(of: stepIndex + 1) }
  var skippable: Duration? { nil }
  var status: [(String, WireValue)] { [("source", "synthetic"), ("finished", .flag(false))] }

  func origin(wall: WallTime) -> MarketTime { MarketTime(nanoseconds: wall.nanoseconds) }

  private func time(of step: Int64) -> MarketTime {
    MarketTime(nanoseconds: step * ReferencePath.step.nanoseconds)
  }

  // MARK: - Beginning

  mutating func begin(_ state: inout VenueState) {
    makers = settings.profile.makers.map { QuotingTrader(style: $0, trader: state.addTrader($0.name)) }
    takers = settings.profile.takers.map { TakingTrader(style: $0, trader: state.addTrader($0.name)) }
    let target = state.now.market.nanoseconds / ReferencePath.step.nanoseconds
    if let text = state.clients.sourceState, let kept = WireReader.read(text), restore(kept), stepIndex <= target {
      isCatchingUp = true
      while stepIndex < target { step(&state) }
      isCatchingUp = false
    } else {
      stepIndex = target
      for index in paths.indices {
        let old = paths[index]
        // A minute before the first moment, so that the first mean is one of sixty seconds.
        var path = ReferencePath(
          symbol: old.symbol, lane: old.lane, start: old.fundamental,
          volatility: settings.volatility * (index == 0 ? 1 : 1.25),
          seed: settings.seed, stepIndex: target - 60 * ReferencePath.stepsPerSecond, profile: settings.profile)
        while path.stepIndex < target { path.advance() }
        paths[index] = path
      }
      // Windows that run already are judged against the first moment there is.
      for item in series {
        let start = state.now.market.seconds / item.seconds * item.seconds
        openings[slug(item, start)] = paths[item.path].mean
      }
      keep(&state)
    }
    list(&state)
    for market in active { quote(market, &state, fresh: true) }
  }

  private mutating func restore(_ kept: WireValue) -> Bool {
    guard let step = kept["step"]?.asNumber, let values = kept["paths"]?.asList, values.count == paths.count,
      let chances = kept["questions"]?.asList, chances.count <= questions.count,
      case .record(let fields)? = kept["openings"]
    else { return false }
    for index in paths.indices where !paths[index].restore(values[index]) { return false }
    // Questions that are newer than what was kept begin where they begin.
    for index in chances.indices {
      guard let level = chances[index].asText.flatMap(Double.init) else { return false }
      questions[index].logit = level
    }
    openings = [:]
    for field in fields { openings[field.name] = field.value.asNumber }
    stepIndex = step
    return true
  }

  private func keep(_ state: inout VenueState) {
    let kept = WireValue.object(
      ("step", .integer(stepIndex)), ("paths", .list(paths.map(\.kept))),
      ("questions", .list(questions.map { .text("\($0.logit)") })),
      ("openings", .record(openings.sorted { $0.key < $1.key }.map { .init(name: $0.key, value: .integer($0.value)) })))
    state.record(.source(kept.string))
  }

  // MARK: - Running

  mutating func run(_ state: inout VenueState) { step(&state) }

  private mutating func step(_ state: inout VenueState) {
    stepIndex += 1
    let now = time(of: stepIndex)
    for index in paths.indices { paths[index].advance() }
    for index in questions.indices { questions[index].advance(seed: settings.seed, step: stepIndex, settings.profile) }
    if paths[0].isWholeSecond {
      report(now)
      let second = now.seconds
      if second % 300 == 0 { boundary(second, &state) }
      if questions.contains(where: { second % $0.seconds == 0 }) { decideQuestions(second, &state) }
    }
    guard !isCatchingUp else { return }
    // Markets of the other contracts are there to be traded, not to be watched: once a second is enough.
    let isSecond = paths[0].isWholeSecond
    for market in active where state.live[market].isOpen && (isSecond || state.spec(market).exchange == .standard) {
      quote(market, &state, fresh: false)
    }
  }

  private mutating func report(_ now: MarketTime) {
    for path in paths {
      let report = ReferenceReport(
        symbol: path.symbol, at: now, value: Int128(path.micros) * WireAttos.perMicro,
        mean: Int128(path.mean) * WireAttos.perMicro)
      if !isCatchingUp { reports.append(report) }
      past[path.symbol, default: []].append(report)
      if let count = past[path.symbol]?.count, count > 240 { past[path.symbol]?.removeFirst(count - 180) }
    }
  }

  /// A multiple of five minutes: windows open and close here, on the mean of the last minute.
  private mutating func boundary(_ second: Int64, _ state: inout VenueState) {
    for item in series where second % item.seconds == 0 {
      let mean = paths[item.path].mean
      let ended = slug(item, second - item.seconds)
      if let opening = openings.removeValue(forKey: ended) {
        state.decide(
          .init(
            slug: ended, winner: mean >= opening ? .yes : .no, inferred: false,
            opening: Int128(opening) * WireAttos.perMicro, closing: Int128(mean) * WireAttos.perMicro))
      }
      openings[slug(item, second)] = mean
    }
    guard !isCatchingUp else { return }
    keep(&state)
    list(&state)
  }

  private mutating func decideQuestions(_ second: Int64, _ state: inout VenueState) {
    var elected: [String: String] = [:]
    for question in questions where second % question.seconds == 0 {
      var chance = Chance(seed: settings.seed, step: stepIndex, lane: question.lane &+ 1000)
      let isTrue: Bool
      if let group = question.group {
        let winner = elected[group.stem] ?? election(group.stem, &chance)
        elected[group.stem] = winner
        isTrue = winner == question.stem
      } else {
        isTrue = chance.happens(question.probability)
      }
      state.decide(
        .init(
          slug: question.slug(second - question.seconds), winner: isTrue ? .yes : .no, inferred: false, opening: nil,
          closing: nil))
    }
  }

  /// Which answer of an event comes true: one, with the weight of its chance.
  private func election(_ stem: String, _ chance: inout Chance) -> String {
    let answers = questions.filter { $0.group?.stem == stem }
    var left = chance.uniform() * answers.reduce(0) { $0 + $1.probability }
    for answer in answers {
      left -= answer.probability
      if left < 0 { return answer.stem }
    }
    return answers.last?.stem ?? ""
  }

  mutating func takeReports() -> [ReferenceReport] {
    defer { reports.removeAll(keepingCapacity: true) }
    return reports
  }

  func history(_ symbol: String) -> [ReferenceReport] { past[symbol] ?? [] }

  func reports(on symbol: String) -> Bool { paths.contains { $0.symbol == symbol } }

  // MARK: - Markets

  private func slug(_ series: Series, _ start: Int64) -> String {
    "\(series.asset)-updown-\(series.seconds / 60)m-\(start)"
  }

  /// Lists what is open and what comes next, and settles which markets are quoted: the window that runs and the one after it.
  private mutating func list(_ state: inout VenueState) {
    for market in active where !state.live[market].isOpen {
      for index in makers.indices { makers[index].leave(market) }
    }
    active = []
    let second = state.now.market.seconds
    for item in series {
      let current = second / item.seconds * item.seconds
      for ahead in 0...Int64(settings.ahead) {
        let market = state.list(spec(item, current + ahead * item.seconds, listed: state.now.market))
        if ahead <= 1, state.live[market].isOpen { active.append(market) }
      }
    }
    for question in questions {
      let market = state.list(question.spec(second / question.seconds * question.seconds, listed: state.now.market))
      if state.live[market].isOpen { active.append(market) }
    }
  }

  private func spec(_ series: Series, _ start: Int64, listed: MarketTime) -> MarketSpec {
    MarketSpec(
      slug: slug(series, start), kind: .upDown(asset: series.asset, seconds: series.seconds),
      question: "\(series.title) Up or Down - \(CivilTime.iso8601(nanoseconds: start * 1_000_000_000)), "
        + "\(series.seconds / 60) minutes",
      details:
        "Resolves Up when the 60-second mean of the \(series.asset.uppercased())/USD reference at the end is greater "
        + "than or equal to the one at the start.",
      labels: ["Up", "Down"], feeRate: 70_000, listed: listed, start: MarketTime(seconds: start),
      end: MarketTime(seconds: start + series.seconds))
  }

  // MARK: - Traders

  private func fair(_ market: Int, _ state: VenueState) -> Double {
    let spec = state.spec(market)
    guard case .upDown(let asset, _) = spec.kind else {
      guard let question = questions.first(where: { spec.slug.hasPrefix($0.stem + "-") }) else { return 0.5 }
      guard let group = question.group else { return question.believed }
      // The answers of one event share one certainty, but for what each is off.
      let all = questions.filter { $0.group?.stem == group.stem }.reduce(0) { $0 + $1.believed }
      let off = question.mispricing(seed: settings.seed, step: stepIndex, settings.profile)
      return min(0.98, max(0.02, question.believed / all + off))
    }
    let path = paths[asset == "btc" ? 0 : 1]
    let left = Double(spec.end.since(time(of: stepIndex)).milliseconds) / 1000
    return path.chanceOfUp(opening: openings[spec.slug], price: path.price, left: max(left, 0))
  }

  private mutating func quote(_ market: Int, _ state: inout VenueState, fresh: Bool) {
    let fair = fair(market, state)
    for index in makers.indices {
      var chance = Chance(seed: settings.seed, step: stepIndex, lane: UInt64(market) &* 16 &+ UInt64(index) &+ 100)
      makers[index].look(market, fair: fair, pace: settings.activity, &chance, &state)
    }
    guard !fresh else { return }
    let pace = pace(market, state)
    for index in takers.indices {
      var chance = Chance(seed: settings.seed, step: stepIndex, lane: UInt64(market) &* 16 &+ 109 &+ UInt64(index))
      takers[index].look(market, fair: fair, pace: pace, &chance, &state)
    }
  }

  /// By what takers' rates are multiplied: the market's share, more in some seconds than in others.
  private func pace(_ market: Int, _ state: VenueState) -> Double {
    let spec = state.spec(market)
    let share =
      if case .upDown(let asset, let seconds) = spec.kind {
        SyntheticProfile.share(asset: asset, seconds: seconds, isRunning: spec.start <= time(of: stepIndex))
      } else {
        SyntheticProfile.questionShare
      }
    let burst = settings.profile.burst
    var chance = Chance(
      seed: settings.seed, step: stepIndex / ReferencePath.stepsPerSecond, lane: UInt64(market) &* 16 &+ 108)
    // The mean of a log-normal is above its median; this keeps the rates what they are called.
    return share * settings.activity * exp(burst * chance.normal() - burst * burst / 2)
  }
}
