import FloorIOData
import FloorTestSupport
import Shared
import Testing

@Suite("The gateway at a venue that speaks TLS", .hangLimit)
struct GatewaySecureTests {
  @Test("purchases are sent, heard of on the user stream and booked, over TLS of the configured authority")
  func trades() throws {
    let bench = try GatewayBench(authority: TestAuthority())
    try bench.startGateway()
    try bench.open()
    // The answer to the order may be first; the stream is sooner or later.
    try bench.until("a fill that the stream told first", within: .seconds(60)) {
      let entry = try bench.wish(price: try bench.touch(.buy).price, size: Shares(whole: 5))
      try bench.send(entry)
      _ = try bench.final(of: entry.terms.intent)
      return try bench.looker.query("SELECT count(*) AS n FROM fills WHERE source = 'stream'").one().int("n") > 0
    }
    try bench.until("the books to agree") { (try? bench.compareWithVenue()) != nil }
  }

  @Test("a venue whose authority is not the configured one hears nothing, and the log says why")
  func stranger() throws {
    let bench = try GatewayBench(authority: TestAuthority())
    bench.trust(try TestAuthority())
    try bench.startGateway(wait: false)
    try bench.until("the reason") { bench.tail().contains("certificate") }
    #expect(try bench.truth().allSatisfy { $0["kind"] != "request" })
  }
}
