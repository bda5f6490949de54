import FloorTestSupport
import Shared
import Testing

@testable import SimVenue

@Suite("Rules of the fault console") struct FaultRuleTests {
  private let begin = WallTime(seconds: 1_800_000_000)
  private func at(_ milliseconds: Int64) -> WallTime { begin.advanced(by: .milliseconds(milliseconds)) }
  private func value(_ text: String) throws -> WireValue { try #require(WireReader.read(text)) }

  @Test("A rule strikes in its time, so many times, with its chance")
  func schedules() throws {
    var timed = try FaultSchedule(value(#"{"after_ms":100,"for_ms":50,"count":2}"#), at: begin)
    let moments: [Int64] = [0, 99, 100, 120, 130, 149]
    #expect(moments.map { timed.strikes(at: at($0), 0.5) } == [false, false, true, true, false, false])
    #expect(timed.isWornOut)
    var ended = try FaultSchedule(value(#"{"for_ms":50}"#), at: begin)
    #expect(ended.strikes(at: at(49), 0.999) && !ended.strikes(at: at(50), 0))
    var rare = try FaultSchedule(value(#"{"probability":0.25}"#), at: begin)
    #expect(rare.strikes(at: begin, 0.2499) && !rare.strikes(at: begin, 0.25))
    #expect(!rare.isWornOut)
  }

  @Test(
    "What does not read is refused with its rule and its remedy, and nothing is changed",
    arguments: [
      ("{}", "a JSON list of rules is wanted"), (#"[{"kind":"cut"}]"#, "rule 0: endpoint is missing"),
      (
        #"[{"endpoint":"/x","kind":"cut"},{"endpoint":"/x","kind":"burn"}]"#,
        "rule 1: kind is one of delay, late, drop_answer, cut_answer, tear_answer, drip_answer, cut, error, error_after"
      ),
      (#"[{"endpoint":"/x","kind":"delay"}]"#, "rule 0: ms is between 1 and 600000"),
      (#"[{"endpoint":"/x","kind":"cut","count":0}]"#, "rule 0: count is at least 1"),
      (#"[{"endpoint":"/x","kind":"cut","probability":1.5}]"#, "rule 0: probability is between 0 and 1"),
      (#"[{"endpoint":"/x","kind":"cut","after_ms":-1}]"#, "rule 0: after_ms is between 0 and 86400000"),
      (#"[{"endpoint":"/x","kind":"error","status":99}]"#, "rule 0: status is between 200 and 599"),
    ])
  func refusals(text: String, problem: String) throws {
    var faults = RequestFaults(seed: 1)
    try faults.set(value(#"[{"endpoint":"/kept","kind":"cut"}]"#), at: begin)
    #expect(throws: FaultProblem(problem)) { try faults.set(value(text), at: begin) }
    #expect(faults.rules.map(\.endpoint) == ["/kept"])
  }

  @Test("A request is struck by its method and path, the first rule that fits, and counted rules wear out")
  func requests() throws {
    var faults = RequestFaults(seed: 1)
    try faults.set(
      value(
        #"[{"endpoint":"POST /order","kind":"cut","count":1},{"endpoint":"/data/*","kind":"error","status":429,"retry_after_s":7,"#
          + #""body":"slow down","content_type":"text/html"}]"#), at: begin)
    #expect(faults.strike("GET", "/order", at: begin) == nil)
    #expect(faults.strike("POST", "/order", at: begin)?.kind == .cut)
    #expect(faults.strike("POST", "/order", at: begin) == nil)
    let struck = faults.strike("GET", "/data/orders", at: begin)
    let answer = try #require(struck).answer
    #expect(answer.status == 429 && answer.retryAfter == 7 && answer.contentType == "text/html")
    #expect(answer.body == Array("slow down".utf8))
    #expect(faults.hits == 2 && faults.rules.count == 1)
  }

  private func streams(_ rules: String) throws -> StreamFaults {
    var faults = StreamFaults(seed: 1)
    try faults.set(value(rules), at: begin)
    return faults
  }

  private func text(_ fate: StreamFaults.Fate) -> [String] { fate.messages.map { String(decoding: $0, as: UTF8.self) } }

  @Test("A stalled stream answers pings and says nothing more; other streams and other tokens flow")
  func stall() throws {
    var faults = try streams(#"[{"stream":"market","kind":"lose","containing":"token-1"}]"#)
    func told(_ text: String, _ stream: StreamFaults.Stream = .market) -> Bool {
      !faults.fate(Array(text.utf8), on: stream, to: 1, at: begin).messages.isEmpty
    }
    #expect(!told("book of token-1") && !told("book of token-1"))
    #expect(told("book of token-2") && told("PONG") && told("order of token-1", .user))
  }

  @Test("Messages come twice, in another order, after rubbish, after a flood, or not at all")
  func kinds() throws {
    var faults = try streams(
      #"[{"stream":"user","kind":"repeat","count":1},{"stream":"user","kind":"swap","count":1}]"#)
    func next(_ text: String) -> [String] {
      self.text(faults.fate(Array(text.utf8), on: .user, to: 1, at: begin))
    }
    #expect(next("a") == ["a", "a"])
    #expect(next("b") == [] && faults.isHolding)
    #expect(next("c") == ["c", "b"] && !faults.isHolding)
    #expect(next("d") == ["d"] && faults.rules.isEmpty && faults.hits == 2)
    var rubbish = try streams(#"[{"stream":"market","kind":"garble"}]"#)
    let seen = Set(
      (0..<StreamFaults.garbage.count).map { _ in rubbish.fate([1], on: .market, to: 1, at: begin).messages[0] })
    #expect(seen == Set(StreamFaults.garbage))
    var flood = try streams(#"[{"stream":"market","kind":"flood","bytes":5000}]"#)
    #expect(flood.fate([1], on: .market, to: 1, at: begin).messages.map(\.count) == [5000, 1])
    var said = try streams(#"[{"stream":"market","kind":"insert","text":"hear, hear","count":1}]"#)
    #expect(text(said.fate([65], on: .market, to: 1, at: begin)) == ["hear, hear", "A"])
    #expect(throws: FaultProblem("rule 0: text is missing")) { try streams(#"[{"stream":"market","kind":"insert"}]"#) }
    var end = try streams(#"[{"stream":"market","kind":"hang_up","count":1}]"#)
    #expect(end.fate([1], on: .market, to: 1, at: begin) == .init(messages: [], hangsUp: true))
    #expect(!end.fate([1], on: .market, to: 1, at: begin).hangsUp)
    #expect(throws: FaultProblem("rule 0: stream is one of market, user, rtds, price")) {
      try streams(#"[{"stream":"x","kind":"lose"}]"#)
    }
  }

  @Test("A rule may be for one socket of a stream alone, by the order in which they were opened")
  func oneSocket() throws {
    var faults = StreamFaults(seed: 1)
    for (peer, stream) in [(7, StreamFaults.Stream.market), (8, .user), (9, .market), (4, .market)] {
      faults.opened(peer, stream)
    }
    faults.closed(7)
    try faults.set(value(#"[{"stream":"market","kind":"lose","socket":2}]"#), at: begin)
    // Who comes and goes later changes nothing about whom it is for.
    faults.opened(11, .market)
    faults.closed(9)
    #expect([9, 4, 11].map { faults.fate([1], on: .market, to: $0, at: begin).messages.count } == [1, 0, 1])
    #expect(throws: FaultProblem("rule 0: socket is between 1 and 2, the sockets of market that are open")) {
      try faults.set(value(#"[{"stream":"market","kind":"lose","socket":3}]"#), at: begin)
    }
  }

  @Test("A message that is held back for a listener who leaves is told to nobody else")
  func leaving() throws {
    var faults = try streams(#"[{"stream":"user","kind":"swap","count":1}]"#)
    #expect(faults.fate([1], on: .user, to: 1, at: begin).messages == [])
    faults.closed(1)
    #expect(faults.fate([2], on: .user, to: 2, at: begin).messages == [[2]])
    #expect(faults.fate([3], on: .user, to: 1, at: begin).messages == [[3]])
  }

  @Test("A restart refuses all about orders, then takes what may only rest, then is over; cancels pass the other modes")
  func modes() throws {
    let restart = try TradingMode(value(#"{"mode":"restart","ms":1000,"post_only_ms":2000}"#), at: begin)
    func status(
      _ mode: TradingMode, _ method: String, _ path: String, _ milliseconds: Int64, isPostOnly: Bool = false
    ) -> Int? { mode.refusal(method, path, isPostOnly: isPostOnly, at: at(milliseconds))?.status }
    #expect(status(restart, "POST", "/order", 0) == 425 && status(restart, "DELETE", "/cancel-all", 999) == 425)
    #expect(status(restart, "GET", "/data/orders", 0) == nil && status(restart, "POST", "/v1/heartbeats", 0) == nil)
    #expect(restart.refusal("POST", "/order", isPostOnly: false, at: at(1))?.retryAfter == 1)
    #expect(status(restart, "POST", "/orders", 1000) == 503 && status(restart, "DELETE", "/order", 1000) == nil)
    #expect(status(restart, "POST", "/orders", 1000, isPostOnly: true) == nil)
    #expect(status(restart, "POST", "/order", 3000) == nil && restart.current(at: at(3000)).kind == .normal)
    let cancelOnly = try TradingMode(value(#"{"mode":"cancel_only"}"#), at: begin)
    #expect(
      status(cancelOnly, "POST", "/order", 86_400_000) == 503 && status(cancelOnly, "DELETE", "/orders", 0) == nil)
    let disabled = try TradingMode(value(#"{"mode":"disabled","ms":10}"#), at: begin)
    #expect(status(disabled, "DELETE", "/order", 9) == 503 && status(disabled, "DELETE", "/order", 10) == nil)
    #expect(throws: FaultProblem("mode is one of normal, restart, post_only, cancel_only, disabled")) {
      try TradingMode(value(#"{"mode":"x"}"#), at: begin)
    }
  }
}
