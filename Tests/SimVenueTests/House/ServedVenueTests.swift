import FloorTestSupport
import Foundation
import Shared
import Testing

@testable import SimVenue

@Suite("The served venue", .serialized, .hangLimit) struct ServedVenueTests {
  private func event(from stream: PlainWebSocket) throws -> WireValue {
    let text = try stream.next()
    return try #require(WireReader.read(text))
  }

  @Test("an order rests, is seen, is cancelled; its user stream tells the story")
  func restingOrder() throws {
    let directory = try TemporaryDirectory()
    let venue = try RunningVenue(data: directory.path + "/venue")
    let stream = try PlainWebSocket(port: venue.port, path: "/ws/user")
    try stream.send(
      #"{"type":"user","auth":{"apiKey":"\#(venue.credentials.apiKey)","secret":"\#(venue.credentials.secret)","#
        + #""passphrase":"\#(venue.credentials.passphrase)"}}"#)
    try stream.send("PING")
    #expect(try stream.next() == "PONG")

    let question = try venue.question()
    let order = try venue.order(question.token, .buy, "0.02", "100")
    let reply = try venue.post(order.body)
    #expect(reply.status == 200)
    #expect(reply["orderID"]?.asText == order.id)
    #expect(reply["status"]?.asText == "live")
    let placed = try event(from: stream)
    #expect(placed["type"]?.asText == "PLACEMENT")
    #expect(placed["id"]?.asText == order.id)

    let repeated = try venue.post(order.body)
    #expect(repeated.status == 400)
    #expect(repeated["error"]?.asText == "order \(order.id) is invalid. Duplicated.")

    let shown = try venue.signed("GET", "/data/order/\(order.id)")
    #expect(shown["original_size"]?.asText == "100")
    #expect(shown["price"]?.asText == "0.02")
    let list = try venue.signed("GET", "/data/orders", query: "asset_id=\(question.token)&next_cursor=MA%3D%3D")
    #expect(list["next_cursor"]?.asText == "LTE=")
    #expect(list["data"]?.asList?.map { $0["id"]?.asText } == [order.id])
    #expect(
      try venue.get("/book", "token_id=\(question.token)")["bids"]?.asList?.contains { $0["price"]?.asText == "0.02" }
        == true)

    let cancel = try venue.signed("DELETE", "/order", body: Array(#"{"orderID":"\#(order.id)"}"#.utf8))
    #expect(cancel["canceled"]?.asList == [.text(order.id)])
    let gone = try event(from: stream)
    #expect(gone["type"]?.asText == "CANCELLATION")
    #expect(gone["status"]?.asText == "CANCELED")
    #expect(venue.stop() == 0)
  }

  @Test("a market order fills; trade, balance and truth log agree to the micro-dollar")
  func takingOrder() throws {
    let directory = try TemporaryDirectory()
    let venue = try RunningVenue(["--capital", "500"], data: directory.path + "/venue")
    let question = try venue.question()
    let order = try venue.order(question.token, .buy, "0.99", "12", .fillAndKill)
    let reply = try venue.post(order.body)
    #expect(reply["status"]?.asText == "matched", "\(reply.body.string)")
    let ids = try #require(reply["tradeIDs"]?.asList).compactMap(\.asText)
    #expect(!ids.isEmpty)
    var spent: Int64 = 0
    for id in ids {
      let trade = try eventually("trade \(id) is confirmed") { () -> WireValue? in
        let page = try venue.signed("GET", "/data/trades", query: "id=\(id)&next_cursor=MA%3D%3D")
        let trade = page["data"]?.asList?.first
        return trade?["status"]?.asText == "TRADE_STATUS_CONFIRMED" ? trade : nil
      }
      #expect(trade["trader_side"]?.asText == "TAKER")
      #expect(trade["taker_order_id"]?.asText == order.id)
      #expect(trade["transaction_hash"]?.asText?.count == 66)
      let size = try #require(trade["size"]?.asMicros)
      let price = try #require(trade["price"]?.asMicros)
      let matched = try #require(trade["maker_orders"]?.asList).reduce(Int64(0)) {
        $0 + ($1["matched_amount"]?.asMicros ?? 0)
      }
      #expect(matched == size)
      let rate: Int64 = 50_000
      spent += size * price / 1_000_000
      spent += FeeCurve.fee(shares: Shares(micros: size), price: Price(micros: price)!, rate: rate).micros
    }
    let cash = try venue.signed("GET", "/balance-allowance", query: "asset_type=COLLATERAL&signature_type=0")
    let shares = try venue.signed(
      "GET", "/balance-allowance", query: "asset_type=CONDITIONAL&token_id=\(question.token)&signature_type=0")
    #expect(shares["balance"]?.asText == "12000000")
    // Two of the questions have a rate of 0.05, one of 0.04; the venue tells which.
    let info = try venue.get("/clob-markets/\(question.condition)")
    if info["fd"]?["r"]?.asMicros == 50_000 { #expect(cash["balance"]?.asText == String(500_000_000 - spent)) }
    var sums: [String: Int64] = [:]
    for line in try venue.truth() where line["kind"]?.asText == "balance" {
      sums[line["asset"]!.asText!, default: 0] += line["delta"]!.asNumber!
    }
    #expect(String(sums["USD"] ?? 0) == cash["balance"]?.asText)
    #expect(sums[question.token] == 12_000_000)
  }

  @Test("wrong keys, stamps and signatures are turned away")
  func gate() throws {
    let directory = try TemporaryDirectory()
    let venue = try RunningVenue(data: directory.path + "/venue")
    #expect(try venue.get("/data/orders").status == 401)
    #expect(try venue.get("/data/orders")["error"]?.asText == "Unauthorized/Invalid api key")
    #expect(try venue.signed("GET", "/data/orders", skew: -50).status == 200)
    #expect(try venue.signed("GET", "/data/orders", skew: -90).status == 401)
    let question = try venue.question()
    let order = try venue.order(question.token, .buy, "0.02", "100")
    var body = String(decoding: order.body, as: UTF8.self)
    body = body.replacing("\"takerAmount\":\"100000000\"", with: "\"takerAmount\":\"200000000\"")
    let reply = try venue.post(Array(body.utf8))
    #expect(reply.status == 400)
    #expect(reply["error"]?.asText == "invalid signature")
    #expect(try venue.post(Array("{".utf8))["error"]?.asText == "Invalid payload")
    let stream = try PlainWebSocket(port: venue.port, path: "/ws/user")
    try stream.send(
      #"{"type":"user","auth":{"apiKey":"\#(venue.credentials.apiKey)","secret":"AAAA","passphrase":"x"}}"#)
    #expect(throws: PlainSocket.Closed.self) { try stream.next() }
  }

  @Test("killed between two orders, it comes back with the same accounts, orders and trades")
  func killed() throws {
    let directory = try TemporaryDirectory()
    let venue = try RunningVenue(data: directory.path + "/venue")
    let question = try venue.question()
    let resting = try venue.order(question.token, .buy, "0.02", "100")
    _ = try venue.post(resting.body)
    _ = try venue.post(try venue.order(question.other, .buy, "0.99", "20", .fillAndKill).body)
    let before = try snapshot(venue, question.other)
    venue.kill9()
    let log = try FileHandle(forWritingTo: URL(filePath: venue.data + "/truth.jsonl"))
    try log.seekToEnd()
    try log.write(contentsOf: Data(#"{"seq":99999,"wall_ns":1,"kind":"bal"#.utf8))
    try log.close()
    try venue.restart()
    #expect(try snapshot(venue, question.other) == before)
    #expect(try venue.post(resting.body)["error"]?.asText == "order \(resting.id) is invalid. Duplicated.")
    let book = try eventually("the question is quoted again") { () -> WireValue? in
      let book = try venue.get("/book", "token_id=\(question.token)").body
      return (book["asks"]?.asList?.count ?? 0) > 2 ? book : nil
    }
    // Makers may stand at that price, too.
    let level = book["bids"]?.asList?.first { $0["price"]?.asText == "0.02" }
    #expect((level?["size"]?.asMicros ?? 0) >= 100_000_000)
    let trades = try venue.signed("GET", "/data/trades")["data"]?.asList
    try eventuallyTrue("the trade is confirmed after the restart") {
      try venue.signed("GET", "/data/trades")["data"]?.asList?.allSatisfy {
        $0["status"]?.asText == "TRADE_STATUS_CONFIRMED"
      } == true
    }
    #expect(trades?.isEmpty == false)
  }

  /// What a client can ask about itself, without what time changes.
  private func snapshot(_ venue: RunningVenue, _ token: String) throws -> [String] {
    let orders = try venue.signed("GET", "/data/orders").body
    let trades = try venue.signed("GET", "/data/trades")["data"]?.asList ?? []
    return [
      orders.string, try venue.signed("GET", "/balance-allowance", query: "asset_type=COLLATERAL").body.string,
      try venue.signed("GET", "/balance-allowance", query: "asset_type=CONDITIONAL&token_id=\(token)").body.string,
    ] + trades.map { "\($0["id"]?.asText ?? "") \($0["size"]?.asText ?? "") \($0["price"]?.asText ?? "")" }
  }

  @Test("the market channel gives the book, then its changes, from which the next book follows")
  func marketChannel() throws {
    let directory = try TemporaryDirectory()
    let venue = try RunningVenue(["--speed", "20"], data: directory.path + "/venue")
    let question = try venue.question()
    let stream = try PlainWebSocket(port: venue.port, path: "/ws/market")
    try stream.send(
      #"{"type":"market","assets_ids":["\#(question.token)","\#(question.other)"],"custom_feature_enabled":true}"#)
    var books: [String: [String: String]] = [:]
    var changes = 0
    var compared = 0
    var trades = 0
    func levels(_ book: WireValue) -> [String: String] {
      var found: [String: String] = [:]
      for (side, name) in [("BUY", "bids"), ("SELL", "asks")] {
        for level in book[name]?.asList ?? [] { found[side + level["price"]!.asText!] = level["size"]!.asText! }
      }
      return found
    }
    while compared < 6 || changes < 200 {
      let event = try self.event(from: stream)
      switch event["event_type"]?.asText {
      case "book":
        let asset = try #require(event["asset_id"]?.asText)
        let shown = levels(event)
        if let known = books[asset] {
          #expect(known == shown)
          compared += 1
        }
        books[asset] = shown
      case "price_change":
        for change in event["price_changes"]?.asList ?? [] {
          let place = change["side"]!.asText! + change["price"]!.asText!
          let size = change["size"]!.asText!
          books[change["asset_id"]!.asText!]?[place] = size == "0" ? nil : size
          changes += 1
        }
      case "last_trade_price": trades += 1
      default: break
      }
    }
    #expect(trades > 0)
  }

  @Test("the price stream gives spot and mean, and the window's end follows from it")
  func referenceStreamSettles() throws {
    let directory = try TemporaryDirectory()
    let venue = try RunningVenue(["--speed", "120", "--settlement-delay-s", "20"], data: directory.path + "/venue")
    let stream = try PlainWebSocket(port: venue.port, path: "/rtds")
    try stream.send(
      #"{"action":"subscribe","subscriptions":[{"topic":"crypto_prices_twap_sixty","type":"update","#
        + #""filters":"{\"symbol\":\"btc/usd\"}"}]}"#)
    let dump = try event(from: stream)
    #expect(dump["type"]?.asText == "subscribe")
    var means: [Int64: String] = [:]
    var opening: Int64?
    while true {
      let update = try event(from: stream)
      let payload = try #require(update["payload"])
      let second = try #require(payload["timestamp"]?.asNumber) / 1000
      #expect(payload["symbol"]?.asText == "btc/usd")
      means[second] = payload["full_accuracy_value"]?.asText
      if second % 300 == 0, opening == nil { opening = second }
      if let opening, second == opening + 300 { break }
    }
    let start = try #require(opening)
    let event = try eventually("the window is resolved") { () -> WireValue? in
      let event = try venue.get("/events/slug/btc-updown-5m-\(start)").body
      return event["closed"]?.asFlag == true ? event : nil
    }
    let beat = try #require(event["eventMetadata"]?["priceToBeat"]?.asMicros)
    let final = try #require(event["eventMetadata"]?["finalPrice"]?.asMicros)
    #expect(means[start] == "\(beat)000000000000")
    #expect(means[start + 300] == "\(final)000000000000")
    let prices = event["markets"]?.asList?.first?["outcomePrices"]?.asText
    #expect(prices == (final >= beat ? #"["1","0"]"# : #"["0","1"]"#))
  }

  @Test("an answer that is dropped leaves an accepted order behind")
  func droppedAnswer() throws {
    let directory = try TemporaryDirectory()
    let venue = try RunningVenue(data: directory.path + "/venue")
    let rules =
      #"[{"endpoint":"POST /order","kind":"cut_answer","count":1},{"endpoint":"POST /order","kind":"error","count":1}]"#
    #expect(try venue.ask("POST", "/sim/faults", body: Array(rules.utf8)).status == 200)
    let question = try venue.question()
    let order = try venue.order(question.token, .buy, "0.02", "100")
    #expect(throws: PlainSocket.Closed.self) { try venue.post(order.body) }
    #expect(try venue.signed("GET", "/data/order/\(order.id)")["status"]?.asText == "LIVE")
    let refused = try venue.order(question.token, .buy, "0.02", "100")
    #expect(try venue.post(refused.body).status == 500)
    #expect(try venue.signed("GET", "/data/order/\(refused.id)").status == 404)
    #expect(try venue.post(refused.body).status == 200)
    #expect(try venue.get("/sim/faults")["hits"]?.asNumber == 2)
    #expect(try venue.ask("POST", "/sim/faults", body: Array(#"[{"endpoint":"x","kind":"burn"}]"#.utf8)).status == 400)
  }

  @Test("a batch answers each of its orders, in order")
  func batch() throws {
    let directory = try TemporaryDirectory()
    let venue = try RunningVenue(data: directory.path + "/venue")
    let question = try venue.question()
    let good = try venue.order(question.token, .buy, "0.02", "100")
    let poor = try venue.order(question.token, .buy, "0.02", "100000")
    let body = "[\(String(decoding: good.body, as: UTF8.self)),\(String(decoding: poor.body, as: UTF8.self))]"
    let reply = try venue.signed("POST", "/orders", body: Array(body.utf8))
    let answers = try #require(reply.body.asList)
    #expect(answers.map { $0["success"]?.asFlag } == [true, false])
    #expect(answers[1]["errorMsg"]?.asText?.hasPrefix("not enough balance / allowance") == true)
    let all = try venue.signed("DELETE", "/cancel-all")
    #expect(all["canceled"]?.asList == [.text(good.id)])
  }

  @Test("a second venue on the same data, a port in use and bad arguments are refused by name")
  func refusals() throws {
    let directory = try TemporaryDirectory()
    let venue = try RunningVenue(data: directory.path + "/venue")
    func refusal(_ arguments: [String]) throws -> (Int32, String) {
      let process = Process()
      process.executableURL = URL(filePath: RunningVenue.executable)
      process.arguments = arguments
      let output = Pipe()
      process.standardError = output
      try process.run()
      let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      return (process.terminationStatus, text)
    }
    let same = try refusal(["--port", "0", "--data", venue.data])
    #expect(same.0 == 69)
    #expect(same.1.contains("another sim-venue"))
    let taken = try refusal(["--port", String(venue.port), "--data", directory.path + "/other"])
    #expect(taken.0 == 69)
    #expect(taken.1.contains("\(venue.port)"))
    let wrong = try refusal(["--speed", "0", "--source", "nothing"])
    #expect(wrong.0 == 64)
    #expect(wrong.1.contains("--speed 0") && wrong.1.contains("--source nothing"))
  }
}
