import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared
import Testing

/// Recorded windows with everything that was heard around them, played by the simulated venue and followed by the floor's clients.
@Suite(
  "Recorded windows, end to end",
  .enabled(if: ReferenceFiles.data.isPresent, Comment(rawValue: ReferenceFiles.data.absence)), .serialized,
  .hangLimit)
struct RecordedWindowTests {
  /// What the file says, read by other means than the venue's.
  struct Recorded {
    struct Print: Hashable {
      let token: String
      let price: Price
      let size: Shares
    }
    struct Top: Hashable {
      let bid: Price?
      let ask: Price?
    }

    var slug = ""
    var opens: Int64 = 0
    var tokens: [String] = []
    var isUp = false
    var beat = ReferenceValue(attos: 0)
    var final = ReferenceValue(attos: 0)
    var prices: [ReferenceTick.Series: [ReferenceTick]] = [:]
    var prints: [Print] = []
    /// By token, without what repeats the one before.
    var tops: [String: [Top]] = [:]
    var told = 0

    init(_ path: String) throws {
      let file = try GzipLines(path: path)
      var text: [UInt8] = []
      while let line = try file.next() { text += line }
      let json = try JSON.parse(text, limits: JSONLimits(bytes: 256 << 20))
      let window = try #require(json["windows"]?.array?.first)
      slug = try window.needText("cid")
      opens = try window.needInt("window_ts")
      tokens = [try window.needText("token_up"), try window.needText("token_down")]
      let label = try window.need("label")
      isUp = label["resolved_up"]?.int == 1
      beat = try #require(ReferenceValue(parsing: label.needText("price_to_beat")))
      final = try #require(ReferenceValue(parsing: label.needText("final_price")))
      let asset = slug.prefix { $0 != "-" }
      for event in try #require(window["events"]?.array) {
        let parts = try #require(event.array)
        switch parts[1].string {
        case "b":
          let token = try #require(parts[2].string)
          let bid = try Price(parsing: #require(parts[3].string))
          let ask = try Price(parsing: #require(parts[4].string))
          let top = Top(bid: bid == .zero ? nil : bid, ask: ask == .one ? nil : ask)
          if tops[token]?.last != top { tops[token, default: []].append(top) }
          told += 1
        case "p":
          prints.append(
            Print(
              token: try #require(parts[2].string), price: try Price(parsing: #require(parts[3].string)),
              size: try Shares(parsing: #require(parts[4].string))))
        case let kind:
          let series: ReferenceTick.Series =
            kind == "s" ? .exchangeSpot : kind == "l" ? .oracleSpot : .oracleTWAP(seconds: 60)
          let stamp = try #require(parts[2].decimalText.flatMap(Double.init))
          prices[series, default: []].append(
            ReferenceTick(
              series: series, symbol: kind == "s" ? "\(asset)usdt" : "\(asset)/usd",
              observedAt: MarketTime(milliseconds: Int64((stamp * 1000).rounded())),
              value: try #require(parts[3].decimalText.flatMap { ReferenceValue(parsing: $0) })))
        }
      }
    }
  }

  static func files() -> [String] {
    do { return try ReferenceFiles.data.files("btc5m_multifeed", suffix: ".json.gz") } catch { return ["\(error)"] }
  }

  @Test(
    "Prices, prints and best prices come as recorded, unchanged best prices once, and the market ends as it did: on the mean",
    arguments: files())
  func played(file: String) throws {
    let path = ReferenceFiles.data.folder + "/btc5m_multifeed/" + file
    let recorded = try Recorded(path)
    let venue = try SimVenueProcess([
      "--source", "replay", path, "--speed", "50", "--paused", "--settlement-delay-s", "5",
    ])
    let loop = try EventLoop()
    let http = HTTPClient(loop: loop)
    defer { http.close() }
    func ask(_ path: String, _ method: String = "GET") throws -> JSON {
      var answer: Result<HTTPResponse, HTTPError>?
      http.send(HTTPRequest(method, venue.base + path), timeout: .seconds(10)) { answer = $0 }
      try #require(try loop.turn(until: { answer != nil }, limit: .seconds(15)))
      return try JSON.parse(try #require(answer).get().body)
    }

    let context = try WebContext(loop: loop)
    let market = try VenueStream(context: context, endpoint: WebEndpoint(venue.socketBase + "/ws/market"))
    let reference = try VenueStream(context: context, endpoint: WebEndpoint(venue.socketBase + "/rtds"))
    var decoder = MarketFrameDecoder()
    var events: [MarketStreamEvent] = []
    var ticks: [ReferenceTick] = []
    var malformed = 0
    var opened = 0
    for stream in [market, reference] {
      stream.onOpen = { opened += 1 }
      stream.onLost = { why in Issue.record("lost: \(why)") }
    }
    market.onText = {
      let frame = decoder.decode($0)
      events += frame.events
      malformed += frame.malformed + frame.strangers.count
    }
    reference.onText = {
      let frame = StreamFrame<ReferenceTick>(reference: $0)
      ticks += frame.events
      malformed += frame.malformed + frame.strangers.count
    }
    market.start()
    reference.start()
    try #require(try loop.turn(until: { opened == 2 }, limit: .seconds(10)))
    let assets = JSON.array(recorded.tokens.map { .string($0) })
    market.send((["type": "market", "assets_ids": assets, "custom_feature_enabled": true] as JSON).bytes)
    let topics: [JSON] = ["crypto_prices", "crypto_prices_chainlink", "crypto_prices_twap_sixty"].map {
      ["topic": .string($0), "type": "update"]
    }
    reference.send((["action": "subscribe", "subscriptions": .array(topics)] as JSON).bytes)
    // The books of the subscription show that it has arrived; the price stream says nothing yet.
    try #require(try loop.turn(until: { events.count >= 2 }, limit: .seconds(10)))
    _ = try ask("/sim/start", "POST")
    let last = try #require(recorded.prices[.oracleTWAP(seconds: 60)]?.last)
    try #require(try loop.turn(until: { ticks.contains(last) }, limit: .seconds(180)))

    #expect(malformed == 0)
    for (series, wanted) in recorded.prices { #expect(ticks.filter { $0.series == series } == wanted, "\(series)") }
    var prints: [Recorded.Print] = []
    var tops: [String: [Recorded.Top]] = [:]
    var winner: TokenID?
    for event in events {
      switch event {
      case .lastTrade(let trade):
        prints.append(Recorded.Print(token: trade.token.text, price: trade.price, size: trade.size))
      case .bestBidAsk(let best): tops[best.token.text, default: []].append(.init(bid: best.bid, ask: best.ask))
      case .resolved(let news): winner = news.winner
      default: break
      }
    }
    #expect(prints == recorded.prints)
    for token in recorded.tokens {
      // At the end of the window the venue clears the book: one more.
      #expect(tops[token] == (recorded.tops[token] ?? []) + [.init(bid: nil, ask: nil)])
    }
    let sent = tops.values.reduce(0) { $0 + $1.count }
    #expect(recorded.told > sent * 10, "\(recorded.told) recorded, \(sent) sent: nothing was left out")

    // The result: what the venue says, and what our own settlement makes of the prices that came.
    #expect(winner?.text == recorded.tokens[recorded.isUp ? 0 : 1])
    let event = try ask("/events/slug/" + recorded.slug)
    #expect(event["closed"]?.bool == true)
    let metadata = try event.need("eventMetadata")
    #expect(ReferenceValue(parsing: try metadata.needText("priceToBeat")) == recorded.beat)
    #expect(ReferenceValue(parsing: try metadata.needText("finalPrice")) == recorded.final)
    let listing = try GammaMarket(try #require(event["markets"]?.array?.first))
    #expect(listing.resolvedPayout == (recorded.isUp ? .one : .zero))
    var series: [ReferenceTick.Series: ReferenceSeries] = [:]
    for (place, tick) in ticks.enumerated() {
      series[tick.series, default: ReferenceSeries()].put(
        tick.value, at: tick.observedAt.seconds, received: Int64(place))
    }
    let verdict = UpDownSettlement.verdict(
      opens: recorded.opens, closes: recorded.opens + 300, series: try #require(series[.oracleTWAP(seconds: 60)]))
    #expect(verdict == .decided(recorded.isUp ? .yes : .no, opening: recorded.beat, closing: recorded.final))
    let single = UpDownSettlement.verdict(
      opens: recorded.opens, closes: recorded.opens + 300, series: try #require(series[.oracleSpot]))
    print("\(recorded.slug): \(verdict); by single observations \(single)")
    market.stop()
    reference.stop()
  }
}
