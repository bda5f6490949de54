import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

/// Trades that do not settle as they should (reliability, V14), over real parts.
@Suite(.serialized) struct GatewaySettlementTests {
  private func buy(_ bench: GatewayBench) throws -> IntentMessage {
    let ask = try bench.touch(.buy)
    let entry = try bench.wish(price: ask.price, size: Shares(whole: 5))
    try bench.send(entry)
    #expect(try bench.final(of: entry.terms.intent).reason == "filled")
    return entry
  }

  private func statuses(_ bench: GatewayBench) throws -> Set<String> {
    Set(try bench.looker.query("SELECT status FROM fill_state").map { try $0.text("status") })
  }

  @Test(
    "A trade that the chain refuses is taken back once: money, position and round trip are as before, and its agent hears of it"
  )
  func failed() throws {
    let bench = try GatewayBench()
    try bench.startGateway()
    try bench.open()
    try bench.request("POST", "/sim/faults/settlement", [["kind": "fail", "count": 1000]])
    let entry = try buy(bench)
    try bench.until("the failure of every fill", within: .seconds(20)) { try statuses(bench) == ["FAILED"] }
    try bench.until("the agent to hear of it") {
      bench.events(of: entry.terms.intent).contains { $0.event == .voided }
    }
    #expect(try bench.looker.query("SELECT coalesce(sum(shares), 0) AS s FROM positions").one().shares("s") == .zero)
    #expect(try bench.ledgerCash() == USD(dollars: 1000))
    try bench.until("the venue to have given the money back") { try bench.venueBalance() == USD(dollars: 1000) }
    #expect(
      try bench.looker.query("SELECT invested + reserved AS i FROM allocations").one().usd("i") == .zero)
    // A second look at the same trades changes nothing, also by a gateway that has just been born.
    try bench.killGateway()
    try bench.startGateway()
    #expect(try bench.ledgerCash() == USD(dollars: 1000))
    #expect(
      try bench.looker.query("SELECT count(*) AS n FROM ledger_transactions WHERE kind = 'void'").one().int("n")
        == bench.looker.query("SELECT count(*) AS n FROM fills").one().int("n"))
  }

  @Test(
    "A trade that fails while nobody hears of it, for longer than trades are read back, is taken back all the same",
    arguments: ["the gateway was dead", "the stream was silent"])
  func failedUnheard(why: String) throws {
    // Seven seconds are seven minutes of the market.
    let bench = try GatewayBench(venueArguments: ["--speed", "60", "--mined-ms", "200", "--confirmed-ms", "7000"])
    // One that outlives the test; when none does any more the next ones are listed within seconds.
    bench.slugWanted = { [unowned bench] market in
      guard market.windowStart == nil, let end = market.end else { return false }
      return try end.since(bench.marketNow()) > .seconds(720)
    }
    try bench.startGateway()
    try bench.open()
    try bench.request("POST", "/sim/faults/settlement", [["kind": "fail", "count": 1000]])
    // The market runs away from whoever looks first.
    try bench.until("something to be bought", within: .seconds(30)) {
      let entry = try bench.wish(price: try bench.takingPrice(), size: Shares(whole: 5), useful: .seconds(60))
      try bench.send(entry)
      return try bench.final(of: entry.terms.intent).reason == "filled"
    }
    let isDead = why == "the gateway was dead"
    if isDead {
      try bench.killGateway()
    } else {
      try bench.request("POST", "/sim/faults/streams", [["stream": "user", "kind": "lose"]])
    }
    let truth = TruthReader(path: bench.directory.path + "/venue/truth.jsonl")
    try bench.until("the failure at the venue", within: .seconds(30)) {
      try truth.read()
      return Set(truth.statuses.values) == ["FAILED"]
    }
    if isDead { try bench.startGateway() }
    try bench.until("the failure to be known", within: .seconds(20)) { try statuses(bench) == ["FAILED"] }
    #expect(try bench.ledgerCash() == USD(dollars: 1000))
    #expect(try bench.looker.query("SELECT invested + reserved AS i FROM allocations").one().usd("i") == .zero)
  }

  @Test("A trade that is tried again is booked once, and stands when it is confirmed")
  func retried() throws {
    let bench = try GatewayBench()
    try bench.startGateway()
    try bench.open()
    try bench.request("POST", "/sim/faults/settlement", [["kind": "retry", "count": 1000]])
    let entry = try buy(bench)
    try bench.until("the confirmation of every fill", within: .seconds(20)) { try statuses(bench) == ["CONFIRMED"] }
    #expect(!bench.events(of: entry.terms.intent).contains { $0.event == .voided })
    #expect(
      try bench.looker.query("SELECT coalesce(sum(shares), 0) AS s FROM positions").one().shares("s")
        == Shares(whole: 5))
    try bench.compareWithVenue()
  }
}
