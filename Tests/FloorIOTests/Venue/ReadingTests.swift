import FloorIOData
import FloorIOVenue
import Shared
import Testing

/// Lists of the venue's services as they really end: with cursors, without them, silently capped, and wrongly.
@Suite("Reading the venue's lists")
struct ReadingTests {
  /// A server that answers what a closure says.
  private final class Bench {
    let loop: EventLoop
    let server: WebServer
    let http: HTTPClient
    var asked: [WebRequest] = []
    var base: String { "http://127.0.0.1:\(server.port)" }

    init(_ answer: @escaping (WebRequest) -> JSON?) throws {
      loop = try EventLoop()
      server = try WebServer(loop: loop, port: 0)
      http = HTTPClient(loop: loop)
      server.onRequest = { [unowned self] request, exchange in
        asked.append(request)
        let missing: JSON = ["error": "not found"]
        let json = answer(request)
        server.respond(exchange, .json((json ?? missing).bytes, status: json == nil ? 404 : 200))
      }
    }

    func wait<Value>(_ start: (@escaping (Result<Value, VenueCallError>) -> Void) -> Void) throws -> Result<
      Value, VenueCallError
    > {
      var result: Result<Value, VenueCallError>?
      start { result = $0 }
      try #require(try loop.turn(until: { result != nil }, limit: .seconds(10)))
      return try #require(result)
    }
  }

  private static let condition = "0x" + String(repeating: "ab", count: 32)
  private static let wallet = "0x" + String(repeating: "Cd", count: 20)

  private static func trade(_ number: Int, snake: Bool) -> JSON {
    func key(_ camel: String, _ now: String) -> String { snake ? now : camel }
    return .object([
      .init(key("proxyWallet", "proxy_wallet"), .string(wallet)), .init(key("asset", "token_id"), "71"),
      .init(key("conditionId", "condition_id"), .string(condition)), .init("side", "BUY"),
      .init("size", .number("1.5")), .init("price", .number("0.060781994161929635")),
      .init("timestamp", .int(1_795_180_564 - number)),
      .init(key("transactionHash", "transaction_hash"), .string("0x\(number)")),
      .init("slug", "btc-updown-5m-1795180500"), .init("outcome", "Up"),
    ])
  }

  @Test("The present data service is read cursor by cursor to its announced end")
  func cursors() throws {
    let bench = try Bench { request in
      guard request.path == "/v2/trades" else { return nil }
      let page = Int(request.query("cursor") ?? "0") ?? 0
      return [
        "data": .array((0..<10).map { ReadingTests.trade(page * 10 + $0, snake: true) }),
        "pagination": [
          "limit": 10, "offset": 0, "has_more": .bool(page < 4),
          "next_cursor": page < 4 ? .string(String(page + 1)) : .null,
        ],
      ]
    }
    let data = DataClient(http: bench.http, base: bench.base, pageRows: 10)
    let rows = try bench.wait { data.trades(of: Self.wallet, since: MarketTime(seconds: 5), $0) }.get()
    #expect(rows.isWhole && rows.rows.count == 50 && Set(rows.rows).count == 50)
    let first = try #require(rows.rows.first)
    #expect(first.price.micros == 60_782 && first.size.micros == 1_500_000 && first.wallet == Self.wallet.lowercased())
    #expect(first.time.seconds == 1_795_180_564 && first.slug?.text == "btc-updown-5m-1795180500")
    #expect(
      bench.asked[0].query("user") == Self.wallet && bench.asked[0].query("taker_only") == "false"
        && bench.asked[0].query("start") == "5" && bench.asked[0].query("limit") == "10")
    let short = DataClient(http: bench.http, base: bench.base, pageRows: 10, rowsMax: 20)
    let part = try bench.wait { short.trades($0) }.get()
    #expect(!part.isWhole && part.rows.count == 20)
  }

  @Test(
    "What contradicts itself is an error and never an end",
    arguments: [
      ["has_more": true, "next_cursor": .null], ["has_more": false, "next_cursor": "x"],
      ["has_more": true, "next_cursor": ""],
    ] as [JSON])
  func contradictions(paging: JSON) throws {
    let bench = try Bench { _ in ["data": [ReadingTests.trade(1, snake: true)], "pagination": paging] }
    let data = DataClient(http: bench.http, base: bench.base)
    #expect(throws: VenueCallError.malformed("/v2/trades: has_more and next_cursor")) {
      try bench.wait { data.trades($0) }.get()
    }
  }

  @Test(
    "A cursor that leads to itself, a page of nothing before the last and a row that cannot be read end in an error")
  func circles() throws {
    var answer: JSON = ["data": [Self.trade(1, snake: true)], "pagination": ["has_more": true, "next_cursor": "same"]]
    let bench = try Bench { _ in answer }
    let data = DataClient(http: bench.http, base: bench.base)
    #expect(throws: VenueCallError.self) { try bench.wait { data.trades($0) }.get() }
    #expect(bench.asked.count == 2)
    answer = ["data": [], "pagination": ["has_more": true, "next_cursor": "more"]]
    #expect(throws: VenueCallError.self) { try bench.wait { data.trades($0) }.get() }
    answer = ["data": [["side": "BUY"]], "pagination": ["has_more": false]]
    #expect(throws: VenueCallError.malformed("/v2/activity")) { try bench.wait { data.activity(of: "w", $0) }.get() }
    answer = ["data": [["side": "BUY"]], "pagination": ["has_more": false]]
    #expect(throws: VenueCallError.malformed("/v2/positions")) { try bench.wait { data.positions(of: "w", $0) }.get() }
  }

  @Test(
    "The former data service answers fewer rows than asked, and caps its offset: a short page is no end, and what is cut off is called a part"
  )
  func silentCaps() throws {
    var rows = 2_345
    var pageCap = 100
    var offsetCap = 3000
    let bench = try Bench { request in
      let offset = min(Int(request.query("offset") ?? "0") ?? 0, offsetCap)
      let limit = min(Int(request.query("limit") ?? "0") ?? 0, pageCap)
      return .array((offset..<max(offset, min(rows, offset + limit))).map { ReadingTests.trade($0, snake: false) })
    }
    let data = DataClient(http: bench.http, base: bench.base, generation: .former)
    let all = try bench.wait { data.trades(of: Self.wallet, $0) }.get()
    #expect(all.isWhole && all.rows.count == 2_345 && Set(all.rows).count == 2_345)
    #expect(bench.asked[0].query("takerOnly") == "false" && bench.asked[0].query("limit") == "500")
    // More than the service gives: 4000 rows, and it does not say so.
    rows = 10_000
    pageCap = 1000
    let part = try bench.wait { data.trades($0) }.get()
    #expect(!part.isWhole && part.rows.count <= 4000 && part.rows.count >= 3000)
    // The cap comes sooner than documented: the same page comes back.
    offsetCap = 1000
    let less = try bench.wait { data.trades($0) }.get()
    #expect(!less.isWhole && less.rows.count >= 1000 && less.rows.count <= 2000)
    rows = 0
    let nothing = try bench.wait { data.trades($0) }.get()
    #expect(nothing.isWhole && nothing.rows.isEmpty)
  }

  @Test("Series and events are looked up by their slugs; a list whose cursor leads to itself is an error")
  func gammaLists() throws {
    let bench = try Bench { request in
      switch request.path {
      case "/series":
        return [
          ["id": "1", "slug": "other"],
          [
            "id": "10684", "slug": .optional(request.query("slug").map(JSON.string)), "recurrence": "5m",
            "active": true,
          ],
        ]
      case "/events/slug/some-event":
        return [
          "id": "9", "slug": "some-event", "negRisk": true, "negRiskMarketID": "0xaa", "enableOrderBook": true,
          "eventMetadata": ["priceToBeat": .number("91234.11820017"), "finalPrice": .number("91240.50337711")],
          "markets": [["slug": "broken"]],
        ]
      case "/events/keyset": return ["events": [["id": "9", "slug": "some-event"]], "next_cursor": "again"]
      default: return nil
      }
    }
    let gamma = GammaClient(http: bench.http, base: bench.base)
    let series = try #require(try bench.wait { gamma.series("btc-up-or-down-5m", $0) }.get())
    #expect(series.id == "10684" && series.recurrence == "5m" && series.active && !series.closed)
    let slug = try #require(MarketSlug("some-event"))
    let event = try #require(try bench.wait { gamma.event(slug, $0) }.get())
    #expect(event.priceToBeat?.description == "91234.11820017" && event.finalPrice?.description == "91240.50337711")
    #expect(event.markets.isEmpty && event.unusable.map(\.slug) == ["broken"] && event.exclusiveSet.isEmpty)
    let first = try bench.wait { gamma.openEvents(series: "10684", $0) }.get()
    #expect(first.items.map(\.slug) == [slug] && first.next == "again")
    #expect(bench.asked.last?.query("series_id") == "10684" && bench.asked.last?.query("closed") == "false")
    #expect(throws: VenueCallError.self) { try bench.wait { gamma.openEvents(after: "again", $0) }.get() }
    let none = try #require(MarketSlug("no-event"))
    #expect(try bench.wait { gamma.event(none, $0) }.get() == nil)
  }
}
