import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared
import Testing

/// `floor shadow` beside a gateway at a simulated venue that lives, with a real feed that records it: orders that rest, and orders that take.
@Suite("The command that compares paper with the venue", .ownThread)
struct ShadowCommandTests {
  /// A gateway, a feed that records the same venue, and an agent that trades in a window that is open.
  private final class Trading {
    let bench: GatewayBench
    let recordings: String
    private let feed: ChildProcess
    private var random: SeededGenerator
    /// Of a window, for what this test does in it.
    private static let room = Duration.seconds(70)

    init(seed: UInt64) throws {
      random = SeededGenerator(seed: seed)
      bench = try GatewayBench(
        venueArguments: ["--source", "synthetic", "--seed", String(seed % 1000 + 1)], hasOwnRedis: true)
      bench.extraConfiguration = [
        .init(
          "limits",
          [
            "per_trade_pct": "10", "per_agent_pct": "80", "system_pct": "90", "orders_per_min": 60_000,
            "loss_streak_count": 1000, "daily_loss_pct": "90", "drawdown_pct": "90",
          ])
      ]
      let folder = bench.directory.path + "/feed"
      for name in ["", "/log"] {
        try FileManager.default.createDirectory(
          atPath: folder + name, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
      }
      recordings = folder + "/recordings"
      feed = try Self.feed(of: bench, in: folder)
      try bench.startGateway()
      bench.slugWanted = { [unowned bench] market in
        guard let starts = market.windowStart, let ends = market.end else { return false }
        let now = try bench.marketNow()
        return now >= starts && ends.since(now) > Self.room
      }
      // All windows may end together: then the next ones are waited for.
      try bench.until("windows that go on for a while", within: .seconds(90)) {
        try 300 - bench.marketNow().seconds % 300 > Self.room.components.seconds
      }
      try bench.open(allocation: "400")
      let slug = bench.market.slug.text
      try bench.until("the feed to record the market", within: .seconds(60)) {
        var isThere = false
        for path in RecordingReader.files(in: recordings, prefix: "frames") {
          _ = try RecordingReader.read(path) { frame in
            let text = String(decoding: frame.frame, as: UTF8.self)
            if frame.stream == "feed", text.contains("published"), text.contains(slug), text.contains("live") {
              isThere = true
            }
          }
        }
        return isThere
      }
    }

    deinit { feed.kill() }

    private static func feed(of bench: GatewayBench, in folder: String) throws -> ChildProcess {
      let servers = bench.database.servers
      return try ChildProcess.spawn(
        ChildSpecification(
          executable: try Products.path("market-feed"), output: .file(folder + "/feed.out"),
          birth: BirthDocument(
            process: "market-feed", stateDirectory: folder, runDirectory: bench.directory.path, epoch: Epoch(1),
            boot: "f1",
            configuration: [
              "market": [
                "series": ["btc-5m", "btc-15m", "eth-5m", "eth-15m"], "events": [], "windows_ahead_count": 1,
                "stale_after_ms": 10_000, "record": true,
                "recording_max_mb": 64, "warm_second": false, "polybolt": false, "socket_assets_max_count": 500,
              ],
              "venue": "sim", "sim": ["port": .int(bench.venuePort)], "retention": ["ticks_days": 7],
              "supervision": ["desk_alone_s": 3600],
              "endpoints": .object(
                [.init("authorities_file", "/etc/ssl/certs/ca-certificates.crt")]
                  + VenueEndpoints.paths.map { .init(String($0.dropFirst("endpoints.".count)), "") }),
              "redis": ["socket": .string(bench.ownRedis!.socket), "user": "feed"],
              "database": [
                "host": .string(servers.runDirectory), "port": 5432, "name": .string(bench.database.name),
                "user": "floor_feed",
              ],
            ],
            secrets: [
              "redis_password": servers.busPassword("feed"),
              "database_password": servers.databasePassword("floor_feed"),
            ])), on: bench.loop
      ) { _ in }
    }

    /// Rests at or above the best bid, takes at the ask, sells what it holds at the bid.
    func trade(for length: Duration) throws {
      let end = SystemClock.monotonic().advanced(by: length)
      while SystemClock.monotonic() < end {
        let book = try bench.book(.yes)
        if let bid = book.bestBid?.price, let ask = book.bestAsk?.price, bid < ask {
          try bench.send(try wish(bid, ask))
        }
        let next = SystemClock.monotonic().advanced(by: .milliseconds(150))
        while SystemClock.monotonic() < next { try bench.loop.turn(timeout: .milliseconds(20)) }
      }
      try bench.until("every order to end", within: .seconds(40)) {
        try bench.looker.query(
          "SELECT count(*) AS n FROM order_state WHERE state IN ('SENDING', 'LIVE', 'DELAYED', 'CANCEL_SENT', 'UNKNOWN')"
        ).one().int("n") == 0
      }
    }

    private func wish(_ bid: Price, _ ask: Price) throws -> IntentMessage {
      let size = Shares(whole: Int64.random(in: 5...9, using: &random))
      let held = bench.events.last?.position ?? .zero
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<5:
        let above = Price(micros: bid.micros + bench.market.tick.micros).flatMap { $0 < ask ? $0 : nil }
        let price = Bool.random(using: &random) ? above ?? bid : bid
        return try bench.wish(price: price, size: size, type: .goodTillCancelled, useful: .seconds(6))
      case 5..<8 where held >= Shares(whole: 5):
        return try bench.wish(.sell, price: bid, size: Shares(whole: 5))
      default: return try bench.wish(price: ask, size: size)
      }
    }

    func shadow(_ words: [String]) throws -> JSON {
      let output = try Command.run(
        try Products.path("floor"),
        ["shadow", "--json", "--recordings", recordings, "--config", Repository.root + "/config/floor.yaml"] + words + [
          "--state", bench.directory.path + "/state", "--run", bench.directory.path, "--host",
          bench.database.servers.runDirectory, "--database", bench.database.name, "--user", "floor_admin",
        ], timeout: .seconds(60))
      guard output.status == .code(0) else { throw BenchFailure("floor shadow: \(output.text)") }
      return try JSON.parse(output.text, limits: JSONLimits(bytes: 64 << 20))
    }
  }

  @Test(
    "Orders that rest and orders that take, at a venue that lives: all are compared, paper fills most of what the venue fills and does not flatter"
  )
  func lives() throws {
    let seed = Seeds.some(1).last!
    let trading = try Trading(seed: seed)
    try trading.trade(for: .seconds(25))
    var json = JSON.null
    let record = try trading.bench.looker.query(
      "SELECT coalesce(sum(size), 0) AS size, coalesce(sum(fee), 0) AS fee FROM fills"
    ).one()
    func group(_ kind: String) throws -> JSON {
      try #require((json["groups"]?.array ?? []).first { $0["strategy"]?.isNull ?? true && $0["kind"]?.string == kind })
    }
    // The venue's side is the record's, once the recording has come so far.
    try trading.bench.until("all to be compared", within: .seconds(30)) {
      json = try trading.shadow([])
      return try json["left_out"]?["after_the_recording"] == 0
        && group("all")["venue"]?["shares"]?.shares == record.shares("size")
    }
    #expect(try group("all")["venue"]?["fees_usd"]?.usd == record.usd("fee"))
    let orders = try trading.bench.looker.query("SELECT count(*) AS n FROM orders").one().int("n")
    #expect(json["orders"]?.int == orders && orders > 60, "seed \(seed): \(orders) orders")
    for kind in ["taking", "resting"] {
      let some = try group(kind)
      let counts = ["orders", "both", "only_paper", "only_venue", "neither"].map { some[$0]?.int ?? -1 }
      print(
        "seed \(seed), \(kind): orders, both, paper, venue, neither: \(counts); \(some["paper"]!.text) \(some["venue"]!.text)"
      )
      #expect(counts[1] > 0, "seed \(seed), \(kind): \(counts)")
      // Of what the venue filled paper fills most, and of what it did not, little.
      #expect(counts[1] >= counts[3], "seed \(seed), \(kind): \(counts)")
      #expect(counts[2] * 5 <= counts[0], "seed \(seed), \(kind): \(counts)")
    }
    try trading.bench.compareWithVenue()
  }
}
