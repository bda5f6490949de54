import FloorTestSupport
import Foundation
import Shared
import Testing

@Suite("Venue events")
struct VenueEventTests {
  static let condition = "0x" + String(repeating: "ab", count: 32)
  static let order = "0x" + String(repeating: "12", count: 32)
  static let maker = "0x" + String(repeating: "34", count: 32)

  static func market(_ text: String) -> StreamFrame<MarketStreamEvent> { StreamFrame(market: Array(text.utf8)) }

  @Test("A book comes out best first and without empty levels, however it was ordered")
  func book() throws {
    let frame = Self.market(
      """
      [{"event_type":"book","market":"\(Self.condition)","asset_id":"71","timestamp":"1795180564317","hash":"h",
      "bids":[{"price":"0.49","size":"310.5"},{"price":"0.52","size":"84.75"},{"price":"0.5","size":"0"}],
      "asks":null,"tick_size":0.001,"last_trade_price":"","min_order_size":"5","neg_risk":false}]
      """)
    guard case .book(let book) = try #require(frame.events.first) else {
      Issue.record("no book")
      return
    }
    #expect(book.bids.map(\.price.description) == ["0.52", "0.49"] && book.asks.isEmpty)
    #expect(book.time == MarketTime(milliseconds: 1_795_180_564_317) && book.tick?.micros == 1000)
    #expect(book.lastTradePrice == nil && book.minimumSize == Shares(whole: 5) && book.negRisk == false)
  }

  @Test("One bad event costs neither its neighbours nor the connection; unknown kinds are counted")
  func oneBadEvent() {
    let good =
      #"{"event_type":"last_trade_price","market":"\#(Self.condition)","asset_id":"71","price":"0.53","size":"1","side":"BUY","timestamp":"5"}"#
    let frame = Self.market(
      "[\(good),{\"event_type\":\"book\"},{\"event_type\":\"surprise\"},{\"a\":1},7,\(good)]")
    #expect(frame.events.count == 2 && frame.malformed == 3 && frame.strangers.count == 1)
    #expect(Self.market("PONG").isPong && Self.market("").events.isEmpty && Self.market("{").malformed == 1)
    for (from, to) in [("0.53", "1.53"), ("\"1\"", "\"-1\""), ("\"1\"", "\"0\""), ("BUY", "HOLD"), ("\"71\"", "\"x\"")]
    {
      let bad = Self.market(good.replacingOccurrences(of: from, with: to))
      #expect(bad.malformed == 1 && bad.events.isEmpty, "\(to)")
    }
  }

  @Test("Cut anywhere, a frame is malformed and never a crash")
  func cutFrames() {
    let text = Array(
      #"[{"event_type":"price_change","market":"\#(Self.condition)","timestamp":"5","price_changes":[{"asset_id":"7","price":"0.5","size":"0","side":"SELL","best_bid":"0","best_ask":"1"}]}]"#
        .utf8)
    for length in 1..<text.count {
      #expect(StreamFrame<MarketStreamEvent>(market: Array(text[..<length])).malformed == 1)
    }
    let whole = StreamFrame<MarketStreamEvent>(market: text)
    guard case .priceChange(let change) = whole.events.first else {
      Issue.record("\(whole)")
      return
    }
    // Zero and one stand for an empty side, not for a price.
    #expect(
      change.changes[0].bestBid == nil && change.changes[0].bestAsk == nil && change.changes[0].level.size == .zero)
  }

  @Test("An order of ours is read from the stream and from a list, with the venue's several spellings")
  func orders() throws {
    func json(_ extra: String) -> String {
      """
      {"event_type":"order","id":"\(Self.order)","market":"\(Self.condition)","asset_id":"71","side":"BUY","price":"0.52",
      "original_size":"10","order_type":"GTC","associate_trades":null,\(extra)}
      """
    }
    let placed = StreamFrame<UserStreamEvent>(
      user: Array(json(#""type":"PLACEMENT","status":"LIVE","size_matched":"0","created_at":"1795180564""#).utf8))
    guard case .order(.placement, let order) = try #require(placed.events.first) else {
      Issue.record("\(placed)")
      return
    }
    #expect(order.status == .live && order.remaining == Shares(whole: 10) && order.createdAt?.seconds == 1_795_180_564)
    let killed = StreamFrame<UserStreamEvent>(
      user: Array(
        json(
          #""type":"CANCELLATION","status":"CANCELED_order couldn't be fully filled.","size_matched":"","created_at":"""#
        ).utf8))
    guard case .order(.cancellation, let end) = try #require(killed.events.first) else {
      Issue.record("\(killed)")
      return
    }
    #expect(end.status.isFinal && !end.status.isOpen && end.matched == .zero && end.createdAt == nil)
    let listed = try #require(
      VenueOrder(try JSON.parse(json(#""status":"ORDER_STATUS_LIVE","size_matched":"2.5","created_at":1795180564317"#)))
    )
    #expect(listed.status == .live && listed.matched.micros == 2_500_000 && listed.createdAt?.seconds == 1_795_180_564)
    #expect(!VenueOrderStatus("SOMETHING").isOpen && !VenueOrderStatus("SOMETHING").isFinal)
  }

  @Test("Sizes below zero and stamps beyond all calendars are no order and no trade")
  func impossibleOrders() throws {
    let orderText = """
      {"id":"\(Self.order)","market":"\(Self.condition)","asset_id":"71","side":"BUY","price":"0.52","status":"LIVE",
      "original_size":"10","size_matched":"4","created_at":"1795180564"}
      """
    let tradeText = """
      {"id":"t-1","taker_order_id":"\(Self.order)","market":"\(Self.condition)","asset_id":"71","side":"BUY","size":"10",
      "price":"0.52","status":"MATCHED","match_time":"1795180564","maker_orders":[{"order_id":"\(Self.maker)","matched_amount":"9",
      "price":"0.48","asset_id":"72"}]}
      """
    func order(_ from: String, _ to: String) throws -> VenueOrder? {
      VenueOrder(try JSON.parse(orderText.replacingOccurrences(of: from, with: to)))
    }
    func trade(_ from: String, _ to: String) throws -> VenueTrade? {
      VenueTrade(try JSON.parse(tradeText.replacingOccurrences(of: from, with: to)))
    }
    #expect(try order("", "") != nil && trade("", "") != nil)
    #expect(try order("\"10\"", "\"-10\"") == nil && order("\"4\"", "\"-4\"") == nil)
    #expect(try trade("\"10\"", "\"-10\"") == nil && trade("\"9\"", "\"-9\"") == nil)
    for stamp in ["9223372036854775807", "-1", "-9223372036854775808", "99999999999", "9999-12-31T23:59:59Z"] {
      #expect(try order("1795180564", stamp)?.createdAt == nil && trade("1795180564", stamp) == nil, "\(stamp)")
    }
  }

  @Test("A listing beyond all calendars, or with one token for both outcomes, stops nothing")
  func impossibleListings() throws {
    let text = """
      {"slug":"btc-updown-5m-1795180500","conditionId":"\(Self.condition)","outcomes":"[\\"Up\\",\\"Down\\"]",
      "clobTokenIds":"[\\"71\\",\\"72\\"]","orderPriceMinTickSize":0.01,"orderMinSize":5,"endDate":"2026-11-20T13:20:00Z"}
      """
    func listing(_ from: String, _ to: String) throws -> GammaMarket {
      try GammaMarket(try JSON.parse(text.replacingOccurrences(of: from, with: to)))
    }
    #expect(Market(try listing("", "")).startsAt?.seconds == 1_795_180_500)
    #expect(Market(try listing("1795180500", "9223372036854775500")).startsAt == nil)
    #expect(try listing("2026-11-20", "9999-12-31").end == nil && listing("2026-11-20", "0000-01-01").end == nil)
    #expect(throws: GammaMarket.Refusal.field("clobTokenIds")) { try listing("72", "71") }
    #expect(throws: GammaMarket.Refusal.field("orderMinSize")) { try listing(":5,", ":-5,") }
  }

  @Test("A trade gives each of our orders its own part: the taker's, and each maker's with its own token and price")
  func trades() throws {
    let text = """
      {"event_type":"trade","id":"t-1","taker_order_id":"\(Self.order)","market":"\(Self.condition)","asset_id":"71","side":"BUY",
      "size":"10","price":"0.52","status":"MATCHED","match_time":"1795180564","last_update":"1795180565","transaction_hash":null,
      "trader_side":"TAKER","maker_orders":[{"order_id":"\(Self.maker)","owner":"k","matched_amount":"10","price":"0.48","asset_id":"72","side":"BUY"}]}
      """
    let frame = StreamFrame<UserStreamEvent>(user: Array(text.utf8))
    guard case .trade(let trade) = try #require(frame.events.first) else {
      Issue.record("\(frame)")
      return
    }
    let ours = try #require(VenueOrderID(Self.order))
    let theirs = try #require(VenueOrderID(Self.maker))
    #expect(trade.part(of: ours)?.isTaker == true && trade.part(of: ours)?.price.description == "0.52")
    let mint = try #require(trade.part(of: theirs))
    #expect(!mint.isTaker && mint.token.text == "72" && mint.price.description == "0.48" && mint.side == .buy)
    #expect(trade.parts { _ in true }.count == 2 && trade.parts { _ in false }.isEmpty)
    #expect(trade.weAreTaker == true && trade.transactionHash == nil)
    let listed = try JSON.parse(
      text.replacingOccurrences(of: "\"MATCHED\"", with: "\"TRADE_STATUS_CONFIRMED\"")
        .replacingOccurrences(of: "\"1795180564\"", with: "\"2026-11-20T13:16:04Z\""))
    #expect(VenueTrade(listed)?.status == .confirmed && VenueTrade(listed)?.matchedAt == trade.matchedAt)
  }

  @Test("Reference prices keep every digit, in each of the stream's spellings")
  func referencePrices() throws {
    func ticks(_ topic: String, _ payload: String) -> StreamFrame<ReferenceTick> {
      StreamFrame(reference: Array(#"{"topic":"\#(topic)","type":"update","timestamp":9,"payload":\#(payload)}"#.utf8))
    }
    let averaged = ticks(
      "crypto_prices_twap_sixty",
      #"{"symbol":"btc/usd","timestamp":1795180563000,"value":91234.11820017,"window_s":60,"full_accuracy_value":"91234118200170442113024"}"#
    )
    let tick = try #require(averaged.events.first)
    #expect(tick.value.description == "91234.118200170442113024" && tick.series == .oracleTWAP(seconds: 60))
    #expect(tick.value.micros == 91_234_118_200 && tick.observedAt.seconds == 1_795_180_563)
    let spot = ticks(
      "crypto_prices", #"{"symbol":"btcusdt","timestamp":1,"value":61035.86,"full_accuracy_value":"61035.86000000"}"#)
    #expect(spot.events.first?.value.description == "61035.86")
    let whole = ticks("crypto_prices", #"{"symbol":"a","timestamp":1,"value":61035,"full_accuracy_value":"61035"}"#)
    #expect(whole.events.first?.value.description == "61035")
    let dump = ticks(
      "crypto_prices_chainlink",
      #"{"symbol":"btc/usd","data":[{"timestamp":1,"value":91234.4417820031},{"timestamp":2,"value":0.5}]}"#)
    #expect(dump.events.map(\.value.description) == ["91234.4417820031", "0.5"])
    #expect(ticks("equity_prices", "{}").strangers == ["equity_prices"] && ticks("crypto_prices", "{}").malformed == 1)
    #expect(StreamFrame<ReferenceTick>(reference: []).malformed == 0)
    for bad in ["-1", "1e5", "", ".", "1.2.3", String(repeating: "9", count: 40)] {
      #expect(ReferenceValue(parsing: bad) == nil, "\(bad)")
    }
    #expect(ReferenceValue(parsing: "1.0000000000000000019")?.attos == 1_000_000_000_000_000_001)
  }

  @Test(
    "Real listings are read: tokens by label, fees, windows; what cannot be traded is refused with its reason",
    .enabled(if: ReferenceFiles.data.isPresent, Comment(rawValue: ReferenceFiles.data.absence)))
  func listings() throws {
    let folder = "api_fixtures"
    let updown = try GammaMarket(ReferenceFiles.data.json("\(folder)/hugompt/gamma_market_updown.json"))
    #expect(
      updown.tokens.map(\.label) == ["Up", "Down"] && updown.tick == .cent && updown.minimumSize == Shares(whole: 5))
    #expect(updown.fee == TakerFee(rateMicros: 70_000, exponent: 1))
    #expect(updown.end?.since(try #require(updown.windowStart)) == .seconds(300) && updown.winner == nil)
    let closed = try GammaMarket(
      ReferenceFiles.data.json("\(folder)/nautilus/gamma_market_closed_binary_accepting_false.json"))
    #expect(closed.isResolved && closed.winner == .no && closed.fee == .none)
    let unresolved = try GammaMarket(
      ReferenceFiles.data.json("\(folder)/nautilus/gamma_market_closed_binary_accepting_true.json"))
    #expect(!unresolved.isResolved && unresolved.winner == nil)
    #expect(throws: GammaMarket.Refusal.field("feeSchedule")) {
      try GammaMarket(ReferenceFiles.data.json("\(folder)/nautilus/gamma_market.json"))
    }
    let swapped = try JSON.parse(
      ReferenceFiles.data.json("\(folder)/hugompt/gamma_market_updown.json").text
        .replacingOccurrences(of: #"[\"Up\", \"Down\"]"#, with: #"[\"Down\", \"Up\"]"#))
    #expect(try GammaMarket(swapped).token(of: .yes) == updown.token(of: .no))
  }
}
