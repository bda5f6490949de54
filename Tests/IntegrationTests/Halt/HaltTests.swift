import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

@Suite("The halt", .ownThread)
struct HaltTests {
  private func rest(_ bench: GatewayBench) throws -> IntentMessage {
    let entry = try bench.wish(
      price: bench.restingPrice(), size: Shares(whole: 10), type: .goodTillCancelled, useful: .seconds(600))
    try bench.send(entry)
    try bench.until("the order to rest") { bench.events(of: entry.terms.intent).contains { $0.event == .live } }
    return entry
  }

  private func floor(_ bench: GatewayBench, _ words: String...) throws -> Command.Output {
    try Command.run(
      try Products.path("floor"),
      words + [
        "--state", bench.directory.path + "/state", "--run", bench.directory.path, "--host",
        bench.database.servers.runDirectory, "--database", bench.database.name, "--user", "floor_admin",
      ], timeout: .seconds(60))
  }

  @Test("floor halt takes three roads, and ends with the gateway's word that nothing is open; floor status repeats it")
  func commandLine() throws {
    let bench = try GatewayBench()
    try bench.startGateway()
    try bench.open()
    let entry = try rest(bench)
    let halt = try floor(bench, "halt", "smoke", "and", "mirrors")
    #expect(halt.status == .code(0), "\(halt.text)")
    for word in ["halt file written", "told by a signal", "record", ": FLAT after", "floor resume"] {
      #expect(halt.text.contains(word), "\(word) in \(halt.text)")
    }
    #expect(halt.text.contains(bench.credentials["address"]!.string!))
    #expect(try bench.venueOpenOrders() == 0)
    #expect(try bench.final(of: entry.terms.intent).reason == "halted")
    let status = try floor(bench, "status")
    #expect(status.text.contains(": FLAT after"), "\(status.text)")
  }

  @Test("floor halt at a venue that says nothing ends with the alarm and status 1")
  func alarm() throws {
    let bench = try GatewayBench()
    try bench.startGateway()
    try bench.open()
    _ = try rest(bench)
    bench.pauseVenue()
    let halt = try floor(bench, "halt", "--wait", "2")
    #expect(halt.status == .code(1) && halt.text.contains(": NOT FLAT after"), "\(halt.text)")
    bench.resumeVenue()
    try bench.until("the proof") { HaltReport.saysFlat(bench.control?.progress?.note ?? "") }
    #expect(try bench.venueOpenOrders() == 0)
  }

  @Test(
    "A halt by signal holds for the next gateway although no record has heard of it, and takes out what rests with PostgreSQL away"
  )
  func latch() throws {
    let bench = try GatewayBench()
    try bench.startGateway()
    try bench.open()
    let latch = bench.directory.path + "/state/halt.latch"
    // Nothing of it may be done by the gateway that dies.
    _ = try rest(bench)
    try bench.databaseAway()
    try bench.until("the outage to be noticed") { bench.control?.progress?.mode == "REDUCE_ONLY" }
    bench.pauseVenue()
    kill(bench.gateway!.processIdentifier, SIGUSR1)
    try bench.until("the latch") { SmallFile.exists(latch) }
    try bench.killGateway()
    bench.resumeVenue()
    try bench.startGateway(wait: false)
    try bench.until("the next one to be halted") { bench.control?.progress?.mode == "HALTED" }
    try bench.until("the order to be gone") { try bench.venueOpenOrders() == 0 }
    // It does not know which orders were ours, and says so.
    try bench.until("the alarm") { bench.control?.progress?.note.contains("NOT FLAT") ?? false }
    #expect(bench.control?.progress?.note.contains("halted by signal") == true)
    #expect(try !bench.looker.query("SELECT halted FROM floor_state").one().bool("halted"))
    try bench.databaseBack()
    try bench.until("the proof", within: .seconds(30)) {
      HaltReport.saysFlat(bench.control?.progress?.note ?? "")
    }
    try bench.until("the record to hold the halt") {
      try bench.looker.query("SELECT halted FROM floor_state").one().bool("halted")
    }
    try bench.until("the latch to be the record's") { !SmallFile.exists(latch) }
    try bench.boss.query("SELECT resume_floor('over', $1)", [.int(bench.bossEpoch)])
    try bench.until("the halt to be over") { bench.control?.progress?.mode == "REDUCE_ONLY" }
  }

  @Test("On paper the halt proves the same of the orders that are matched here")
  func paper() throws {
    let bench = try GatewayBench()
    let http = JSON.string("http://127.0.0.1:\(bench.venuePort)")
    bench.extraConfiguration = [
      .init("venue", "polymarket"),
      .init(
        "endpoints",
        [
          "authorities_file": "", "gamma_url": http, "clob_url": http, "data_url": http, "market_ws_url": "",
          "user_ws_url": "", "reference_ws_url": "", "polybolt_ws_url": "",
        ]),
    ]
    bench.sendsWallet = false
    try bench.startGateway()
    try bench.open()
    let entry = try rest(bench)
    try Data().write(to: URL(filePath: bench.directory.path + "/state/halt"))
    #expect(try bench.final(of: entry.terms.intent).reason == "halted")
    try bench.until("the proof") { HaltReport.saysFlat(bench.control?.progress?.note ?? "") }
  }
}
