import FloorIOVenue
import FloorTestSupport
import Shared
import Testing

/// Nothing that the venue sent and that matters is dropped: every member of every captured payload either changes what its decoder answers or
/// stands in `IgnoredFields` with a reason.
@Suite(
  "Members of captured payloads",
  .enabled(if: ReferenceFiles.data.isPresent, Comment(rawValue: ReferenceFiles.data.absence)))
struct PayloadFieldTests {
  /// Members of an event that are payloads of their own.
  private static let inner: [String: Set<String>] = ["event": ["markets", "series", "tags"], "listing": ["events"]]

  private struct Reading {
    var coverage = FieldCoverage()
    var refused: [String: Int] = [:]

    mutating func take(_ json: JSON, _ place: String) {
      switch Payloads.kind(json) {
      case .passedOver: return
      case .unknown: Issue.record("\(place): a payload of no known kind: \(json.text.prefix(200))")
      case .decoded(let kind):
        if kind == "event" {
          for market in json["markets"]?.array ?? [] { take(market, place) }
          for series in json["series"]?.array ?? [] { take(series, place) }
        }
        let isDecoded = coverage.add(
          kind, json, whole: PayloadFieldTests.inner[kind] ?? [],
          ignored: { IgnoredFields.reason(kind, $0) != nil }, { Payloads.decode(kind, $0) })
        if !isDecoded {
          refused[kind, default: 0] += 1
          if !PayloadFieldTests.isRightlyRefused(kind, json) {
            Issue.record("\(place): a \(kind) that cannot be read: \(json.text.prefix(300))")
          }
        }
      }
    }

    func judge() {
      for kind in coverage.payloads.keys.sorted() where coverage.seen[kind] == nil {
        Issue.record("\(kind): none of \(coverage.payloads[kind, default: 0]) payloads was decoded")
      }
      for kind in coverage.seen.keys.sorted() {
        for path in coverage.unread(kind).sorted()
        where IgnoredFields.reason(kind, path) == nil && !IgnoredFields.sometimes.contains("\(kind) \(path)") {
          Issue.record("\(kind): nothing reads \(path)")
        }
        for path in coverage.read[kind, default: []].sorted() where IgnoredFields.reason(kind, path) != nil {
          Issue.record("\(kind): \(path) is read, and listed as ignored")
        }
      }
    }
  }

  /// Payloads that a decoder must refuse: what is not there to be traded, what would be traded blind, and what leaves open what it means.
  private static func isRightlyRefused(_ kind: String, _ json: JSON) -> Bool {
    switch kind {
    case "listing":
      func length(_ key: String) -> Int? {
        guard let text = json[key]?.string else { return nil }
        do { return try JSON.parse(Array(text.utf8)).array?.count } catch { return nil }
      }
      let tokens = length("positionIds") ?? length("clobTokenIds") ?? 0
      let hasNoTokens = tokens == 0 || (json["conditionId"]?.string ?? "").isEmpty
      let isNotBinary = tokens != 2 || length("outcomes") != 2
      let leavesFeeOpen = json["feesEnabled"]?.bool == true && json["feeSchedule"]?["rate"] == nil
      let isOfTheTimeBeforeBooks = json["orderPriceMinTickSize"] == nil || json["orderMinSize"] == nil
      return hasNoTokens || isNotBinary || leavesFeeOpen || isOfTheTimeBeforeBooks
    // Not in whole base units: of which unit is it?
    case "holding": return json["balance"]?.int == nil
    // An id that a person invented.
    case "wallet position": return json["conditionId"]?.string.flatMap { ConditionID($0) } == nil
    // Lists of the old kind, without any token.
    case "market, long": return json["tokens"]?.array?.isEmpty == true
    default: return false
    }
  }

  @Test("Answers and messages of every service: no member is dropped without a reason")
  func fixtures() throws {
    var reading = Reading()
    for path in try Payloads.files("api_fixtures", suffix: ".json") {
      for json in Payloads.single(try Payloads.parse(ReferenceFiles.data.bytes(path))) { reading.take(json, path) }
    }
    reading.judge()
    #expect(!reading.coverage.payloads.isEmpty)
  }

  @Test("The captured market channel: every message is decoded, and no member is dropped without a reason")
  func marketChannel() throws {
    var reading = Reading()
    for path in try Payloads.files("clob_ws_capture", suffix: ".jsonl.gz") {
      for line in try Payloads.lines(path) {
        for json in Payloads.single(try Payloads.parse(line).need("payload")) { reading.take(json, path) }
      }
    }
    reading.judge()
    #expect(!reading.coverage.payloads.isEmpty && reading.refused.isEmpty)
  }

  @Test("Listings of a day of windows and of a week of negative-risk events: no member is dropped without a reason")
  func listings() throws {
    var reading = Reading()
    for path in try Payloads.files("chainlink_btc_1hz", suffix: ".jsonl.gz") {
      for line in try Payloads.lines(path) { reading.take(try Payloads.parse(line).need("raw"), path) }
    }
    for path in try Payloads.files("negrisk_weather", suffix: ".ndjson.gz") {
      for line in try Payloads.lines(path) {
        for json in Payloads.single(try Payloads.parse(line).need("gamma_events")) { reading.take(json, path) }
      }
    }
    reading.judge()
    #expect(!reading.coverage.payloads.isEmpty)
  }

  @Test("Wallets as the data service tells them: every row is decoded, and no member is dropped without a reason")
  func wallets() throws {
    var reading = Reading()
    for path in try Payloads.files("wallet_trades_updown", suffix: ".json.gz") {
      let json = try Payloads.parse(Array(try Payloads.lines(path).joined(separator: [0x0A])))
      let lists = json.array == nil ? (json.members ?? []).map(\.value).filter { $0.array != nil } : [json]
      for row in lists.flatMap(Payloads.single) { reading.take(row, path) }
    }
    reading.judge()
    #expect(!reading.coverage.payloads.isEmpty && reading.refused.isEmpty)
  }

  @Test("A member that nobody reads is noticed by its name, and so is one that is read")
  func noticing() {
    var coverage = FieldCoverage()
    let book: JSON = [
      "market": .string("0x" + String(repeating: "ab", count: 32)), "asset_id": "71", "timestamp": "1795180564317",
      "bids": [["price": "0.5", "size": "3", "orders": "2"]], "asks": [], "halted": false,
    ]
    #expect(coverage.add("book", book) { VenueBook($0).map(AnyHashable.init) })
    #expect(coverage.unread("book") == ["bids[].orders", "halted"])
    #expect(!coverage.add("book", ["market": "x"]) { VenueBook($0).map(AnyHashable.init) })
    #expect(IgnoredFields.reason("price_change", "price_changes[].hash") != nil)
    #expect(IgnoredFields.reason("listing", "feeSchedule.rate") == nil)
    #expect(Payloads.kind(["something": "new"]) == .unknown)
  }
}
