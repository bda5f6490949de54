import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Shared
import Testing

/// What the client makes of answers that go wrong (reliability, V1 to V5): for each, whether the outcome is known and whether the bytes may
/// be sent again; and what the venue says when it is asked.
@Suite("Faults in the answer to an order", .hangLimit)
struct OrderAnswerFaultTests {
  @Test("V1: a 429 with Retry-After is throttled for that long: the venue is left alone, and cancels still pass")
  func throttledFor() throws {
    let bench = try VenueBench()
    let (market, _) = try bench.liveMarket()
    let resting = try bench.resting(market)
    #expect(try bench.post(resting) == .live)
    try bench.fault("POST /order", "error", [.init("status", 429), .init("retry_after_s", 2), .init("body", "slow")])
    let order = try bench.resting(market)
    let asked = SystemClock.monotonic()
    let outcome = try bench.post(order)
    #expect(outcome == .throttled(retryAfterSeconds: 2) && outcome.outcomeKnown && outcome.retryable)
    // The rule is worn out: a second request would be taken. It is not made.
    let held = try bench.post(order)
    #expect(held == .throttled(retryAfterSeconds: 2) || held == .throttled(retryAfterSeconds: 1))
    #expect(try bench.order(order.id) == nil)
    #expect(try bench.cancel(resting.id).get().canceled == [resting.id])
    var last = held
    try bench.until("the end of the wait") {
      last = try bench.post(order)
      return !last.retryable
    }
    #expect(last == .live)
    #expect(SystemClock.monotonic().since(asked) >= .seconds(2))
  }

  @Test(
    "V1: a 429 without a word is throttled for a jittered moment; reads that meet one fail as such and are made later")
  func throttledUntold() throws {
    let bench = try VenueBench()
    let (market, _) = try bench.liveMarket()
    try bench.fault("POST /order", "error", [.init("status", 429), .init("body", "Too Many Requests")])
    let order = try bench.resting(market)
    #expect(try bench.post(order) == .throttled(retryAfterSeconds: nil))
    try bench.until("the order to be taken") { try bench.post(order) == .live }
    try bench.fault("GET /data/orders", "error", [.init("status", 429), .init("retry_after_s", 1)])
    let asked = SystemClock.monotonic()
    guard case .failure(.status(429, _, let wait)) = try bench.wait({ bench.clob.openOrders($0) }) else {
      Issue.record("a throttled list was an answer")
      return
    }
    #expect(wait == .seconds(1))
    // The next one waits in the client for its time.
    #expect(try bench.openIDs() == [order.id])
    #expect(SystemClock.monotonic().since(asked) >= .seconds(1))
  }

  struct Page: Sendable, CustomTestStringConvertible {
    let status: Int64
    let type: String
    let body: String
    var testDescription: String { "\(status) \(type) \(body.prefix(20))" }
  }

  static let pages = [
    Page(status: 403, type: "text/html", body: "<!DOCTYPE html><title>Attention Required!</title>"),
    Page(status: 200, type: "text/html", body: "<html>maintenance</html>"),
    Page(status: 200, type: "application/json", body: ""), Page(status: 200, type: "application/json", body: "{}"),
    Page(status: 200, type: "application/json", body: "[]"), Page(status: 200, type: "application/json", body: "null"),
    Page(status: 200, type: "application/json", body: #"{"success":true,"orderID":"0x"#),
    Page(status: 502, type: "text/html", body: "<html>Bad gateway</html>"),
    Page(status: 500, type: "application/json", body: #"{"error":"Internal server error"}"#),
    Page(status: 504, type: "application/json", body: ""), Page(status: 503, type: "text/plain", body: "unavailable"),
    Page(status: 302, type: "text/html", body: ""), Page(status: 204, type: "application/json", body: ""),
  ]

  @Test(
    "V2: pages of the edge, empty, torn and foreign bodies prove nothing, whether the order was taken or not; a list is never empty for them",
    arguments: pages)
  func pagesOfTheEdge(page: Page) throws {
    let bench = try VenueBench()
    let (market, _) = try bench.liveMarket()
    let answer: [JSON.Member] = [
      .init("status", .int(page.status)), .init("content_type", .string(page.type)), .init("body", .string(page.body)),
    ]
    for (kind, isTaken) in [("error", false), ("error_after", true)] {
      let order = try bench.resting(market)
      try bench.fault("POST /order", kind, answer)
      let outcome = try bench.post(order)
      guard case .unknown = outcome else {
        Issue.record("\(kind): \(outcome)")
        return
      }
      #expect(!outcome.outcomeKnown && !outcome.retryable)
      #expect(try bench.order(order.id)?.status.isOpen ?? false == isTaken)
      #expect(try bench.post(order) == (isTaken ? .duplicated : .live))
    }
    for path in ["/data/orders", "/data/trades", "/balance-allowance", "/data/order/*"] {
      try bench.fault("GET " + path, "error", answer)
      let isRefused =
        switch path {
        case "/data/orders": try bench.wait { bench.clob.openOrders($0) }.isFailure
        case "/data/trades": try bench.wait { bench.clob.trades(after: nil, $0) }.isFailure
        case "/balance-allowance": try bench.wait { bench.clob.collateral($0) }.isFailure
        // `null` and `{}` are how the venue was seen to say that it has no such order.
        default:
          try bench.wait { bench.clob.order(bench.signer.anID, $0) }.isFailure || ["null", "{}"].contains(page.body)
        }
      #expect(isRefused, "\(path)")
    }
  }

  @Test("V2: the right answer under a wrong content type is no answer, and a 404 page is no order that is not there")
  func wrongType() throws {
    let bench = try VenueBench()
    let (market, _) = try bench.liveMarket()
    let order = try bench.resting(market)
    let success: JSON = [
      "errorMsg": "", "orderID": .text(order.id), "status": "live", "success": true, "takingAmount": "",
      "makingAmount": "",
    ]
    try bench.fault(
      "POST /order", "error",
      [.init("status", 200), .init("content_type", "text/html"), .init("body", .string(success.text))])
    #expect(try !bench.post(order).outcomeKnown)
    try bench.fault(
      "GET /data/order/*", "error",
      [.init("status", 404), .init("content_type", "text/html"), .init("body", "<html>not found</html>")])
    #expect(try bench.wait { bench.clob.order(order.id, $0) }.isFailure)
    #expect(try bench.order(order.id) == nil)
  }

  @Test("V2: a 401 is a refusal of who we are: known, not repeated, and fatal")
  func unauthorized() throws {
    let bench = try VenueBench()
    let (market, _) = try bench.liveMarket()
    try bench.fault(
      "POST /order", "error", [.init("status", 401), .init("body", #"{"error":"Unauthorized/Invalid api key"}"#)])
    let outcome = try bench.post(bench.resting(market))
    #expect(outcome == .rejected(.credentials, detail: "Unauthorized/Invalid api key"))
    #expect(outcome.outcomeKnown && !outcome.retryable && RejectCode.credentials.isFatal)
  }

  @Test(
    "V3, V5: the order is taken and its answer lost: unknown, found by asking, and recognised when the same bytes come again",
    arguments: ["drop_answer", "cut_answer", "tear_answer", "drip_answer"])
  func lostAnswer(kind: String) throws {
    let bench = try VenueBench(postTimeout: .milliseconds(700))
    let (market, _) = try bench.liveMarket()
    let order = try bench.resting(market)
    // For ever: what is cut on a kept connection is sent again by libcurl, and the repeat must be lost as well.
    try bench.fault("POST /order", kind, count: nil)
    let asked = SystemClock.monotonic()
    let outcome = try bench.post(order)
    try bench.console("/sim/faults", [])
    #expect(!outcome.outcomeKnown && !outcome.retryable, "\(outcome)")
    #expect(SystemClock.monotonic().since(asked) < .seconds(3), "an answer that drips ends with its deadline")
    #expect(try bench.order(order.id)?.status == .live)
    #expect(try bench.post(order) == .duplicated)
    #expect(try bench.openIDs() == [order.id])
  }

  @Test(
    "V5: a connection that breaks before the order is read is unknown, too: asking finds nothing, the same bytes pass")
  func cutBefore() throws {
    let bench = try VenueBench()
    let (market, _) = try bench.liveMarket()
    let order = try bench.resting(market)
    // For ever: libcurl may repeat what was cut on a kept connection.
    try bench.fault("POST /order", "cut", count: nil)
    let outcome = try bench.post(order)
    try bench.console("/sim/faults", [])
    #expect(!outcome.outcomeKnown && !outcome.retryable, "\(outcome)")
    #expect(try bench.order(order.id) == nil)
    #expect(try bench.post(order) == .live)
  }

  @Test("V3: nobody listens: not a byte has left, so the same bytes may go again")
  func unreachable() throws {
    let bench = try VenueBench()
    let (market, _) = try bench.liveMarket()
    let order = try bench.resting(market)
    let free = try WebServer(loop: bench.loop, port: 0)
    let port = free.port
    free.close()
    let nobody = ClobClient(http: bench.http, base: "http://127.0.0.1:\(port)", credentials: bench.credentials)
    let body = try bench.body(order)
    let outcome: SubmitOutcome = try bench.wait { nobody.post(body, expected: order.id, $0) }
    #expect(outcome == .throttled(retryAfterSeconds: nil) && outcome.outcomeKnown && outcome.retryable)
  }

  @Test("V4: an order that is taken long after our deadline is unknown, not there, and then there")
  func late() throws {
    let bench = try VenueBench(postTimeout: .milliseconds(200))
    let (market, _) = try bench.liveMarket()
    let order = try bench.resting(market)
    try bench.fault("POST /order", "late", [.init("ms", 1500)])
    #expect(try !bench.post(order).outcomeKnown)
    #expect(try bench.order(order.id) == nil, "what is not there now proves nothing")
    try bench.until("the late order") { try bench.order(order.id)?.status == .live }
    #expect(try bench.post(order) == .duplicated)
    #expect(try bench.cancel(order.id).get().canceled == [order.id])
  }

  @Test(
    "V1 to V5 together, by chance: whatever the answers say, the venue holds each order once, and what was said of it is true"
  )
  func mixed() throws {
    let bench = try VenueBench(postTimeout: .milliseconds(300))
    let (market, _) = try bench.liveMarket()
    let kinds: [JSON] = ["drop_answer", "cut_answer", "tear_answer", "error", "error_after"].map {
      ["endpoint": "POST /order", "kind": .string($0), "probability": .number("0.2")]
    }
    try bench.console("/sim/faults", .array(kinds))
    var said: [(id: VenueOrderID, outcome: SubmitOutcome)] = []
    for _ in 0..<25 {
      let order = try bench.resting(market, size: 5)
      said.append((order.id, try bench.post(order)))
    }
    try bench.console("/sim/faults", [])
    let open = try bench.openIDs()
    for (id, outcome) in said {
      switch outcome {
      // A repeat by libcurl finds its first copy.
      case .live, .duplicated: #expect(open.contains(id))
      case .unknown: #expect(try (bench.order(id) != nil) == open.contains(id))
      default: Issue.record("\(outcome)")
      }
    }
    #expect(open.isSubset(of: Set(said.map(\.id))) && said.contains { !$0.outcome.outcomeKnown })
  }
}

extension Result {
  fileprivate var isFailure: Bool { if case .failure = self { true } else { false } }
}

extension OrderSigner {
  /// An id that no order has.
  fileprivate var anID: VenueOrderID { VenueOrderID("0x" + String(repeating: "0d", count: 32))! }
}
