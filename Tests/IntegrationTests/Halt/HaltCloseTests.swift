import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

/// `floor.on_halt: close` over real parts: what is held is sold once nothing rests, and only then, and only where nobody doubts the books.
@Suite("The halt that closes", .ownThread)
struct HaltCloseTests {
  private func bench(closes: Bool = true, hasOwnRedis: Bool = false) throws -> GatewayBench {
    let bench = try GatewayBench(hasOwnRedis: hasOwnRedis)
    bench.extraConfiguration = [.init("floor", ["capital_usd": "1000", "on_halt": closes ? "close" : "hold"])]
    try bench.startGateway()
    try bench.open()
    return bench
  }

  /// Five shares of each of these outcomes, and an order that rests.
  private func hold(_ bench: GatewayBench, _ outcomes: [Outcome] = [.yes]) throws -> IntentMessage {
    for outcome in outcomes {
      // The book moves on: what was not bought is wished for anew.
      try bench.until("five shares of \(outcome)") {
        var ask: BookLevel?
        try bench.until("somebody to buy from") {
          ask = try bench.book(outcome).bestAsk
          return (ask?.size ?? .zero) >= Shares(whole: 5)
        }
        try bench.publishBook()
        let entry = try bench.wish(.buy, outcome, price: ask!.price, size: Shares(whole: 5))
        try bench.send(entry)
        return try bench.final(of: entry.terms.intent).position == Shares(whole: 5)
      }
    }
    let resting = try bench.wish(
      price: try bench.restingPrice(), size: Shares(whole: 10), type: .goodTillCancelled, useful: .seconds(600))
    try bench.send(resting)
    try bench.until("the order to rest") { bench.events(of: resting.terms.intent).contains { $0.event == .live } }
    return resting
  }

  private func held(_ bench: GatewayBench) throws -> Shares {
    try bench.looker.query("SELECT coalesce(sum(shares), 0) AS s FROM positions").one().shares("s")
  }

  /// Reasons of the sales that the record holds.
  private func sales(_ bench: GatewayBench) throws -> [String] {
    try bench.looker.query("SELECT reason FROM intents WHERE origin = 'gateway' AND result = 'accepted' ORDER BY 1")
      .map { try $0.text("reason") }
  }

  private func events(_ bench: GatewayBench, _ code: String) throws -> [String] {
    try bench.looker.query("SELECT message FROM system_events WHERE event_type = $1 ORDER BY id", [.text(code)])
      .map { try $0.text("message") }
  }

  private func halt(_ bench: GatewayBench) throws {
    try Data().write(to: URL(filePath: bench.directory.path + "/state/halt"))
  }

  private func note(_ bench: GatewayBench) -> String { bench.control?.progress?.note ?? "" }

  private func command(_ bench: GatewayBench, _ words: String...) throws -> Command.Output {
    try Command.run(
      try Products.path("floor"),
      words + [
        "--state", bench.directory.path + "/state", "--run", bench.directory.path, "--host",
        bench.database.servers.runDirectory, "--database", bench.database.name, "--user", "floor_admin",
      ], timeout: .seconds(60))
  }

  @Test(
    "What is held is sold once nothing rests; the halt's last message says what came of it, nothing is entered, and the latch stays"
  )
  func closes() throws {
    let bench = try bench()
    let resting = try hold(bench, [.yes, .no])
    let exit = try bench.wish(.sell, price: try bench.touch(.sell).price, size: Shares(whole: 5))
    let halted = try command(bench, "halt", "--wait", "40", "enough")
    #expect(halted.status == .code(0), "\(halted.text)")
    for word in [": FLAT after", "Sold: all of 2 positions", "Nothing is held.", "floor resume"] {
      #expect(halted.text.contains(word), "\(word) in \(halted.text)")
    }
    #expect(try held(bench) == .zero)
    #expect(Set(try sales(bench)) == ["closed by the halt"])
    #expect(try bench.final(of: resting.terms.intent).reason == "halted")
    #expect(try events(bench, "halt_flat").count == 1)
    let last = try events(bench, "halt_closed")
    #expect(last.count == 1 && halted.text.contains(last.first ?? "-"))
    // The agent's own exit is refused, as every wish of an agent.
    let entry = try bench.wish(price: try bench.touch(.buy).price, size: Shares(whole: 5))
    for wish in [exit, entry] {
      try bench.send(wish)
      #expect(try bench.final(of: wish.terms.intent).reason == "halted")
    }
    #expect(bench.control?.progress?.mode == "HALTED")
    #expect(try bench.looker.query("SELECT halted FROM floor_state").one().bool("halted"))
    try bench.compareWithVenue()
    #expect(try bench.database.brokenInvariants() == [])
  }

  @Test(
    "Nothing is sold where the policy is to hold, where the auditor halts, or where a doubt comes to a person's halt before anything was sold",
    arguments: ["policy", "auditor", "doubt"])
  func holds(why: String) throws {
    let bench = try bench(closes: why != "policy")
    _ = try hold(bench)
    let auditor = try bench.database.open(as: "floor_auditor")
    switch why {
    case "policy": try halt(bench)
    case "auditor": _ = try auditor.query("SELECT trip_halt('the ledger is not the venue''s')")
    default:
      // No proof is there while the venue says nothing, and before the proof nothing is sold.
      bench.pauseVenue()
      try halt(bench)
      try bench.until("the alarm") { note(bench).contains("NOT FLAT") }
      _ = try auditor.query("SELECT trip_halt('the ledger is not the venue''s')")
      try bench.until("the doubt to be the record's") {
        try bench.looker.query("SELECT halt_holds FROM floor_state").one().bool("halt_holds")
      }
      bench.resumeVenue()
    }
    try bench.until("the proof") { HaltReport.saysFlat(note(bench)) && !HaltReport.isPending(note(bench)) }
    let word = why == "policy" ? "a halt sells nothing" : "doubts books or venue sells nothing"
    #expect(note(bench).contains(word), "\(note(bench))")
    #expect(try held(bench) == Shares(whole: 5))
    #expect(try sales(bench).isEmpty)
    #expect(try events(bench, "halt_closed").isEmpty)
  }

  @Test(
    "A gateway that dies between a sale and its answer leaves the next one to find it, and to sell the rest: each once")
  func restart() throws {
    let bench = try bench()
    _ = try hold(bench, [.yes, .no])
    try bench.faults([["endpoint": "POST /order", "kind": "drop_answer"]])
    try halt(bench)
    func sold() throws -> Int {
      try bench.truth().count { $0["kind"] == "order" && $0["account"]?.int == 0 && $0["side"] == "SELL" }
    }
    try bench.until("a sale to be at the venue") { try sold() > 0 }
    try bench.killGateway()
    try bench.faults([])
    try bench.startGateway(wait: false)
    try bench.until("all to be sold", within: .seconds(60)) {
      try bench.publishBook()
      return HaltReport.saysFlat(note(bench)) && !HaltReport.isPending(note(bench))
    }
    #expect(note(bench).contains("Nothing is held."), "\(note(bench))")
    #expect(try held(bench) == .zero)
    #expect(try bench.looker.query("SELECT halted FROM floor_state").one().bool("halted"))
    try bench.compareWithVenue()
    let sum = try bench.sumTruth(try bench.truth())
    #expect(sum.status == 0, "\(sum.output)")
  }

  @Test("At a venue that says nothing there is the alarm and no sale; when it answers again what is held is sold")
  func venueAway() throws {
    let bench = try bench()
    _ = try hold(bench)
    bench.pauseVenue()
    try halt(bench)
    try bench.until("the alarm") { note(bench).contains("NOT FLAT") }
    #expect(try sales(bench).isEmpty)
    bench.resumeVenue()
    try bench.until("all to be sold", within: .seconds(40)) {
      HaltReport.saysFlat(note(bench)) && !HaltReport.isPending(note(bench))
    }
    #expect(note(bench).contains("Sold: all of 1 positions"), "\(note(bench))")
    #expect(try held(bench) == .zero)
    try bench.compareWithVenue()
  }

  @Test(
    "What nobody bids for is not sold; after half a minute the message names it with the reason, and the command ends with 1"
  )
  func leaves() throws {
    // Other benches tell the same market's books on the bus that they share.
    let bench = try bench(hasOwnRedis: true)
    _ = try hold(bench)
    let book = try bench.book(.yes)
    try bench.publishBook(yes: BookTop(bids: [], asks: book.asks))
    let halted = try command(bench, "halt", "--wait", "50")
    #expect(halted.status == .code(1), "\(halted.text)")
    #expect(
      halted.text.contains("Not sold: 5 YES of \(bench.market.slug) (\(bench.agent)): nobody bids"), "\(halted.text)")
    #expect(try held(bench) == Shares(whole: 5))
    #expect(
      try bench.looker.query(
        "SELECT count(*) AS n FROM system_events WHERE event_type = 'halt_closed' AND severity = 'ERROR'"
      ).one().int("n") == 1)
    // Resumed, the floor goes on as after every halt.
    try FileManager.default.removeItem(atPath: bench.directory.path + "/state/halt")
    try bench.boss.query("SELECT resume_floor('over', $1)", [.int(bench.bossEpoch)])
    try bench.until("the halt to be over") { bench.control?.progress?.mode == "REDUCE_ONLY" }
  }
}
