import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

@testable import SimVenue

@Suite("Faults of the served venue", .serialized, .hangLimit) struct ServedFaultTests {
  private func set(_ venue: RunningVenue, _ path: String, _ body: String) throws {
    let reply = try venue.ask("POST", path, body: Array(body.utf8))
    #expect(reply.status == 200, "\(reply.body)")
  }

  private func order(_ venue: RunningVenue) throws -> [UInt8] {
    try venue.order(venue.question().token, .buy, "0.02", "100").body
  }

  @Test("A page of the edge, a throttled answer with its wait, and a restart with its wait come as they were asked for")
  func answers() throws {
    let directory = try TemporaryDirectory()
    let venue = try RunningVenue(data: directory.path + "/venue")
    try set(
      venue, "/sim/faults",
      #"[{"endpoint":"/book","kind":"error","status":403,"body":"<html>blocked</html>","content_type":"text/html","count":1},"#
        + #"{"endpoint":"/time","kind":"error","status":429,"retry_after_s":3,"body":"Too Many Requests","count":1}]"#)
    func head(_ path: String) throws -> String {
      let socket = try PlainSocket(port: venue.port)
      try socket.send(Array("GET \(path) HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".utf8))
      return try socket.take(through: "\r\n\r\n").lowercased()
    }
    let page = try head("/book")
    #expect(page.hasPrefix("http/1.1 403") && page.contains("content-type: text/html"))
    let slow = try head("/time")
    #expect(slow.hasPrefix("http/1.1 429") && slow.contains("retry-after: 3"))
    #expect(try venue.get("/time").status == 200)
    try set(venue, "/sim/mode", #"{"mode":"restart","ms":60000}"#)
    #expect(try venue.post(order(venue)).status == 425)
    #expect(try venue.get("/sim/mode")["mode"]?.asText == "restart")
    try set(venue, "/sim/mode", #"{"mode":"post_only"}"#)
    let refused = try venue.post(order(venue))
    #expect(refused.status == 503 && refused["code"]?.asText == "post_only_mode")
    let resting = try venue.order(venue.question().token, .buy, "0.02", "100", postOnly: true)
    #expect(try venue.post(resting.body).status == 200)
    try set(venue, "/sim/mode", #"{"mode":"normal"}"#)
    #expect(try venue.post(order(venue)).status == 200)
  }

  @Test(
    "A venue whose clock is wrong refuses right stamps and takes those of its own time; a revoked key opens nothing")
  func clockAndKeys() throws {
    let directory = try TemporaryDirectory()
    let venue = try RunningVenue(data: directory.path + "/venue")
    for seconds in [3600, -3600] {
      try set(venue, "/sim/skew", #"{"seconds":\#(seconds)}"#)
      #expect(try venue.get("/sim/skew").body["seconds"]?.asNumber == Int64(seconds))
      #expect(try venue.signed("GET", "/data/orders").status == 401)
      #expect(try venue.signed("GET", "/data/orders", skew: Int64(seconds)).status == 200)
      let time = try #require(venue.get("/time").body.asInteger)
      #expect(abs(time - SystemClock.wall().seconds - Int64(seconds)) <= 2)
    }
    try set(venue, "/sim/skew", #"{"seconds":0}"#)
    #expect(try venue.signed("GET", "/data/orders").status == 200)
    try set(venue, "/sim/revoke", #"{"api_key":"\#(venue.credentials.apiKey)"}"#)
    #expect(try venue.signed("GET", "/data/orders").status == 401)
    #expect(try venue.ask("POST", "/sim/revoke", body: Array(#"{"api_key":"none"}"#.utf8)).status == 400)
  }

  @Test(
    "A trade that the chain refuses is told, and what it moved goes back to the millionth; one that is retried ends well"
  )
  func failedSettlement() throws {
    let directory = try TemporaryDirectory()
    let venue = try RunningVenue(["--mined-ms", "50", "--confirmed-ms", "100"], data: directory.path + "/venue")
    let stream = try PlainWebSocket(port: venue.port, path: "/ws/user")
    try stream.send(
      #"{"type":"user","auth":{"apiKey":"\#(venue.credentials.apiKey)","secret":"\#(venue.credentials.secret)","#
        + #""passphrase":"\#(venue.credentials.passphrase)"}}"#)
    try stream.send("PING")
    #expect(try stream.next() == "PONG")
    for (kind, end) in [("fail", "FAILED"), ("retry", "CONFIRMED")] {
      try set(venue, "/sim/faults/settlement", #"[{"kind":"\#(kind)","count":100}]"#)
      let question = try venue.question()
      let bought = try venue.order(question.token, .buy, "0.99", "6", .fillAndKill)
      #expect(try venue.post(bought.body)["status"]?.asText == "matched")
      var told: [String: [String]] = [:]
      repeat {
        let event = try #require(WireReader.read(try stream.next()))
        guard event["event_type"]?.asText == "trade", let id = event["id"]?.asText else { continue }
        told[id, default: []].append(event["status"]?.asText ?? "")
      } while told.isEmpty || told.values.contains { !["FAILED", "CONFIRMED"].contains($0.last) }
      for states in told.values {
        #expect(states.first == "MATCHED" && states.dropFirst().first == "RETRYING" && states.last == end)
      }
      let trades = try venue.signed("GET", "/data/trades")["data"]?.asList ?? []
      let mine = trades.filter { told[$0["id"]?.asText ?? ""] != nil }
      #expect(mine.count == told.count && mine.allSatisfy { $0["status"]?.asText == "TRADE_STATUS_" + end })
      if kind == "fail" {
        let cash = try venue.signed("GET", "/balance-allowance", query: "asset_type=COLLATERAL")
        #expect(cash["balance"]?.asText == "1000000000")
        let shares = try venue.signed(
          "GET", "/balance-allowance", query: "asset_type=CONDITIONAL&token_id=\(question.token)")
        #expect(shares["balance"]?.asText == "0")
      }
    }
    venue.kill9()
    try venue.restart()
    #expect(try venue.get("/ok").status == 200, "a log with failed trades is read back")
    #expect(venue.stop() == 0)
  }

  @Test("A stream that is stalled stays open and answers pings, one that is hung up is closed")
  func streams() throws {
    let directory = try TemporaryDirectory()
    let venue = try RunningVenue(["--activity", "20"], data: directory.path + "/venue")
    let token = try venue.question().token
    let stream = try PlainWebSocket(port: venue.port, path: "/ws/market")
    try stream.send(WireValue.object(("type", "market"), ("assets_ids", .texts([token]))).string)
    #expect(try stream.next().contains(token))
    try set(venue, "/sim/faults/streams", #"[{"stream":"market","kind":"lose"}]"#)
    // What left before the rule may still be on its way; after the pong nothing else is.
    try stream.send("PING")
    while try stream.next() != "PONG" {}
    try eventuallyTrue("messages are lost") { try (venue.get("/sim/faults/streams")["hits"]?.asNumber ?? 0) > 3 }
    try stream.send("PING")
    #expect(try stream.next() == "PONG")
    try set(venue, "/sim/faults/streams", #"[{"stream":"market","kind":"hang_up"}]"#)
    #expect(throws: PlainSocket.Closed.self) { while true { _ = try stream.next() } }
  }
}
