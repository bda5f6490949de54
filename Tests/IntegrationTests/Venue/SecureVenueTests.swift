import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Shared
import Testing

/// `sim-venue` over TLS, with an authority made for the test.
@Suite("sim-venue over TLS", .hangLimit)
struct SecureVenueTests {
  @Test("Orders, books and the market stream pass over TLS as they do without")
  func trades() throws {
    let authority = try TestAuthority()
    let bench = try VenueBench(authority: authority)
    #expect(bench.venue.base.hasPrefix("https://"))
    let (market, _) = try bench.liveMarket()
    var frames = 0
    let stream = try VenueStream(context: bench.context, endpoint: WebEndpoint(bench.venue.socketBase + "/ws/market"))
    let wish: JSON = ["type": "market", "assets_ids": .array(market.tokens.map { .text($0.token) })]
    stream.onOpen = { [unowned stream] in #expect(stream.send(wish.bytes)) }
    var decoder = MarketFrameDecoder()
    stream.onText = { frames += decoder.decode($0).events.count }
    stream.start()
    try bench.until("frames of the market") { frames > 20 }
    let order = try bench.resting(market)
    #expect(try bench.post(order) == .live)
    #expect(try bench.openIDs() == [order.id])
    #expect(try bench.bought().taking > .zero)
    stream.stop()
    // A list of many records of TLS comes whole.
    let page = try bench.wait { bench.gamma.openMarkets($0) }.get()
    #expect(!page.items.isEmpty)
  }

  @Test("Who does not know the authority, or speaks without TLS, gets nothing; the venue serves the next")
  func strangers() throws {
    let authority = try TestAuthority()
    let bench = try VenueBench(authority: authority)
    let stranger = HTTPClient(loop: bench.loop)
    let url = bench.venue.base + "/time"
    let refused = try bench.wait { stranger.send(HTTPRequest("GET", url), timeout: .seconds(10), $0) }
    guard case .failure(let error) = refused, error.reason == .certificateRefused else {
      Issue.record("\(refused)")
      return
    }
    let plain = try bench.wait {
      stranger.send(HTTPRequest("GET", "http" + url.dropFirst(5)), timeout: .seconds(10), $0)
    }
    #expect(throws: HTTPError.self) { try plain.get() }
    let known = try bench.wait { bench.http.send(HTTPRequest("GET", url), timeout: .seconds(10), $0) }
    #expect(try known.get().status == 200)
  }

  @Test("Files that are no certificate or no key end the start with one sentence that names the file")
  func badFiles() throws {
    let authority = try TestAuthority()
    let other = try TestAuthority()
    let program = try Products.path("sim-venue")
    for (certificate, key, named) in [
      ("/etc/hostname", authority.key, "/etc/hostname"), (authority.certificate, "/nowhere", "/nowhere"),
      (authority.certificate, other.key, other.key),
    ] {
      let folder = try TemporaryDirectory()
      let ended = try Command.run(
        program, ["--port", "0", "--data", folder.path, "--tls", certificate, key], timeout: .seconds(30))
      #expect(ended.status == .code(69) && ended.text.contains(named), "\(ended)")
    }
  }
}
