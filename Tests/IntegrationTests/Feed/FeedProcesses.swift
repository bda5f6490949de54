import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared
import Testing

/// A real venue, a real feed, a real Redis of its own (with the floor's access rules) and a fresh database, in a directory that goes with
/// the test. The test's thread turns the loop while it waits.
final class FeedProcesses {
  let loop: EventLoop
  let directory: TemporaryDirectory
  let database: TestDatabase
  let http: HTTPClient
  let bus: RedisBus
  private(set) var port = 0
  private(set) var venue: ChildProcess?
  private(set) var feed: ChildProcess?
  private var redis: ChildProcess?
  private(set) var feedExit: ExitCause?
  private let speed: Int
  private let seed: Int

  private(set) var updates: [MarketUpdate] = []
  private(set) var prices: [ReferencePrice] = []
  private(set) var undecodable = 0

  init(speed: Int, seed: Int = 7) throws {
    self.speed = speed
    self.seed = seed
    loop = try EventLoop()
    directory = try TemporaryDirectory()
    let servers = try TestServers.shared()
    database = try servers.database()
    http = HTTPClient(loop: loop)
    try FileManager.default.createDirectory(atPath: directory.path + "/log", withIntermediateDirectories: true)
    let acl = try Command.run(
      "/bin/bash", [Repository.root + "/scripts/lib/redis-acl", servers.stateDirectory + "/etc/secrets.yaml"],
      timeout: .seconds(10))
    try acl.text.write(toFile: directory.path + "/users.acl", atomically: true, encoding: .utf8)
    bus = RedisBus(
      loop: loop,
      settings: RedisSettings(
        address: .socket(directory.path + "/redis.sock"), user: "web", password: servers.busPassword("web"),
        clientName: "test"), log: .discarding())
    bus.onMessage = { [unowned self] channel, payload in heard(channel, payload) }
    bus.psubscribe(Names.everyMarketUpdate)
    bus.psubscribe(Names.everyReferencePrice)
    bus.subscribe(Names.clock)
    try startRedis()
    try wait("Redis") { bus.isConnected }
  }

  deinit {
    for child in [feed, venue, redis] { child?.kill() }
    http.close()
    bus.close()
  }

  private func heard(_ channel: String, _ payload: [UInt8]) {
    do {
      if Names.slug(ofMarketUpdates: channel) != nil {
        updates.append(try MarketUpdate(decoding: payload))
      } else if Names.symbol(ofReferencePrices: channel) != nil {
        prices.append(try ReferencePrice(decoding: payload))
      } else {
        _ = try ClockMessage(decoding: payload)
      }
    } catch {
      undecodable += 1
    }
  }

  // MARK: Processes

  static func executable(_ name: String) throws -> String { try Products.path(name) }

  func startRedis() throws {
    redis = try ChildProcess.spawn(
      ChildSpecification(
        executable: "/usr/bin/redis-server",
        arguments: [
          "--port", "0", "--unixsocket", directory.path + "/redis.sock", "--save", "", "--aclfile",
          directory.path + "/users.acl", "--dir", directory.path,
        ]), on: loop
    ) { _ in }
  }

  /// - Parameter source: what it plays; from the seed when there is nothing given.
  func startVenue(_ source: [String]? = nil) throws {
    let output = directory.path + "/venue.out"
    try? FileManager.default.removeItem(atPath: output)
    venue = try ChildProcess.spawn(
      ChildSpecification(
        executable: try FeedProcesses.executable("sim-venue"),
        arguments: [
          "--port", String(port), "--data", directory.path + "/venue", "--speed", String(speed),
        ] + (source ?? ["--seed", String(seed)]), output: .file(output)), on: loop
    ) { _ in }
    try wait("the venue's ready line", within: .seconds(60)) {
      let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
      guard text.contains("ready"), let word = text.split(whereSeparator: { ":\n".contains($0) }).last else {
        return false
      }
      port = Int(word) ?? 0
      return port > 0
    }
  }

  func startFeed(
    staleAfter: Duration = .seconds(10), recordingMegabytes: Int64 = 16, fileKilobytesMax: Int? = nil,
    warmSecond: Bool = true, polybolt: Bool = false, assetsMax: Int64 = 500, events: [String] = [],
    endpoints: JSON = [:]
  ) throws {
    let servers = try TestServers.shared()
    feedExit = nil
    let program = try FeedProcesses.executable("market-feed")
    // Beyond its limit a write is refused as on a full disk; the signal that comes with it would be the end.
    let limited = fileKilobytesMax.map { ["-c", "trap '' XFSZ; ulimit -f \($0); exec \"$0\" \"$@\"", program] }
    feed = try ChildProcess.spawn(
      ChildSpecification(
        executable: limited == nil ? program : "/bin/bash", arguments: limited ?? [],
        output: .file(directory.path + "/feed.out"),
        birth: BirthDocument(
          process: "market-feed", stateDirectory: directory.path, runDirectory: directory.path, epoch: Epoch(1),
          boot: "boot-\(UInt32.random(in: 0...9999))",
          configuration: [
            "market": [
              "series": ["btc-5m", "btc-15m", "eth-5m"],
              "events": .array(events.map { .string($0) }), "windows_ahead_count": 2,
              "stale_after_ms": .int(staleAfter.milliseconds), "record": true,
              "recording_max_mb": .int(recordingMegabytes),
              "warm_second": .bool(warmSecond), "polybolt": .bool(polybolt),
              "socket_assets_max_count": .int(assetsMax),
            ],
            "venue": "sim", "sim": ["port": .int(port)], "retention": ["ticks_days": 7],
            // There is no boss here, and the tests take as long as they take.
            "supervision": ["desk_alone_s": 3600],
            "endpoints": .object(
              [.init("authorities_file", "/etc/ssl/certs/ca-certificates.crt")]
                + VenueEndpoints.paths.map { path in
                  let name = String(path.dropFirst("endpoints.".count))
                  return .init(name, endpoints[name] ?? "")
                }),
            "redis": ["socket": .string(directory.path + "/redis.sock"), "user": "feed"],
            "database": [
              "host": .string(servers.runDirectory), "port": 5432, "name": .string(database.name), "user": "floor_feed",
            ],
          ],
          secrets: try secrets(servers, polybolt: polybolt))), on: loop
    ) { [weak self] cause in self?.feedExit = cause }
  }

  private func secrets(_ servers: TestServers, polybolt: Bool) throws -> [String: Secret] {
    var secrets = [
      "redis_password": servers.busPassword("feed"), "database_password": servers.databasePassword("floor_feed"),
    ]
    if polybolt {
      secrets["venue_api"] = Secret(
        try String(contentsOfFile: directory.path + "/venue/credentials.json", encoding: .utf8))
    }
    return secrets
  }

  /// Kills the venue and waits until it is gone.
  func killVenue() throws {
    guard let child = venue else { return }
    child.kill()
    try wait("the venue's end") { child.exit != nil }
    venue = nil
  }

  func stopFeed() throws -> ExitCause {
    feed?.signal(SIGTERM)
    try wait("the feed's end") { feedExit != nil }
    return try #require(feedExit)
  }

  func killRedis() throws {
    guard let child = redis else { return }
    child.kill()
    try wait("the end of Redis") { child.exit != nil }
  }

  // MARK: Waiting and asking

  func wait(_ what: String, within limit: Duration = .seconds(20), _ condition: () -> Bool) throws {
    let deadline = SystemClock.monotonic().advanced(by: limit)
    while !condition() {
      guard SystemClock.monotonic() < deadline else { throw DeadlinePassed(what, log: log) }
      _ = try loop.turn(until: { condition() }, limit: .milliseconds(20))
    }
  }

  func pass(_ duration: Duration) throws { _ = try loop.turn(until: { false }, limit: duration) }

  func get(_ path: String) throws -> JSON {
    var answer: Result<HTTPResponse, HTTPError>?
    http.send(HTTPRequest("GET", "http://127.0.0.1:\(port)\(path)"), timeout: .seconds(5)) { answer = $0 }
    try wait("GET \(path)") { answer != nil }
    return try JSON.parse(try #require(answer).get().body)
  }

  /// Sets what goes wrong, at the venue's fault console.
  func console(_ path: String, _ body: JSON) throws {
    var answer: Result<HTTPResponse, HTTPError>?
    http.send(
      HTTPRequest("POST", "http://127.0.0.1:\(port)/sim/\(path)", body: body.bytes), timeout: .seconds(5)
    ) { answer = $0 }
    try wait("POST /sim/\(path)") { answer != nil }
    let response = try #require(answer).get()
    #expect(response.status == 200, "\(String(decoding: response.body, as: UTF8.self))")
  }

  /// What the feed's heartbeat says of one of its counters.
  func counter(_ name: String) -> Int64? {
    guard let beat = try? key(Names.heartbeat("market-feed")), let json = try? JSON.parse(beat) else { return nil }
    return json["counters"]?[name]?.int
  }

  func streamFaults(_ rules: [JSON]) throws { try console("faults/streams", .array(rules)) }

  func key(_ name: String) throws -> [UInt8]? {
    var answer: Result<[UInt8]?, BusError>?
    bus.get(name) { answer = $0 }
    try wait("GET \(name)") { answer != nil }
    return try #require(answer).get()
  }

  func last(_ slug: MarketSlug) -> MarketUpdate? { updates.last { $0.slug == slug } }
  func forget() { updates = [] }

  var log: String { (try? String(contentsOfFile: directory.path + "/log/market-feed.log", encoding: .utf8)) ?? "" }

  struct DeadlinePassed: Error, CustomStringConvertible {
    let description: String
    init(_ what: String, log: String) { description = "no \(what) in time; the feed's log ends:\n\(log.suffix(3000))" }
  }
}
