import Shared
import Testing

@Suite("Messages that are not what they should be")
struct HostileMessageTests {
  @Test("Every proper prefix of a message is refused")
  func truncation() {
    var random = SeededGenerator(seed: 21)
    let bytes = MessageSamples.marketUpdate(&random).bytes
    for count in 0..<bytes.count {
      #expect(throws: MessageError.self) { try MarketUpdate(decoding: Array(bytes[..<count])) }
    }
  }

  @Test(
    "Flipped, lost and doubled bytes never trap, and what is accepted is inside its ranges", arguments: [UInt64(2), 99])
  func mutation(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<3000 {
      var bytes = MessageSamples.marketUpdate(&random).bytes
      for _ in 0..<(1 + random.next() % 3) {
        let place = Int(random.next() % UInt64(bytes.count))
        switch random.next() % 3 {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes.remove(at: place)
        default: bytes.insert(bytes[place], at: place)
        }
      }
      guard let update = try? MarketUpdate(decoding: bytes) else { continue }
      for level in update.yes.bids + update.yes.asks + update.no.bids + update.no.asks {
        #expect(level.price >= .zero && level.price <= .one && level.size >= .zero)
      }
    }
  }

  @Test("Another version is refused by its number")
  func version() throws {
    var random = SeededGenerator(seed: 22)
    let text = String(decoding: MessageSamples.marketUpdate(&random).bytes, as: UTF8.self)
    let later = #"{"v":2"# + text.dropFirst(#"{"v":1"#.count)
    #expect(throws: MessageError.version(2)) { try MarketUpdate(decoding: Array(later.utf8)) }
  }

  @Test(
    "A missing member is named",
    arguments: ["v", "src", "boot", "seq", "ts_ns", "sent_ns", "order", "slug", "state", "yes", "no"])
  func missing(name: String) throws {
    var random = SeededGenerator(seed: 23)
    let members = try #require(try JSON.parse(MessageSamples.marketUpdate(&random).bytes).members)
    let less = JSON.object(members.filter { $0.key != name }).bytes
    #expect(throws: MessageError.missing(name)) { try MarketUpdate(decoding: less) }
  }

  @Test(
    "A value outside its range is refused",
    arguments: [
      ("state", JSON.string("open")), ("tick", "0.3"), ("tick", "0"), ("slug", "UPPER case"), ("min_size", "-1"),
      ("fee_rate", "1.5"), ("series", "BTC-7m"), ("payout", "2"),
      ("yes", .object([.init("bids", .array([["1.1", "5"]]))])),
      ("yes", .object([.init("bids", .array([["0.5", "-5"]]))])), ("yes", .object([.init("bids", .array([["0.5"]]))])),
      ("no", .object([.init("asks", .array(Array(repeating: ["0.5", "1"], count: 6)))])),
      ("order", "9223372036854775808"),
      ("order", .number("1e3")), ("last", .object([.init("side", "BUY")])),
    ] as [(String, JSON)])
  func range(name: String, value: JSON) throws {
    var random = SeededGenerator(seed: 24)
    let message = try JSON.parse(MessageSamples.marketUpdate(&random).bytes).with(name, value).bytes
    #expect(throws: MessageError.self) { try MarketUpdate(decoding: message) }
  }

  @Test("Deep nesting in an unknown member is refused, not followed")
  func depth() {
    var random = SeededGenerator(seed: 25)
    let bytes = MessageSamples.marketUpdate(&random).bytes
    let deep = String(repeating: "[", count: 100_000)
    let message = Array(bytes.dropLast()) + Array((#","x":"# + deep).utf8)
    #expect(throws: MessageError.self) { try MarketUpdate(decoding: message) }
  }

  @Test("Bytes that are not UTF-8 are refused where text is read")
  func invalidUTF8() {
    let bytes = Array(#"{"v":1,"src":""#.utf8) + [0xFF, 0xFE] + Array(#"","boot":"b"}"#.utf8)
    #expect(throws: MessageError.self) { try MarketUpdate(decoding: bytes) }
    #expect(throws: MessageError.self) { try ReferencePrice(decoding: bytes) }
    #expect(throws: MessageError.self) { try ClockMessage(decoding: bytes) }
  }

  @Test("A clock that stands still or runs backward is refused", arguments: ["0", "-1000"])
  func clockRate(rate: String) {
    let text =
      #"{"v":1,"src":"a","boot":"b","seq":1,"ts_ns":0,"sent_ns":0,"anchor_wall_ns":0,"anchor_market_ns":0,"rate_milli":"#
    #expect(throws: MessageError.invalid("rate_milli")) { try ClockMessage(decoding: Array((text + rate + "}").utf8)) }
  }
}
