import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared
import Testing

/// Every case of the hammer's vectors, to 10⁻⁹. A section, a default or a figure that is not known here fails.
@Suite(
  "Hammer vectors", .enabled(if: ReferenceFiles.vectors.isPresent, Comment(rawValue: ReferenceFiles.vectors.absence)))
struct HammerVectorTests {
  private let file: JSON
  private let defaults: Defaults

  init() throws {
    file = try ReferenceFiles.vectors.json("hammer.json")
    defaults = try Defaults(file.need("defaults"))
  }

  /// The constants of the file, which need not be ours.
  private struct Defaults {
    let endLag: Int64
    let patience: Int64
    let trust: AverageTrust
    let volatility: StepVolatility.Settings
    let twap: UpProbability.Tail
    let spot: UpProbability.Tail
    let hint: SpotHint.Settings
    let midClip: Double

    init(_ json: JSON) throws {
      let known = [
        "end_lag_s", "fill_max_s", "gap_max_s", "missing_max", "ewma_step_s", "ewma_half_life_s", "ewma_min_count",
        "sigma_min", "twap", "spot", "hint", "alpha", "mid_clip",
      ]
      #expect((json.members ?? []).map(\.key).filter { !known.contains($0) } == [])
      func number(_ json: JSON, _ key: String) throws -> Double { try #require(json[key]?.double, "\(key)") }
      func tail(_ json: JSON) throws -> UpProbability.Tail {
        UpProbability.Tail(
          degrees: Int(try json.needInt("nu")), scale: try number(json, "c"), jitter: try number(json, "eta"),
          doubt: try number(json, "eps"))
      }
      endLag = try json.needInt("end_lag_s")
      patience = try json.needInt("fill_max_s")
      trust = AverageTrust(gapMax: try json.needInt("gap_max_s"), missingMax: try json.needInt("missing_max"))
      volatility = StepVolatility.Settings(
        step: Int(try json.needInt("ewma_step_s")), halfLife: try number(json, "ewma_half_life_s"), gapMax: patience,
        countMin: try json.needInt("ewma_min_count"), floor: try number(json, "sigma_min"))
      twap = try tail(json.need("twap"))
      spot = try tail(json.need("spot"))
      let hint = try json.need("hint")
      self.hint = SpotHint.Settings(
        kernel: (hint["kernel"]?.array ?? []).compactMap(\.double), noise: try number(hint, "noise"))
      midClip = try number(json, "mid_clip")
    }
  }

  /// What we say of one figure.
  private enum Figure {
    /// To 10⁻⁹ of 1 or of the value, whichever is more.
    case value(Double?)
    /// To 10⁻⁹ of the value.
    case relative(Double?)
    case whole(Int64?)
    case wholes([Int64])
    /// An exact decimal.
    case decimal(USD?)
    case word(String?)
    case flag(Bool?)

    func agrees(_ expected: JSON) -> Bool {
      func near(_ ours: Double?, _ least: Double) -> Bool {
        guard let wanted = expected.double else { return expected.isNull && ours == nil }
        return ours.map { abs($0 - wanted) <= 1e-9 * max(least, abs(wanted)) } ?? false
      }
      switch self {
      case .value(let ours): return near(ours, 1)
      case .relative(let ours): return near(ours, 0)
      case .whole(let ours): return expected.isNull ? ours == nil : expected.int == ours
      case .wholes(let ours): return expected.array?.map(\.int) == ours
      case .decimal(let ours): return expected.isNull ? ours == nil : expected.usd == ours
      case .word(let ours): return expected.isNull ? ours == nil : expected.string == ours
      case .flag(let ours): return expected.isNull ? ours == nil : expected.bool == ours
      }
    }
  }

  /// Compares every expected figure; one that is not known fails.
  private func compare(_ id: String, _ expected: JSON, _ ours: [String: Figure]) throws {
    let members = try #require(expected.members, "\(id)")
    #expect(!members.isEmpty, "\(id)")
    for member in members {
      guard let figure = ours[member.key] else {
        Issue.record("\(id): nothing here computes \(member.key)")
        continue
      }
      #expect(figure.agrees(member.value), "\(id) \(member.key): \(figure), expected \(member.value)")
    }
  }

  private func cases(_ section: String) throws -> [(id: String, json: JSON)] {
    let items = try #require(file["vectors"]?[section]?.array, "\(section)")
    try #require(!items.isEmpty, "\(section)")
    return try items.map { (try $0.needText("id"), $0) }
  }

  private func ticks(_ json: JSON?) throws -> [(second: Int64, text: String)] {
    let items = try #require(json?.array)
    return try items.map { item in
      let second = try #require(item.array?.first?.int)
      let text = try #require(item.array?.last?.decimalText)
      return (second, text)
    }
  }

  private func grid(_ ticks: [(second: Int64, text: String)]) throws -> SecondGrid {
    var grid = SecondGrid()
    for tick in ticks { grid.put(try #require(Double(tick.text)), at: tick.second) }
    return grid
  }

  @Test("Every section of the file is checked by a test")
  func sections() throws {
    let known: Set = [
      "series", "settlement", "variance", "probability", "hint", "fees", "decisions", "refusals", "recorded",
    ]
    let found = Set(try #require(file["vectors"]?.members).map(\.key))
    #expect(found == known)
  }

  @Test("Boundaries, ties and reconstructed means")
  func settlement() throws {
    for (id, json) in try cases("settlement") {
      if json["openE18"] != nil {
        let opening = try #require(json["openE18"]?.string.flatMap { Int128($0) })
        let closing = try #require(json["closeE18"]?.string.flatMap { Int128($0) })
        let isUp =
          UpDownSettlement.outcome(opening: ReferenceValue(attos: opening), closing: ReferenceValue(attos: closing))
          == .yes
        #expect(isUp == json["up"]?.bool, "\(id)")
        continue
      }
      let ticks = try ticks(json["ticks"])
      let time = try json.needInt("T")
      if json["average"] != nil {
        let ours = WindowAverage.reconstructed(
          try grid(ticks), at: time, window: try json.needInt("w"), endLag: try json.needInt("g"),
          trust: defaults.trust)
        #expect(Figure.value(ours).agrees(try json.need("average")), "\(id): \(ours as Any)")
        continue
      }
      var series = ReferenceSeries()
      for (place, tick) in ticks.enumerated() {
        series.put(
          try #require(ReferenceValue(parsing: tick.text)), at: tick.second, received: Int64(place))
      }
      let first = series.first(from: time, within: try json.needInt("fillMaxS"))
      let wanted = try json.need("value").decimalText.flatMap { ReferenceValue(parsing: $0) }
      let isSame = first?.value == wanted
      #expect(isSame, "\(id): \(first?.value.description ?? "none")")
      #expect(first?.delay == json["delayS"]?.int, "\(id)")
    }
  }

  @Test("Variance of the open part and of drawn seconds")
  func variance() throws {
    for (id, json) in try cases("variance") {
      let window = try json.needInt("w")
      let exact = try json.needText("Vexact").split(separator: "/").compactMap { Double($0) }
      let quotient = try #require(exact.first) / (exact.count > 1 ? exact[1] : 1)
      if let gaps = json["gaps"]?.array {
        let ours = WindowAverage.bridgeVariance(gaps: gaps.compactMap(\.int), window: window)
        #expect(Figure.relative(ours).agrees(try json.need("Vb")), "\(id)")
        #expect(Figure.relative(ours).agrees(.double(quotient)), "\(id)")
        continue
      }
      let close = try json.needInt("C")
      let newest = try json.needInt("n")
      // A price without a gap, long enough for every second that is fixed.
      var grid = SecondGrid()
      for second in (newest - 200)...newest { grid.put(70_000, at: second) }
      let endLag = try json.needInt("g")
      let average = try #require(WindowAverage(grid, close: close, window: window, endLag: endLag), "\(id)")
      #expect(average.ahead == json["h"]?.int && average.unknown == json["m"]?.int, "\(id)")
      #expect(Figure.relative(average.variance).agrees(try json.need("V")), "\(id)")
      #expect(Figure.relative(average.variance).agrees(.double(quotient)), "\(id)")
    }
  }

  /// All figures of a window at one moment.
  private func figures(
    _ grid: SecondGrid, _ volatility: StepVolatility, rule: String, close: Int64, strike: Double, window: Int64?,
    endLag: Int64?
  ) throws -> [String: Figure] {
    let newest = try #require(grid.newest)
    let last = try #require(grid.last)
    let seed = SeedVolatility.sigma(grid)
    let sigma = volatility.sigma
    var figures: [String: Figure] = [
      "n": .whole(newest), "last": .value(last), "sigmaSeed": .relative(seed), "sigmaEwma": .relative(sigma),
      "ewmaCount": .whole(volatility.count),
      "pNormalSpot": .value(
        seed.map { UpProbability.normalSpot(last: last, strike: strike, sigma: $0, seconds: close - newest) }),
    ]
    func add(distance: Double, variance: Double, bridges: Double, _ tail: UpProbability.Tail, _ name: String) {
      figures["distance"] = .value(distance)
      figures["V"] = .relative(variance)
      let deviation = sigma.map {
        UpProbability.deviation(last: last, sigma: $0, variance: variance + bridges, tail)
      }
      figures["sd"] = .value(deviation)
      figures["z"] = .value(deviation.map { distance / $0 })
      figures[name] = .value(deviation.map { UpProbability.tailed(distance: distance, deviation: $0, tail) })
    }
    if rule == "spot" {
      add(
        distance: last - strike, variance: Double(max(1, close - newest)), bridges: 0, defaults.spot, "pT3Spot")
      return figures
    }
    try #require(rule == "twap", "an unknown rule")
    let length = try #require(window)
    let lag = try #require(endLag)
    let average = try #require(WindowAverage(grid, close: close, window: length, endLag: lag))
    let distance = average.expected - strike
    figures["h"] = .whole(average.ahead)
    figures["m"] = .whole(average.unknown)
    figures["gaps"] = .wholes(average.gaps)
    figures["Vb"] = .value(average.bridgeVariance)
    figures["expectedAverage"] = .value(average.expected)
    figures["pNormalTwap"] = .value(
      seed.map {
        UpProbability.normalTwap(distance: distance, last: last, sigma: $0, variance: average.variance)
      })
    add(
      distance: distance, variance: average.variance, bridges: average.bridgeVariance, defaults.twap, "pT3Twap")
    return figures
  }

  private func fed(_ ticks: [(second: Int64, text: String)]) throws -> (SecondGrid, StepVolatility) {
    var volatility = StepVolatility(defaults.volatility)
    for tick in ticks { volatility.put(try #require(Double(tick.text)), at: tick.second) }
    return (try grid(ticks), volatility)
  }

  private func series(_ id: String) throws -> [(second: Int64, text: String)] {
    let all = try cases("series")
    let found = try #require(all.first { $0.id == id }, "\(id)")
    return try ticks(found.json["ticks"])
  }

  @Test("Probabilities by every model, their volatilities and deviations; outcomes of whole series")
  func probability() throws {
    for (id, json) in try cases("probability") {
      let ticks = try series(json.needText("series"))
      guard let held = json["heldTo"]?.int else {
        // As it was when the mean was due: the grid holds the last minutes only.
        func mean(_ key: String) throws -> Double? {
          let time = try json.needInt(key)
          return WindowAverage.reconstructed(
            try self.grid(ticks.filter { $0.second <= time + 10 }), at: time, window: try json.needInt("w"),
            endLag: try json.needInt("g"),
            trust: defaults.trust)
        }
        let opening = try mean("O")
        let closing = try mean("C")
        var isUp: Bool?
        if let opening, let closing { isUp = closing >= opening }
        try compare(
          id, json.need("expect"), ["open": .value(opening), "close": .value(closing), "up": .flag(isUp)])
        continue
      }
      let (grid, volatility) = try fed(ticks.filter { $0.second <= held })
      let ours = try figures(
        grid, volatility, rule: json.needText("rule"), close: json.needInt("C"),
        strike: try #require(json["strike"]?.double), window: json["w"]?.int, endLag: json["g"]?.int)
      try compare(id, json.need("expect"), ours)
    }
  }

  @Test("What a leading exchange price adds")
  func hint() throws {
    for (id, json) in try cases("hint") {
      let held = try json.needInt("heldTo")
      let (canonical, volatility) = try fed(series(json.needText("series")).filter { $0.second <= held })
      let exchange = try grid(try ticks(json["spot"]))
      let hint = try #require(SpotHint(canonical: canonical, exchange: exchange, defaults.hint), "\(id)")
      let window = try json.needInt("w")
      let close = try json.needInt("C")
      let endLag = try json.needInt("g")
      let average = try #require(
        WindowAverage(canonical, close: close, window: window, endLag: endLag, hint: (hint.value, hint.second)))
      let plain = try #require(WindowAverage(canonical, close: close, window: window, endLag: endLag))
      let last = try #require(canonical.last)
      let deviation = SpotHint.deviation(
        last: last, sigma: try #require(volatility.sigma), variance: average.variance, open: plain.unknown,
        window: window, defaults.twap, defaults.hint)
      let distance = average.expected - (try #require(json["strike"]?.double))
      try compare(
        id, json.need("expect"),
        [
          "nowcast": .value(hint.value), "nHint": .whole(hint.second), "h": .whole(average.ahead),
          "m": .whole(average.unknown), "V": .relative(average.variance), "expectedAverage": .value(average.expected),
          "sd": .value(deviation),
          "pT3TwapHint": .value(
            UpProbability.tailed(distance: distance, deviation: deviation, defaults.twap)),
        ])
    }
  }

  private func schedule(_ rate: String, _ exponent: Int64) throws -> TakerFee {
    let micros = try Decimal6.parse(rate)
    return try #require(TakerFee(rateMicros: micros, exponent: Int(exponent)))
  }

  @Test("The fee of a fill and of a share")
  func fees() throws {
    for (id, json) in try cases("fees") {
      let schedule = try schedule(json.needText("rate"), json.needInt("exponent"))
      let price = try #require(json["price"]?.price)
      let fee = schedule.fee(price: price, shares: try #require(json["shares"]?.shares))
      #expect(fee == json["fee"]?.usd, "\(id)")
      #expect(Figure.relative(PositionSizing.fee(of: price, schedule)).agrees(try json.need("perShare")), "\(id)")
    }
  }

  private func levels(_ json: JSON?) throws -> [BookLevel] {
    let items = try #require(json?.array)
    return try items.map { item in
      let price = try #require(item.array?.first?.price)
      let size = try #require(item.array?.last?.shares)
      return BookLevel(price: price, size: size)
    }
  }

  @Test("Side, limit, size and expected value of a bet, or the reason against it")
  func decisions() throws {
    for (id, json) in try cases("decisions") {
      let input = try json.need("input")
      func number(_ key: String) throws -> Double { try #require(input[key]?.double, "\(id) \(key)") }
      func dollars(_ key: String) throws -> USD { try #require(input[key]?.usd, "\(id) \(key)") }
      let settings = HammerBet.Settings(
        alpha: try number("alpha"), extraCost: try number("extraCostBps") / 1e4, evMin: try number("minEv"),
        evTooGood: try number("evTooGood"), entryPriceMax: try #require(input["maxEntryPrice"]?.price),
        slipTicks: try input.needInt("slipTicks"), bankroll: try dollars("bankroll"),
        kellyFraction: try number("kellyFraction"), standardErrors: try number("kSe"),
        calibrationCount: try number("nCal"), perTradeMax: try dollars("maxUsdPerTrade"),
        quoteSize: try dollars("quoteSizeUsd"), bankrollShareMax: try number("pctCap"), midClip: defaults.midClip)
      let upBids = try levels(input["upBids"])
      let offer = HammerBet.Offer(
        up: BookTop(bids: upBids, asks: try levels(input["upAsks"])),
        down: BookTop(bids: [], asks: try levels(input["downAsks"])),
        tick: try PriceTick(parsing: input.needText("tick")), minimumSize: try #require(input["minShares"]?.shares),
        fee: try schedule(input.needText("feeRate"), input.needInt("feeExponent")))
      let bet = HammerBet(model: try number("pModel"), hint: input["pHint"]?.double, offer, settings)
      try compare(
        id, json.need("expect"),
        [
          "mid": .value(bet.mid), "side": .word(bet.side == .yes ? "UP" : "DOWN"), "pBlend": .value(bet.blend),
          "ask": .decimal(bet.ask.map { USD(micros: $0.micros) }), "feePerShare": .value(bet.feePerShare),
          "evAtAsk": .value(bet.evAtAsk), "priceCap": .decimal(bet.limit.map { USD(micros: $0.micros) }),
          "pKelly": .value(bet.sizingProbability), "kelly": .value(bet.kelly), "stake": .value(bet.stake),
          "amount": .decimal(bet.amount), "shares": .value(bet.walk?.shares), "fee": .decimal(bet.walk?.fee),
          "costPerShare": .value(bet.costPerShare), "evPerShare": .value(bet.evPerShare), "evUsd": .value(bet.evUSD),
          "order": .word(bet.refusal == nil ? "FOK BUY" : nil), "refused": .word(bet.refusal?.rawValue),
        ])
    }
  }

  @Test("Every reason to refuse a state, in order")
  func refusals() throws {
    let known: Set = [
      "rule", "lookbackS", "strike", "strikeSource", "feesEnabled", "feeRate", "acceptingOrders", "tauS", "tauMinS",
      "hammerSecs", "feedAgeS", "maxGapS", "missingInAverage", "sigma", "absReturn10s", "requireHint", "hintAgeS",
      "bookAgeS", "midChange2s", "absDistance", "dMin", "absZ", "zMin",
    ]
    for (id, json) in try cases("refusals") {
      let state = try json.need("state")
      #expect((state.members ?? []).map(\.key).filter { !known.contains($0) } == [], "\(id)")
      func number(_ key: String) throws -> Double { try #require(state[key]?.double, "\(id) \(key)") }
      var gate = HammerGate()
      switch try state.needText("rule") {
      case "spot": gate.settlementKnown = true
      case "twap": gate.settlementKnown = state["lookbackS"]?.int != nil
      default: gate.settlementKnown = false
      }
      gate.hasStrike = state["strike"]?.double != nil
      gate.strikeSource = try #require(state["strikeSource"]?.string.flatMap { StrikeSource(rawValue: $0) }, "\(id)")
      gate.feesEnabled = try #require(state["feesEnabled"]?.bool as Bool?)
      gate.feeRate = state["feeRate"]?.double
      gate.acceptingOrders = try #require(state["acceptingOrders"]?.bool as Bool?)
      gate.secondsLeft = try number("tauS")
      gate.feedAge = try number("feedAgeS")
      gate.gapMax = try number("maxGapS")
      gate.missing = try number("missingInAverage")
      gate.sigma = state["sigma"]?.double
      gate.tenSecondReturn = try number("absReturn10s")
      gate.hintRequired = try #require(state["requireHint"]?.bool as Bool?)
      gate.hintAge = state["hintAgeS"]?.double
      gate.bookAge = try number("bookAgeS")
      gate.midChange = try number("midChange2s")
      gate.distance = try number("absDistance")
      gate.distanceMin = try number("dMin")
      gate.z = try number("absZ")
      gate.zMin = try number("zMin")
      var limits = HammerGate.Limits.standard
      limits.secondsMin = try number("tauMinS")
      limits.secondsMax = try number("hammerSecs")
      limits.trust = defaults.trust
      let wanted = try #require(json["refused"]?.array?.map(\.string))
      #expect(gate.refusals(limits).map(\.rawValue) == wanted, "\(id)")
    }
  }

  @Test(
    "Recorded windows settled on a mean: the same figures from the raw ticks received by then",
    .enabled(if: ReferenceFiles.data.isPresent, Comment(rawValue: ReferenceFiles.data.absence)))
  func recorded() throws {
    var recordings: [String: Recording] = [:]
    for (id, json) in try cases("recorded") {
      let path = try json.needText("file")
      let recording = try recordings[path] ?? recording(path)
      recordings[path] = recording
      let opens = try json.needInt("O")
      let closes = try json.needInt("C")
      let expected = try json.need("expect")
      let label = try recording.window.need("label")
      guard let wall = json["wall"]?.double else {
        let means = recording.series("t")
        let opening = means.first(from: opens, within: defaults.patience)?.value
        let closing = means.first(from: closes, within: defaults.patience)?.value
        let labelOpening = try #require(label["price_to_beat"]?.decimalText.flatMap { ReferenceValue(parsing: $0) })
        let labelClosing = try #require(label["final_price"]?.decimalText.flatMap { ReferenceValue(parsing: $0) })
        let outcome = UpDownSettlement.outcome(opening: labelOpening, closing: labelClosing)
        let reconstructed = WindowAverage.reconstructed(
          try grid(recording.ticks("l", until: .infinity)), at: closes, window: json["w"]?.int ?? 60,
          endLag: json["g"]?.int ?? defaults.endLag, trust: defaults.trust)
        func number(_ value: ReferenceValue?) -> Figure { .value(value.flatMap { Double($0.description) }) }
        try compare(
          id, expected,
          [
            "openStream": number(opening), "closeStream": number(closing), "labelOpen": number(labelOpening),
            "labelClose": number(labelClosing), "up": .flag(outcome == .yes),
            "closeReconstructed": .value(reconstructed),
          ])
        continue
      }
      let (grid, volatility) = try fed(recording.ticks("l", until: wall))
      let strike = try #require(label["price_to_beat"]?.double)
      let ours = try figures(
        grid, volatility, rule: "twap", close: closes, strike: strike, window: json.needInt("w"),
        endLag: json.needInt("g"))
      try compare(id, expected, ours)
    }
  }

  private struct Recording {
    let window: JSON
    private let events: [[JSON]]

    init(_ window: JSON) throws {
      self.window = window
      events = try #require(window["events"]?.array).compactMap(\.array)
    }

    /// Ticks of a kind received by then, as they came.
    func ticks(_ kind: String, until wall: Double) -> [(second: Int64, text: String)] {
      events.compactMap { parts in
        guard parts.count == 4, parts[1].string == kind, let received = parts[0].double, received <= wall,
          let stamp = parts[2].double, let text = parts[3].decimalText
        else { return nil }
        return (Int64(stamp), text)
      }
    }

    func series(_ kind: String) -> ReferenceSeries {
      var series = ReferenceSeries()
      for (place, tick) in ticks(kind, until: .infinity).enumerated() {
        guard let value = ReferenceValue(parsing: tick.text) else { continue }
        series.put(value, at: tick.second, received: Int64(place))
      }
      return series
    }
  }

  private func recording(_ path: String) throws -> Recording {
    let lines = try GzipLines(path: ReferenceFiles.data.folder + "/" + path)
    var text: [UInt8] = []
    while let line = try lines.next() { text += line }
    let json = try JSON.parse(text, limits: JSONLimits(bytes: 256 << 20))
    let window = try #require(json["windows"]?.array?.first)
    return try Recording(window)
  }
}
