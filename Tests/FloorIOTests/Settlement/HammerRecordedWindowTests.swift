import FloorIOVenue
import FloorTestSupport
import Shared
import Testing

/// The hammer as an agent runs it, over recorded windows that were settled on a mean: real ticks at their real times of receipt, real best
/// prices. No book sizes were recorded; a thousand shares stand in for them.
@Suite(
  "Hammer over recorded windows",
  .enabled(if: ReferenceFiles.data.isPresent, Comment(rawValue: ReferenceFiles.data.absence)))
struct HammerRecordedWindowTests {
  private struct Window {
    let opens: Int64
    let events: [[JSON]]
    let label: JSON
    let up: String
    let slug: MarketSlug

    init(_ path: String) throws {
      let lines = try GzipLines(path: ReferenceFiles.data.folder + "/" + path)
      var text: [UInt8] = []
      while let line = try lines.next() { text += line }
      let json = try JSON.parse(text, limits: JSONLimits(bytes: 256 << 20))
      let window = try #require(json["windows"]?.array?.first)
      opens = try window.needInt("window_ts")
      label = try window.need("label")
      up = try window.needText("token_up")
      slug = try #require(MarketSlug("btc-updown-5m-\(opens)"))
      // Of the many prints only ticks and best prices are of use.
      events = try #require(window["events"]?.array).compactMap(\.array).filter { $0[1].string != "p" }
    }
  }

  /// An agent that hears the window's events one by one.
  private struct Listener {
    let window: Window
    var core: AgentCore
    private var order: Int64 = 0
    private var bid: Price?
    private var ask: Price?
    var decisions: [Decision] = []

    init(_ window: Window, _ parameters: JSON) throws {
      self.window = window
      let name = try #require(AgentName("hammer-1"))
      let series = try #require(MarketSeries(alias: "BTC-5m"))
      core = AgentCore(
        identity: .init(name: name, strategy: "hammer", epoch: Epoch(1), series: [series]),
        strategy: try StrategyRegistry.make("hammer", parameters: parameters, size: USD(dollars: 20)))
      core.resume(
        checkpoint: nil,
        snapshot: AgentSnapshot(
          id: 1, epoch: Epoch(1), status: "RUNNING", cursor: 0, positions: [], orders: [], checkpoint: nil))
    }

    private func envelope(_ time: MarketTime) -> Envelope {
      Envelope(
        source: "market-feed", boot: "f1", sequence: order, time: time, sent: WallTime(nanoseconds: time.nanoseconds))
    }

    mutating func hear(_ parts: [JSON]) throws {
      let now = MarketTime(nanoseconds: Int64(try #require(parts[0].double) * 1e9))
      order += 1
      let kinds: [String: ReferenceKind] = ["s": .binance, "l": .chainlink, "t": .twap60]
      let event: AgentEvent
      if let kind = parts[1].string.flatMap({ kinds[$0] }) {
        let stamp = try #require(parts[2].double)
        let value = try #require(parts[3].decimalText.flatMap { ReferenceValue(parsing: $0) })
        event = .reference(
          ReferencePrice(
            envelope: envelope(MarketTime(nanoseconds: Int64(stamp * 1e9))), order: order, symbol: "btc/usd",
            kind: kind, value: value))
      } else {
        let isUp = parts[2].string == window.up
        func best(_ json: JSON) -> Price? { json.price.flatMap { $0 > .zero && $0 < .one ? $0 : nil } }
        bid = isUp ? best(parts[3]) : best(parts[4])?.complement
        ask = isUp ? best(parts[4]) : best(parts[3])?.complement
        let size = Shares(whole: 1000)
        let top = BookTop(
          bids: bid.map { [BookLevel(price: $0, size: size)] } ?? [],
          asks: ask.map { [BookLevel(price: $0, size: size)] } ?? [])
        event = .market(
          MarketUpdate(
            envelope: envelope(now), order: order, slug: window.slug, series: MarketSeries(alias: "BTC-5m"),
            state: .live, bookEpoch: 1, tick: .cent, minimumSize: Shares(whole: 5),
            fee: try #require(TakerFee(rateMicros: 70_000, exponent: 1)), startsAt: MarketTime(seconds: window.opens),
            endsAt: MarketTime(seconds: window.opens + 300),
            settlement: Market.Settlement(symbol: "btc/usd", twapSeconds: 60), yes: top, no: top.mirrored))
      }
      var effects: [AgentEffect] = []
      core.handle(event, now: now, &effects)
      for effect in effects {
        if case .record(let decision) = effect { decisions.append(decision) }
      }
    }
  }

  @Test(
    "The agent says what the vectors say, of the strike that the venue published; with the settings for paper it decides",
    .enabled(if: ReferenceFiles.vectors.isPresent, Comment(rawValue: ReferenceFiles.vectors.absence)))
  func figures() throws {
    let cases = try #require(try ReferenceFiles.vectors.json("hammer.json")["vectors"]?["recorded"]?.array)
    let byFile = Dictionary(grouping: cases.filter { $0["wall"] != nil }) { $0["file"]?.string ?? "" }
    #expect(!byFile.isEmpty)
    for (file, cases) in byFile {
      let window = try Window(file)
      // Nothing is good enough, so that there is a refusal with its figures at every event.
      var listener = try Listener(window, ["hammer_s": 60, "ev_min_points": "1"])
      var paper = try Listener(window, .object([]))
      var compared = 0
      var waiting = cases.sorted { ($0["wall"]?.double ?? 0) < ($1["wall"]?.double ?? 0) }
      for parts in window.events {
        while let next = waiting.first, let wall = next["wall"]?.double, try #require(parts[0].double) > wall {
          waiting.removeFirst()
          let id = try next.needText("id")
          // The first of them falls on the very moment from which on decisions are made.
          guard let detail = listener.core.lastDecision?.detail else { continue }
          compared += 1
          let expected = try next.need("expect")
          #expect(detail["newest_s"]?.int == expected["n"]?.int, "\(id)")
          for (ours, theirs) in [
            ("p_up", "pT3Twap"), ("sigma", "sigmaEwma"), ("z_sigma", "z"), ("deviation_usd", "sd"),
            ("expected", "expectedAverage"), ("distance_usd", "distance"),
          ] {
            let wanted = try #require(expected[theirs]?.double)
            let said = try #require(detail[ours]?.double, "\(id) \(ours)")
            #expect(abs(said - wanted) <= 1e-9 * max(1, abs(wanted)), "\(id) \(ours)")
          }
        }
        try listener.hear(parts)
        try paper.hear(parts)
      }
      #expect(waiting.isEmpty && compared > 0 && compared >= cases.count - 1, "\(file): \(compared)")
      let strike = listener.decisions.last?.detail["strike"]?.string.flatMap { ReferenceValue(parsing: $0) }
      let published = window.label["price_to_beat"]?.decimalText.flatMap { ReferenceValue(parsing: $0) }
      let isSame = strike != nil && strike == published
      #expect(isSame, "\(file)")
      #expect(!paper.decisions.isEmpty, "\(file)")
      for decision in paper.decisions {
        #expect(decision.detail["strike_source"]?.string == "stream", "\(file) \(decision.reason)")
        #expect(decision.detail["p_up"]?.double != nil && decision.detail["confidence"]?.string != nil)
      }
      #expect(!listener.decisions.contains { $0.reason == "recipe_drift" }, "the source averages as we think")
    }
  }
}
