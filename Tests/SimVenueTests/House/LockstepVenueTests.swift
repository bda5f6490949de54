import FloorTestSupport
import Shared
import Testing

@testable import SimVenue

@Suite("A venue in lockstep", .serialized, .hangLimit) struct LockstepVenueTests {
  private func number(_ reply: RunningVenue.Reply, _ name: String) throws -> Int64 {
    try #require(reply[name]?.asNumber, "\(name)")
  }

  @Test(
    "Its market stands, goes on event by event up to the time that it is told, and a killed one stands where it was")
  func steps() throws {
    let directory = try TemporaryDirectory()
    let venue = try RunningVenue(
      ["--lockstep", "--seed", "\(Int.random(in: 1...9999))"], data: directory.path + "/venue")
    let clock = try venue.get("/sim/clock")
    #expect(try number(clock, "rate_milli") == 0)
    let begin = try number(clock, "anchor_market_ns")
    #expect(try number(venue.get("/sim/standing"), "market_ns") == begin)

    let until = begin + 60_000_000_000
    var at = begin
    var events = 0
    while true {
      let step = try venue.ask("POST", "/sim/step", query: "until_ns=\(until)")
      #expect(step.status == 200)
      let now = try number(step, "market_ns")
      #expect(now >= at && now <= until)
      at = now
      guard step["happened"] == .flag(true) else { break }
      events += 1
    }
    // A reference price comes every second.
    #expect(events > 60 && at == until)
    // Nothing more is due by then, and time does not run.
    #expect(try venue.ask("POST", "/sim/step", query: "until_ns=\(until)")["happened"] == .flag(false))
    #expect(try number(venue.get("/sim/standing"), "market_ns") == until)
    // Backwards it does not go either.
    #expect(try number(venue.ask("POST", "/sim/step", query: "until_ns=\(begin)"), "market_ns") == until)

    // An order leaves a line in the truth log, which a killed venue goes on from.
    #expect(try venue.signed("GET", "/data/orders").status == 200)
    venue.kill9()
    try venue.restart()
    #expect(try number(venue.get("/sim/standing"), "market_ns") == until)
  }

  @Test("Without a time, and where the market runs by itself, a step is refused with its reason")
  func refusals() throws {
    let directory = try TemporaryDirectory()
    let still = try RunningVenue(["--lockstep"], data: directory.path + "/still")
    for query in ["", "until_ns=soon", "until_ns=-1"] {
      let reply = try still.ask("POST", "/sim/step", query: query)
      #expect(reply.status == 400 && reply["error"]?.asText?.contains("until_ns") == true, "\(query)")
    }
    let running = try RunningVenue(data: directory.path + "/running")
    let reply = try running.ask("POST", "/sim/step", query: "until_ns=1")
    #expect(reply.status == 400 && reply["error"]?.asText?.contains("--lockstep") == true)
    #expect(throws: Options.Problems(list: ["--lockstep moves by steps alone: --paused is not for it"])) {
      try Options.parse(["--lockstep", "--paused"])
    }
  }
}
