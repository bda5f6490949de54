import FloorTestSupport
import Foundation
import Shared

@testable import FloorIOVenue

/// Captured payloads told apart by what they hold, not by the names of their files.
enum Payloads {
  enum Kind: Hashable {
    /// One that a decoder of ours is for.
    case decoded(String)
    /// One that we knowingly do not read, with the reason.
    case passedOver(String)
    case unknown
  }

  /// Of a recording of many messages every so manieth is compared; all of them (minutes of work) with `FLOOR_FULL_REPLAY=1`.
  static let stride = ProcessInfo.processInfo.environment["FLOOR_FULL_REPLAY"] == "1" ? 1 : 40

  /// The payloads of one file's content: what lists, pages and search answers hold, each by itself.
  static func single(_ json: JSON) -> [JSON] {
    if let items = json.array { return items.flatMap(single) }
    if let items = json["data"]?.array, json["topic"] == nil { return items.flatMap(single) }
    if json["pagination"] != nil, let items = json["events"]?.array { return items.flatMap(single) }
    return [repaired(json)]
  }

  static func kind(_ json: JSON) -> Kind {
    func has(_ keys: String...) -> Bool { keys.allSatisfy { json[$0] != nil } }
    if has("topic", "payload") {
      let topic = json["topic"]?.string ?? ""
      return topic.hasPrefix("crypto_prices")
        ? .decoded("price") : .passedOver("prices of shares settle no market of ours")
    }
    if has("taker_order_id") { return .decoded(has("type") ? "user trade" : "trade") }
    if has("original_size") { return .decoded(has("type") ? "user order" : "order") }
    if let kind = json["event_type"]?.string { return .decoded(kind) }
    if has("price_changes") { return .decoded("price_change") }
    if has("new_tick_size") { return .decoded("tick_size_change") }
    if has("bids", "asks") { return .decoded("book") }
    if has("conditionId", "outcomes") { return .decoded("listing") }
    if has("condition_id", "tokens") { return .decoded("market, long") }
    if has("c", "t", "mts") { return .decoded("market, compact") }
    if has("slug", "markets") { return .decoded("event") }
    if has("slug", "recurrence") { return .decoded("series") }
    if has("proxyWallet", "type") { return .decoded("wallet activity") }
    if has("proxyWallet", "avgPrice") { return .decoded("wallet position") }
    if has("proxyWallet", "transactionHash") || has("asset", "side", "transactionHash") {
      return .decoded("wallet trade")
    }
    if has("asset_id", "price", "size", "side") { return .decoded("last_trade_price") }
    if has("canceled") { return .decoded("cancel") }
    if has("success", "orderID") || has("error") { return .decoded("submit") }
    if has("balance") { return .decoded("holding") }
    if has("base_fee") { return .passedOver("the first generation's fee, which is none (protocol 3.2)") }
    if has("history") { return .passedOver("the floor keeps recordings of its own") }
    if has("salt") { return .passedOver("what a client sends; the vectors prove it") }
    if has("user", "value") { return .passedOver("a sum of positions, which are read one by one") }
    if has("id", "label") { return .passedOver("tags sort the venue's pages") }
    return .unknown
  }

  static func decode(_ kind: String, _ json: JSON) -> AnyHashable? {
    func stream<Event>(_ frame: StreamFrame<Event>) -> AnyHashable? {
      frame.malformed == 0 && frame.strangers.isEmpty && !frame.events.isEmpty ? AnyHashable(frame.events) : nil
    }
    switch kind {
    case "user order", "user trade": return stream(StreamFrame<UserStreamEvent>(user: named(json, kind).bytes))
    case "price": return stream(StreamFrame<ReferenceTick>(reference: json.bytes))
    case "order": return VenueOrder(json).map(AnyHashable.init)
    case "trade": return VenueTrade(json).map(AnyHashable.init)
    case "book" where json["event_type"] == nil: return VenueBook(json).map(AnyHashable.init)
    case "listing":
      do { return AnyHashable(try GammaMarket(json)) } catch { return nil }
    case "market, long": return VenueMarketInfo(long: json).map(AnyHashable.init)
    case "market, compact": return VenueMarketInfo(compact: json).map(AnyHashable.init)
    case "event": return GammaEvent(json).map(AnyHashable.init)
    case "series": return GammaSeries(json).map(AnyHashable.init)
    case "wallet activity": return WalletActivity(json).map(AnyHashable.init)
    case "wallet position": return WalletPosition(json).map(AnyHashable.init)
    case "wallet trade": return WalletTrade(json).map(AnyHashable.init)
    case "cancel": return CancelAnswer(json).map(AnyHashable.init)
    case "holding": return VenueHolding(json).map(AnyHashable.init)
    case "submit":
      guard let id = VenueOrderID(json["orderID"]?.string ?? "0x" + String(repeating: "0", count: 64)) else {
        return nil
      }
      let status = json["error"] == nil ? 200 : 500
      return AnyHashable(SubmitOutcome.classify(status: status, body: json, expected: id))
    default: return stream(StreamFrame<MarketStreamEvent>(market: named(json, kind).bytes))
    }
  }

  /// Some captures went through a program that had already looked at the event's kind and dropped it.
  private static func named(_ json: JSON, _ kind: String) -> JSON {
    if json["event_type"] != nil { return json }
    let word = kind == "user order" ? "order" : kind == "user trade" ? "trade" : kind
    return .object((json.members ?? []) + [JSON.Member("event_type", .string(word))])
  }

  /// Ids that were shortened by hand get their length back; nothing else is touched.
  private static func repaired(_ json: JSON) -> JSON {
    func full(_ text: String) -> String {
      guard text.hasPrefix("0x"), VenueOrderID(text) == nil, ConditionID(text) == nil else { return text }
      let digits = text.dropFirst(2).lowercased().filter(\.isHexDigit).prefix(64)
      return "0x" + digits + String(repeating: "0", count: 64 - digits.count)
    }
    func whole(_ value: JSON) -> JSON {
      if let text = value.string { return .string(full(text)) }
      if let items = value.array { return .array(items.map(whole)) }
      return value
    }
    guard let members = json.members else { return json }
    return .object(
      members.map { member in
        switch member.key {
        case "id", "order_id", "taker_order_id", "orderID", "market", "canceled":
          return JSON.Member(member.key, whole(member.value))
        case "maker_orders": return JSON.Member(member.key, .array((member.value.array ?? []).map(repaired)))
        case "not_canceled":
          return JSON.Member(
            member.key, .object((member.value.members ?? []).map { JSON.Member(full($0.key), $0.value) }))
        default: return member
        }
      })
  }

  // MARK: Files

  static func lines(_ path: String) throws -> [[UInt8]] {
    let file = try GzipLines(path: ReferenceFiles.data.folder + "/" + path)
    var lines: [[UInt8]] = []
    while let line = try file.next() { lines.append(Array(line)) }
    return lines
  }

  /// All files below a folder that end so. Throws where there is none: a test over nothing proves nothing.
  static func files(_ folder: String, suffix: String) throws -> [String] {
    let root = ReferenceFiles.data.folder + "/" + folder
    let names = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
    let files = names.filter { $0.hasSuffix(suffix) }
    guard !files.isEmpty else { throw MissingFiles(folder: root, suffix: suffix) }
    return files.map { folder + "/" + $0 }.sorted()
  }

  static func parse(_ bytes: [UInt8]) throws -> JSON { try JSON.parse(bytes, limits: JSONLimits(bytes: 64 << 20)) }
}
