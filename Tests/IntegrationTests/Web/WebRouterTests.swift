import FloorIOVenue
import Foundation
import Shared
import Testing

@testable import FloorWeb

@Suite("Status page, health and metrics")
struct WebRouterTests {
  static let now = WallTime(seconds: 1_795_180_600)

  static func snapshot(_ change: (inout FloorSnapshot) -> Void = { _ in }) -> FloorSnapshot {
    var snapshot = FloorSnapshot(
      takenAt: now.advanced(by: .milliseconds(-400)),
      overview: .init(
        mode: .active, reason: "", isPaper: true, capital: USD(dollars: 1000), cash: USD(micros: 998_765_432),
        treasury: USD(dollars: 600), allocated: USD(dollars: 400), reserved: .zero, invested: USD(micros: 1_234_568),
        dayPnL: USD(micros: -250_001), agentsRunning: 2, openOrders: 3, unknownOrders: 0, openPositions: 1,
        tradesToday: 7, fills: 42, bossHeld: true, gatewayHeld: true),
      agents: [
        .init(
          name: "momentum-1", strategy: "momentum", status: "RUNNING", generation: 0, allocated: USD(dollars: 100),
          reserved: .zero, invested: USD(micros: 1_234_568), trades: 7, wins: 4, pnl: USD(micros: -250_001),
          fees: USD(micros: 17_500))
      ],
      processes: [
        .init(name: "market-feed", kind: "desk", isWanted: true, state: "READY", restarts: 0, lastExit: ""),
        .init(name: "order-gateway", kind: "desk", isWanted: true, state: "READY", restarts: 1, lastExit: "signal 9"),
        .init(name: "auditor", kind: "desk", isWanted: true, state: "READY", restarts: 0, lastExit: ""),
      ],
      events: [
        .init(at: now, severity: "ERROR", component: "boss", kind: "test", message: "<script>\"x\"\n\\</script>")
      ])
    change(&snapshot)
    return snapshot
  }

  static func ask(
    _ path: String, method: String = "GET", host: String? = "127.0.0.1:8501", origin: String? = nil,
    _ snapshot: FloorSnapshot? = snapshot()
  ) -> WebResponse {
    var headers: [String: String] = [:]
    headers["host"] = host
    headers["origin"] = origin
    return WebRouter(build: "0.1.0+abc").answer(
      WebRequest(method: method, path: path, headers: headers), snapshot, isConnected: true, now: now)
  }

  @Test(
    "Only loopback names are served, and no foreign origin",
    arguments: [
      ("127.0.0.1:8501", nil, 200), ("localhost", nil, 200), ("[::1]:9102", nil, 200),
      ("127.0.0.1:8501", "http://127.0.0.1:8501", 200), ("127.0.0.1:8501", "http://evil.example", 403),
      ("127.0.0.1:8501", "null", 403), ("evil.example", nil, 421), ("127.0.0.1.evil.example", nil, 421),
      ("localhost:80x", nil, 421), ("127.0.0.1:", nil, 421), (nil, nil, 421),
    ] as [(String?, String?, Int)])
  func hosts(host: String?, origin: String?, status: Int) {
    #expect(Self.ask("/api/status", host: host, origin: origin).status == status)
  }

  @Test("Every answer carries the content policy, and the page uses nothing it would forbid")
  func policy() {
    for path in ["/", "/floor.js", "/floor.css", "/health", "/metrics", "/api/status", "/nothing"] {
      let answer = Self.ask(path)
      let policy = answer.headers.first { $0.name == "Content-Security-Policy" }?.value ?? ""
      #expect(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "\(path)")
    }
    #expect(Self.ask("/nothing").status == 404 && Self.ask("/", method: "POST").status == 405)
    let page = String(decoding: Self.ask("/").body, as: UTF8.self)
    #expect(!page.contains("http") && !page.contains("style=") && !page.contains("onclick"))
    let script = String(decoding: Self.ask("/floor.js").body, as: UTF8.self)
    #expect(!script.contains("innerHTML") && !script.contains("insertAdjacent") && !script.contains("eval("))
  }

  @Test("Health is ok, degraded or down, with the reasons in words")
  func health() {
    func health(_ change: (inout FloorSnapshot) -> Void) -> FloorHealth {
      FloorHealth(Self.snapshot(change), isConnected: true, now: Self.now)
    }
    #expect(health { _ in }.status == .ok)
    #expect(health { $0.overview.mode = .reduceOnly }.status == .degraded)
    #expect(health { $0.overview.unknownOrders = 1 }.status == .degraded)
    #expect(health { $0.processes[2].state = "BACKOFF" }.status == .degraded)
    #expect(health { $0.overview.mode = .halted }.status == .down)
    #expect(health { $0.overview.bossHeld = false }.status == .down)
    #expect(health { $0.processes[0].state = "QUARANTINED" }.problems == ["market-feed is QUARANTINED"])
    #expect(health { $0.processes.removeAll { $0.name == "order-gateway" } }.status == .down)
    #expect(health { $0.takenAt = Self.now.advanced(by: .seconds(-16)) }.status == .down)
    #expect(FloorHealth(nil, isConnected: true, now: Self.now).status == .down)
    #expect(FloorHealth(Self.snapshot(), isConnected: false, now: Self.now).status == .down)
    #expect(Self.ask("/health").status == 200)
    #expect(Self.ask("/health", Self.snapshot { $0.overview.mode = .halted }).status == 503)
    #expect(Self.ask("/health", nil).status == 503)
  }

  @Test("What the gateway holds to counts where it is tighter than the record, in health, metrics and status")
  func modeInForce() throws {
    func ask(_ path: String, _ change: (inout FloorSnapshot) -> Void) -> String {
      String(decoding: Self.ask(path, Self.snapshot(change)).body, as: UTF8.self)
    }
    let tighter: (inout FloorSnapshot) -> Void = { $0.gateway = .init(mode: .reduceOnly, note: "daily loss") }
    let health = try JSON.parse(ask("/health", tighter))
    #expect(health["status"] == "degraded" && health["mode"] == "REDUCE_ONLY")
    #expect(health["problems"]?.array == ["REDUCE_ONLY: the gateway: daily loss"])
    let metrics = ask("/metrics", tighter)
    for line in [
      "polyfloor_mode{mode=\"ACTIVE\"} 0", "polyfloor_mode{mode=\"REDUCE_ONLY\"} 1",
      "polyfloor_mode_recorded{mode=\"ACTIVE\"} 1",
    ] {
      #expect(metrics.contains("\n" + line + "\n"), "\(line)")
    }
    let status = try JSON.parse(ask("/api/status", tighter))
    #expect(status["floor"]?["mode"] == "REDUCE_ONLY" && status["floor"]?["mode_recorded"] == "ACTIVE")
    #expect(
      Self.ask("/health", Self.snapshot { $0.gateway = .init(mode: .halted, note: "halted by file") }).status == 503)
    // The record's tighter one stays, and of a silent gateway it is all there is.
    let recorded = try JSON.parse(
      ask("/health") {
        $0.overview.mode = .cancelOnly
        $0.gateway = .init(mode: .active, note: "open")
      })
    #expect(recorded["mode"] == "CANCEL_ONLY")
    #expect(try JSON.parse(ask("/health") { _ in })["mode"] == "ACTIVE")
  }

  @Test("Metrics tell exact values, escape what agents call themselves, and satisfy promtool")
  func metrics() throws {
    let snapshot = Self.snapshot { $0.agents[0].strategy = "a\"b\\c\nd" }
    for picture in [snapshot, nil] {
      let text = String(decoding: Self.ask("/metrics", picture).body, as: UTF8.self)
      let promtool = "/usr/bin/promtool"
      guard FileManager.default.isExecutableFile(atPath: promtool) else { continue }
      let process = Process()
      let input = Pipe()
      let output = Pipe()
      process.executableURL = URL(filePath: promtool)
      process.arguments = ["check", "metrics"]
      process.standardInput = input
      process.standardOutput = output
      process.standardError = output
      try process.run()
      input.fileHandleForWriting.write(Data(text.utf8))
      try input.fileHandleForWriting.close()
      let complaints = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      #expect(process.terminationStatus == 0 && complaints.isEmpty, "\(complaints)\n\(text)")
    }
    let text = String(decoding: Self.ask("/metrics", snapshot).body, as: UTF8.self)
    for line in [
      "polyfloor_day_pnl_usd -0.250001", "polyfloor_snapshot_age_seconds 0.4", "polyfloor_mode{mode=\"ACTIVE\"} 1",
      "polyfloor_process_restarts_total{process=\"order-gateway\"} 1", "polyfloor_fills_total 42",
      "polyfloor_agent_pnl_usd{agent=\"momentum-1\",strategy=\"a\\\"b\\\\c\\nd\"} -0.250001", "polyfloor_healthy 1",
    ] {
      #expect(text.contains("\n" + line + "\n"), "\(line)")
    }
  }
}
