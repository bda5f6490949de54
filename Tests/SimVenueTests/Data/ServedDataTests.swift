import FloorTestSupport
import Foundation
import Shared
import Testing

@testable import SimVenue

@Suite("The served Data API", .serialized, .hangLimit) struct ServedDataTests {
  private func position(_ venue: RunningVenue, _ token: String) throws -> WireValue? {
    try venue.get("/positions", "user=\(venue.credentials.address)&sizeThreshold=0").body.asList?
      .first { $0["asset"]?.asText == token }
  }

  @Test(
    "what the floor's wallet bought stands in trades, activity, positions and holders; a killed venue tells the same")
  func bought() throws {
    let directory = try TemporaryDirectory()
    let venue = try RunningVenue(["--data-lag-ms", "100"], data: directory.path + "/venue")
    let question = try venue.question()
    let order = try venue.order(question.token, .buy, "0.99", "12", .fillAndKill)
    let reply = try venue.post(order.body)
    #expect(reply["status"]?.asText == "matched", "\(reply.body.string)")
    let taken = try #require(reply["takingAmount"]?.asMicros)
    let given = try #require(reply["makingAmount"]?.asMicros)
    let held = try eventually("the position shows") { () -> WireValue? in
      let found = try position(venue, question.token)
      return found?["size"]?.asMicros == taken ? found : nil
    }
    #expect(held["initialValue"]?.asMicros == given)
    #expect(held["oppositeAsset"]?.asText == question.other)
    #expect(held["conditionId"]?.asText == question.condition)

    let user = "user=\(venue.credentials.address)"
    let trades = try #require(try venue.get("/v2/trades", user)["data"]?.asList)
    #expect(trades.reduce(0) { $0 + ($1["size"]?.asMicros ?? 0) } == taken)
    #expect(trades.allSatisfy { $0["side"]?.asText == "BUY" && $0["transaction_hash"]?.asText?.count == 66 })
    let kinds = try venue.get("/activity", user).body.asList?.compactMap { $0["type"]?.asText }
    #expect(kinds == Array(repeating: "TRADE", count: trades.count) + ["DEPOSIT"])
    let value = try #require(try venue.get("/v2/value", user)["data"]?["value"]?.asMicros)
    #expect(value > 0)
    let holders = try venue.get("/holders", "market=\(question.condition)").body.asList?
      .first { $0["token"]?.asText == question.token }?["holders"]?.asList
    #expect(
      holders?.contains {
        $0["proxyWallet"]?.asText == venue.credentials.address.lowercased() && $0["amount"]?.asMicros == taken
      } == true)

    venue.kill9()
    try venue.restart()
    let after = try #require(try position(venue, question.token))
    #expect(after["size"] == held["size"])
    #expect(after["avgPrice"] == held["avgPrice"])
    #expect(venue.stop() == 0)
  }

  @Test("the lag can be made long from the console: balances know what positions do not")
  func stale() throws {
    let directory = try TemporaryDirectory()
    let venue = try RunningVenue(data: directory.path + "/venue")
    #expect(try venue.ask("POST", "/sim/data", body: Array(#"{"lag_ms":600000}"#.utf8)).status == 200)
    #expect(try venue.ask("POST", "/sim/data", body: Array(#"{"lag_ms":-1}"#.utf8)).status == 400)
    let question = try venue.question()
    let order = try venue.order(question.token, .buy, "0.99", "12", .fillAndKill)
    #expect(try venue.post(order.body)["status"]?.asText == "matched")
    let balance = try venue.signed(
      "GET", "/balance-allowance", query: "asset_type=CONDITIONAL&token_id=\(question.token)&signature_type=0")
    #expect(try #require(balance["balance"]?.asText.flatMap { Int64($0) }) > 0)
    #expect(try position(venue, question.token) == nil)
    #expect(try venue.ask("POST", "/sim/data", body: Array(#"{"lag_ms":0}"#.utf8)).status == 200)
    _ = try eventually("the position shows") { try position(venue, question.token) }
  }

  @Test("the first version cuts limit and offset without a word; the second walks the whole feed by its cursors")
  func paging() throws {
    let directory = try TemporaryDirectory()
    let venue = try RunningVenue(["--activity", "10", "--data-lag-ms", "0"], data: directory.path + "/venue")
    // Newest first, new ones come all the time: the oldest are what stands still.
    let count = try eventually("some trades") { () -> Int? in
      let count = try venue.get("/v2/trades", "taker_only=false&limit=1000")["data"]?.asList?.count ?? 0
      return count > 40 ? count : nil
    }
    var seen: [String] = []
    var cursor: String?
    repeat {
      let page = try venue.get("/v2/trades", "taker_only=false&limit=7" + (cursor.map { "&cursor=\($0)" } ?? "")).body
      let rows = try #require(page["data"]?.asList)
      seen += rows.map(\.string)
      cursor = page["pagination"]?["next_cursor"]?.asText
      #expect(page["pagination"]?["has_more"] == .flag(cursor != nil))
      #expect(rows.count == 7 || cursor == nil)
    } while cursor != nil
    #expect(seen.count >= count)
    let all = try venue.get("/v2/trades", "taker_only=false&limit=1000")["data"]?.asList?.map(\.string) ?? []
    #expect(Array(all.suffix(seen.count)) == seen)
    // Nothing is refused; beyond the cap stands what stands at the cap.
    #expect(try venue.get("/trades", "limit=100000&offset=999999").status == 200)
    let first = try venue.get("/trades", "limit=2&takerOnly=false").body.asList
    #expect(first?.count == 2)
  }
}
