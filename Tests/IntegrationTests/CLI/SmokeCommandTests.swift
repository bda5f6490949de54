import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared
import Testing

@testable import FloorCLI

/// `floor smoke` as a program, against a `sim-venue` over real sockets.
@Suite struct SmokeCommandTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// A quiet day: a window that is decided long before its close has nobody who sells the favourite.
  private func venue(_ more: [String] = []) throws -> SimVenueProcess {
    try SimVenueProcess(["--seed", "5", "--volatility", "0.1"] + more)
  }

  private func smoke(_ words: [String], timeout: Duration = .seconds(180)) throws -> Command.Output {
    try Command.run(
      try Siblings.path("floor"), ["smoke", "--state", directory.path] + words, timeout: timeout)
  }

  private func console(_ venue: SimVenueProcess, _ path: String, _ body: JSON) throws {
    let loop = try EventLoop()
    let http = HTTPClient(loop: loop)
    defer { http.close() }
    var answer: Result<HTTPResponse, HTTPError>?
    let request = HTTPRequest(
      "POST", venue.base + path, headers: [WebField("Content-Type", "application/json")], body: body.bytes)
    http.send(request, timeout: .seconds(10)) { answer = $0 }
    try #require(try loop.turn(until: { answer != nil }, limit: .seconds(20)))
    try #require(try answer?.get().status == 200)
  }

  private func lines(_ text: String) -> [String] { text.split(separator: "\n").map(String.init) }

  private func first(_ word: String, _ lines: [String]) -> Int? { lines.firstIndex { $0.hasPrefix("[SMOKE] \(word)") } }

  @Test(
    "Against the whole venue it is a go, at the wall's speed and at twenty times it: every marker in its order, nothing else on the output",
    arguments: ["1", "20"])
  func go(_ speed: String) throws {
    let venue = try venue(["--speed", speed])
    let output = try smoke(["--base", venue.base])
    #expect(output.status == .code(0), "\(output.text)")
    let lines = lines(output.text)
    #expect(lines.first?.hasPrefix("[SMOKE] SETTINGS_PROFILE=paper DRY_RUN=True") == true)
    #expect(lines.allSatisfy { $0.hasPrefix("[SMOKE] ") }, "\(output.text)")
    let order = [
      "SETTINGS_PROFILE", "RESOLVED_MARKETS", "MARKET slug=btc-updown-5m-", "BOOK_SNAPSHOT", "SNAPSHOT", "CANDIDATE",
      "PAPER_ORDER", "SUMMARY",
    ].map { first($0, lines) }
    #expect(order.allSatisfy { $0 != nil } && order.compactMap(\.self) == order.compactMap(\.self).sorted())
    #expect(lines.count { $0.hasPrefix("[SMOKE] SNAPSHOT") && $0.contains(" bid=") && $0.contains(" ask=") } >= 6)
    #expect(lines.contains { $0.hasPrefix("[SMOKE] CANDIDATE") && $0.contains(" ev=") && $0.contains(" decision=") })
    let last = try #require(lines.last { $0.hasPrefix("[SMOKE] PAPER_ORDER") })
    let result = last.hasSuffix(" result=True") ? "True" : "False"
    // At twenty times the speed the book may be gone whenever an order comes: then it was killed, by the book's own rule.
    #expect(result == "True" || last.contains("venue_fok_not_filled"), "\(output.text)")
    #expect(lines.last?.contains("candidate_found=True order_result=\(result) verdict=go") == true)
    // The venue heard of no order: the run was dry.
    #expect(try venue.truth().allSatisfy { $0["kind"]?.string != "order" || $0["account"]?.int == nil })
  }

  @Test("For programs it is one document") func document() throws {
    let venue = try venue()
    let output = try smoke(["--base", venue.base + "/", "--series", "eth-15m", "--json"])
    let json = try JSON.parse(output.text)
    #expect(output.succeeded && json["verdict"] == "go" && json["series"] == "ETH-15m", "\(output.text)")
    #expect(json["steps"]?.array?.allSatisfy { $0["passed_after_ms"]?.int != nil } == true)
    #expect((json["rtds_events"]?.int ?? 0) > 0 && (json["clob_events"]?.int ?? 0) > 0)
    #expect(json["venue"]?["clob_url"]?.string == venue.base)
  }

  /// The line that says why, of a run that must be a no-go.
  private func refusal(_ words: [String], step: String) throws -> String {
    let output = try smoke(words)
    #expect(output.status == .code(1), "\(output.text)")
    let lines = lines(output.text)
    let line = try #require(lines.first { $0.hasPrefix("[SMOKE] FAILED step=\(step) asked=") }, "\(output.text)")
    #expect(line.contains(" came=") && line.contains(" remedy="))
    #expect(
      lines.last?.hasPrefix("[SMOKE] SUMMARY ") == true && lines.last?.contains("verdict=no-go step=\(step)") == true)
    return line
  }

  @Test("A venue that is not there") func nobody() throws {
    // A port that was free a moment ago.
    let port = try ListeningPort.anyFree()
    let line = try refusal(["--base", "http://127.0.0.1:\(port)"], step: "clock")
    #expect(line.contains("/sim/clock"))
  }

  @Test("A series that the venue does not list") func noMarket() throws {
    let venue = try venue()
    let line = try refusal(["--base", venue.base, "--series", "doge-5m"], step: "gamma")
    #expect(line.contains("doge-updown-5m-") && line.contains("not listed"))
  }

  @Test("Reference prices that are silent") func noPrices() throws {
    let venue = try venue()
    try console(venue, "/sim/faults/streams", [["stream": "rtds", "kind": "lose"]])
    let line = try refusal(["--base", venue.base], step: "rtds")
    #expect(line.contains("chainlink: not a word") && line.contains("/rtds"))
  }

  @Test("A market socket that never tells a book") func noBook() throws {
    let venue = try venue()
    try console(venue, "/sim/faults/streams", [["stream": "market", "kind": "lose"]])
    let line = try refusal(["--base", venue.base], step: "book")
    #expect(line.contains("no ") && line.contains("book") && line.contains("/ws/market"))
  }

  @Test("An order book service that answers errors while the sockets live") func noOrderBook() throws {
    let venue = try venue()
    try console(venue, "/sim/faults", [["endpoint": "GET /book", "kind": "error", "status": 503]])
    let line = try refusal(["--base", venue.base], step: "paper_order")
    #expect(line.contains("no book to match against: status 503"))
  }

  @Test("Ctrl-C ends it with its summary") func interrupted() throws {
    let venue = try venue()
    try console(venue, "/sim/faults/streams", [["stream": "rtds", "kind": "lose"]])
    let output = directory.path + "/out"
    try #require(FileManager.default.createFile(atPath: output, contents: nil))
    let process = Process()
    process.executableURL = URL(filePath: try Siblings.path("floor"))
    process.arguments = ["smoke", "--state", directory.path, "--base", venue.base]
    process.standardOutput = try FileHandle(forWritingTo: URL(filePath: output))
    try process.run()
    defer { if process.isRunning { process.terminate() } }
    func text() throws -> String { String(decoding: try Data(contentsOf: URL(filePath: output)), as: UTF8.self) }
    // Each line is there as soon as it is said, though the output is a file.
    try eventuallyTrue("a candidate", within: .seconds(30)) { try text().contains("[SMOKE] CANDIDATE") }
    #expect(try !text().contains("SUMMARY"))
    process.interrupt()
    try eventuallyTrue("the end", within: .seconds(10)) { !process.isRunning }
    #expect(process.terminationStatus == ExitCode.tryAgain.rawValue)
    #expect(try lines(text()).last?.contains("candidate_found=True order_result=None verdict=interrupted") == true)
  }

  @Test(
    "What cannot be meant is refused in one line, before anybody is asked",
    arguments: [
      (["--base", "127.0.0.1:8601"], "--base 127.0.0.1:8601"),
      (["--base", "http://127.0.0.1:8601/x"], "without a path"),
      (["--base", "http://127.0.0.1:0"], "without a path"), (["--venue", "mars"], "sim or polymarket"),
      (["--venue", "sim", "--base", "http://127.0.0.1:1"], "not both"),
      (["--venue", "sim", "--set", "venue=sim"], "--venue reads none"), (["--seconds", "4"], "from 5 to 120"),
      (["--seconds", "x", "--venue", "sim"], "from 5 to 120"), (["--series", "btc-7m"], "--series btc-7m"),
      (["now"], "unexpected argument now"), (["--authorities", "/x"], "--venue or --base"),
      (["--base"], "needs a value"),
    ] as [([String], String)])
  func usage(_ words: [String], _ said: String) throws {
    let output = try smoke(words)
    #expect(output.status == .code(ExitCode.usage.rawValue) && output.text.contains(said), "\(output.text)")
    #expect(lines(output.text).count == 1)
  }

  @Test("The venue's own addresses need no configuration; a configuration's own are taken with --set") func addresses()
    throws
  {
    let instance = try Instance(try words([]), environment: [:])
    #expect(try SmokeCommand.endpoints(try words(["--venue", "polymarket"]), instance).clock == nil)
    let sim = try SmokeCommand.endpoints(try words(["--venue", "sim"]), instance)
    #expect(sim.gamma == "http://127.0.0.1:8601" && sim.referenceStream == "ws://127.0.0.1:8601/rtds")
    let secure = try SmokeCommand.endpoints(
      try words(["--base", "https://localhost:9000/", "--authorities", "/ca.pem"]), instance)
    #expect(secure.marketStream == "wss://localhost:9000/ws/market" && secure.authorities == "/ca.pem")
    let file = directory.path + "/floor.yaml"
    try "venue: sim\n".write(toFile: file, atomically: true, encoding: .utf8)
    let configured = try SmokeCommand.endpoints(try words(["--config", file, "--set", "sim.port=8777"]), instance)
    #expect(configured.clob == "http://127.0.0.1:8777" && configured.clock == "http://127.0.0.1:8777/sim/clock")
    // No secrets, agents and profile are there, and none are needed; what the addresses are made of has to be right.
    for wrong in ["venue=mars", "endpoints.clob_url=nowhere", "sim.prt=1"] {
      let refusal = #expect(throws: FloorFailure.self) {
        try SmokeCommand.endpoints(try words(["--config", file, "--set", wrong]), instance)
      }
      #expect(refusal?.exitCode == .configuration && refusal?.message.contains("--base URL") == true, "\(wrong)")
    }
    let nothing = #expect(throws: FloorFailure.self) { try SmokeCommand.endpoints(try words([]), instance) }
    #expect(nothing?.exitCode == .configuration)
  }

  private func words(_ arguments: [String]) throws -> CommandLineWords {
    try CommandLineWords(
      ["--state", directory.path] + arguments, options: FloorCommands.commonOptions.union(SmokeCommand.command.options),
      flags: FloorCommands.commonFlags)
  }
}
