import FloorIOData
import FloorTestSupport
import Shared
import Testing

@testable import FloorIOVenue

/// Our client at a venue that keeps its limits (reliability, V1; protocol 2.16), over real sockets.
@Suite("Our client at a throttling venue", .serialized, .hangLimit)
struct ThrottleTests {
  private func limits(_ bench: VenueBench) throws -> (all: Int64, signer: Int64) {
    let shown = try bench.console("/sim/throttle")
    return (try shown.needInt("refused"), try shown.needInt("signer_refused"))
  }

  /// A market that does not end, and cancel what rests in it, while a test waits for its turn.
  private func lastingMarket(_ bench: VenueBench) throws -> GammaMarket {
    try bench.liveMarket(open: .seconds(180)).0
  }

  @Test("Answers to orders and cancels announce the signer's limits, others do not; without limits none does")
  func headers() throws {
    let bench = try VenueBench()
    let market = try lastingMarket(bench)
    func ask(_ method: String, _ path: String, _ body: [UInt8]?) throws -> HTTPResponse {
      let login = bench.credentials.headers(
        timestamp: SystemClock.wall().seconds, method: method, path: path, body: body ?? [])
      var fields = login.map { WebField($0.name, $0.value) }
      if body != nil { fields.append(WebField("Content-Type", "application/json")) }
      let request = HTTPRequest(method, bench.venue.base + path, headers: fields, body: body)
      return try bench.wait { bench.http.send(request, timeout: .seconds(10), $0) }.get()
    }
    let quiet = try ask("POST", "/order", bench.body(bench.resting(market)))
    #expect(quiet.status == 200 && SignerStanding(headers: quiet.headers) == nil)
    try bench.console("/sim/throttle", ["percent": 100, "tier": "gold"])
    let told = try ask("POST", "/order", bench.body(bench.resting(market)))
    let standing = try #require(SignerStanding(headers: told.headers))
    #expect(standing.remaining == 599 && standing.tier == "gold" && !standing.isWarned)
    #expect(standing.reset.map { abs($0.since(SystemClock.wall()).milliseconds) < 5000 } == true)
    // Refused for its content it still took its token.
    let refused = try ask("POST", "/order", bench.body(bench.resting(market, size: 4)))
    #expect(refused.status == 400 && (598...599).contains(SignerStanding(headers: refused.headers)?.remaining ?? 0))
    let canceled = try ask("DELETE", "/cancel-all", nil)
    #expect(canceled.status == 200 && SignerStanding(headers: canceled.headers)?.remaining == 1197)
    #expect(try SignerStanding(headers: ask("GET", "/data/orders", nil).headers) == nil)
  }

  @Test("A client that reads what is announced slows down before a refusal comes, and every order is taken once")
  func announced() throws {
    let bench = try VenueBench()
    let market = try lastingMarket(bench)
    // Two orders a second and three at once.
    try bench.console("/sim/throttle", ["percent": 5])
    var ids: Set<VenueOrderID> = []
    var held = 0
    for _ in 0..<8 {
      let order = try bench.resting(market)
      ids.insert(order.id)
      try bench.until("the order to be taken") {
        let outcome = try bench.post(order)
        guard outcome == .live else {
          guard case .throttled(let wait) = outcome else { throw VenueBench.Unexpected(outcome: outcome) }
          #expect(outcome.outcomeKnown && outcome.retryable && wait != nil)
          held += 1
          return false
        }
        return true
      }
    }
    #expect(held > 0)
    #expect(try limits(bench) == (0, 0), "not one request was sent in vain")
    #expect(try bench.openIDs() == ids)
    // Cancels have a bucket of their own: four a second and six at once.
    for id in ids {
      try bench.until("the cancel to be taken") {
        switch try bench.cancel(id) {
        case .success(let answer): return answer.canceled == [id]
        case .failure(.held): return false
        case .failure(let error): throw error
        }
      }
    }
    #expect(try limits(bench) == (0, 0))
    #expect(try bench.openIDs().isEmpty)
  }

  @Test(
    "A burst sent at once meets 429: each order ends in a typed outcome, the same bytes go when the wait is over, none is doubled or lost, and without limits all pass at once"
  )
  func burst() throws {
    let bench = try VenueBench()
    let market = try lastingMarket(bench)
    try bench.console("/sim/throttle", ["percent": 5])
    let orders = try (0..<12).map { _ in try bench.resting(market) }
    var outcomes: [VenueOrderID: SubmitOutcome] = [:]
    func send(_ wanted: [SignedOrder]) throws {
      for order in wanted {
        outcomes[order.id] = nil
        bench.clob.post(try bench.body(order), expected: order.id) { outcomes[order.id] = $0 }
      }
      try bench.until("an answer to each") { wanted.allSatisfy { outcomes[$0.id] != nil } }
    }
    func waiting() -> [SignedOrder] { orders.filter { outcomes[$0.id] != .live } }
    try send(orders)
    let refused = try limits(bench).signer
    #expect(refused > 0 && waiting().count == Int(refused), "\(refused)")
    for order in waiting() {
      guard case .throttled(let wait?)? = outcomes[order.id], wait >= 1 else {
        Issue.record("\(String(describing: outcomes[order.id]))")
        continue
      }
    }
    #expect(try bench.openIDs() == Set(orders.filter { outcomes[$0.id] == .live }.map(\.id)))
    // Asked again at once, nothing leaves us.
    try send(waiting())
    #expect(try limits(bench).signer == refused)
    try bench.until("all of them", within: .seconds(60)) {
      try send(waiting())
      let strange = outcomes.values.filter { outcome in
        if case .throttled = outcome { false } else { outcome != .live }
      }
      #expect(strange.isEmpty)
      return waiting().isEmpty
    }
    #expect(try bench.openIDs() == Set(orders.map(\.id)))
    let vain = try limits(bench).signer - refused
    #expect(vain <= 12, "\(vain) more requests in vain")

    try bench.console("/sim/throttle", ["percent": 0])
    try bench.until("the end of the last wait") {
      let order = try bench.resting(market)
      return try bench.post(order) == .live
    }
    // What was learnt of the low bucket goes by and by; no order meets a refusal.
    for _ in 0..<3 {
      let order = try bench.resting(market)
      try bench.until("the order") { try bench.post(order) == .live }
    }
  }

  @Test("A venue that only warns refuses nothing, and the client that is warned holds back all the same")
  func warned() throws {
    let bench = try VenueBench()
    let market = try lastingMarket(bench)
    try bench.console("/sim/throttle", ["percent": 5, "warns": true])
    let orders = try (0..<8).map { _ in try bench.resting(market) }
    var outcomes: [SubmitOutcome] = []
    for order in orders { bench.clob.post(try bench.body(order), expected: order.id) { outcomes.append($0) } }
    try bench.until("an answer to each") { outcomes.count == orders.count }
    #expect(outcomes.allSatisfy { $0 == .live }, "\(outcomes)")
    let warned = try bench.console("/sim/throttle").needInt("signer_warned")
    #expect(warned > 0)
    let next = try bench.resting(market)
    guard case .throttled = try bench.post(next) else {
      Issue.record("sent at once after a warning")
      return
    }
    #expect(try bench.order(next.id) == nil)
    try bench.until("the next one's turn") { try bench.post(next) == .live }
    #expect(try bench.console("/sim/throttle").needInt("signer_warned") == warned)
    #expect(try limits(bench) == (0, 0))
  }

  @Test("Reads above the documented limits wait for their turn in the client and are all answered")
  func reads() throws {
    let bench = try VenueBench()
    // Seven of the two hundred balances in ten seconds.
    try bench.console("/sim/throttle", ["percent": 4])
    var (answered, refused) = (0, 0)
    try bench.until("twelve balances", within: .seconds(60)) {
      switch try bench.wait({ bench.clob.collateral($0) }) {
      case .success: answered += 1
      case .failure(.status(429, _, let wait)):
        refused += 1
        #expect((wait ?? .zero) >= .seconds(1))
      case .failure(.held): break
      case .failure(let error): throw error
      }
      return answered == 12
    }
    #expect(refused > 0 && refused <= 3, "\(refused) refusals")
    #expect(try limits(bench).all == Int64(refused))
  }

  @Test("A list of many pages waits for our rate in its middle, and is read to its end; the first page does not wait")
  func pages() throws {
    let bench = try VenueBench()
    let market = try lastingMarket(bench)
    // Somebody may take one or the other of them.
    for _ in 0..<120 {
      let order = try bench.sign(market, .yes, .buy, try Price(parsing: "0.01"), Shares(whole: 5))
      #expect(try bench.post(order, .goodTillCancelled) == .live)
    }
    let manners = VenueManners()
    let client = ClobClient(
      http: bench.http, base: bench.venue.base, credentials: bench.credentials, timeout: .seconds(1), manners: manners)
    var pages = 0
    client.onExchange = { _ in
      pages += 1
      // Longer than a request is held back.
      if pages == 1 { manners.budget.refused(.ownOrders, retryAfter: .seconds(1), SystemClock.monotonic()) }
    }
    #expect(try bench.wait { client.openOrders($0) }.get().count > 100)
    #expect(pages == 2)
    manners.budget.refused(.ownOrders, retryAfter: .seconds(1), SystemClock.monotonic())
    guard case .failure(.held) = try bench.wait({ client.openOrders($0) }) else {
      Issue.record("a first page was asked for although it would have had to wait")
      return
    }
    #expect(pages == 2)
  }
}
