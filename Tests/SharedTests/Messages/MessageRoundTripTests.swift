import Shared
import Testing

@Suite("Messages of the feed, written and read back")
struct MessageRoundTripTests {
  @Test("A market update survives the wire, whatever is in it", arguments: [UInt64(1), 7, 20_261_120])
  func marketUpdateRoundTrip(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<300 {
      let update = MessageSamples.marketUpdate(&random)
      let bytes = update.bytes
      #expect(try MarketUpdate(decoding: bytes) == update)
      // Our own strict parser agrees that it is JSON, on one line.
      #expect(try JSON.parse(bytes)["slug"]?.string == update.slug.text)
      #expect(!bytes.contains(0x0A))
    }
  }

  @Test("The key's value is the update with the descriptor added, and reads back as the same update")
  func descriptorIsSkippedByTheDecoder() throws {
    var random = SeededGenerator(seed: 3)
    let update = MessageSamples.marketUpdate(&random)
    var bytes: [UInt8] = []
    update.write(to: &bytes, descriptor: Array(#""condition":"0xab","nested":{"a":[1,{"b":"}"}],"c":null}"#.utf8))
    #expect(try MarketUpdate(decoding: bytes) == update)
    #expect(try JSON.parse(bytes)["nested"]?["a"]?.array?.count == 2)
  }

  @Test("A market update reads on the wire as the contract shows it")
  func marketUpdateText() throws {
    let slug = try #require(MarketSlug("btc-updown-5m-1795180500"))
    let update = MarketUpdate(
      envelope: Envelope(
        source: "market-feed", boot: "b7", sequence: 12, time: MarketTime(nanoseconds: 5),
        sent: WallTime(nanoseconds: 6)),
      order: 311, slug: slug, series: MarketSeries(alias: "BTC-5m"), state: .live, bookEpoch: 3, tick: .cent,
      minimumSize: Shares(whole: 5), fee: try #require(TakerFee(rateMicros: 70_000, exponent: 1)),
      startsAt: MarketTime(seconds: 1), endsAt: MarketTime(seconds: 2),
      settlement: Market.Settlement(symbol: "btc/usd", twapSeconds: 60),
      yes: BookTop(bids: [try level("0.52", "84.75")], asks: [try level("0.53", "150")]),
      no: BookTop(bids: [try level("0.47", "150"), try level("0.4", "1")], asks: []),
      last: LastTrade(outcome: .yes, side: .buy, price: try Price(parsing: "0.53"), size: Shares(whole: 150)),
      flow: TakerFlow(towardYes: Shares(whole: 1150), towardNo: Shares(micros: 420_500_000)))
    #expect(
      String(decoding: update.bytes, as: UTF8.self) == #"{"v":1,"src":"market-feed","boot":"b7","seq":12,"ts_ns":5,"#
        + #""sent_ns":6,"order":311,"slug":"btc-updown-5m-1795180500","series":"BTC-5m","state":"live","book_epoch":3,"#
        + #""tick":"0.01","min_size":"5","fee_rate":"0.07","fee_exponent":1,"starts_ns":1000000000,"ends_ns":2000000000,"#
        + #""settlement_symbol":"btc/usd","settlement_twap_s":60,"#
        + #""yes":{"bids":[["0.52","84.75"]],"asks":[["0.53","150"]]},"#
        + #""no":{"bids":[["0.47","150"],["0.4","1"]],"asks":[]},"#
        + #""last":{"outcome":"YES","side":"BUY","price":"0.53","size":"150"},"flow":{"yes":"1150","no":"420.5"}}"#)
  }

  @Test("Members in another order and unknown members do not matter")
  func orderOfMembers() throws {
    var random = SeededGenerator(seed: 11)
    let update = MessageSamples.marketUpdate(&random)
    let members = try #require(try JSON.parse(update.bytes).members)
    let shuffled = members.shuffled(using: &random) + [JSON.Member("later", .array([.object([]), "x"]))]
    #expect(try MarketUpdate(decoding: JSON.object(shuffled).bytes) == update)
  }

  @Test("A reference price survives the wire with every digit", arguments: ReferenceKind.allCases)
  func referenceRoundTrip(kind: ReferenceKind) throws {
    var random = SeededGenerator(seed: 5)
    let price = ReferencePrice(
      envelope: MessageSamples.envelope(&random), order: 9, symbol: "btc/usd", kind: kind,
      value: try #require(ReferenceValue(parsing: "91234.118200170442113024")))
    #expect(try ReferencePrice(decoding: price.bytes) == price)
    #expect(try JSON.parse(price.bytes)["value"]?.string == "91234.118200170442113024")
  }

  @Test(
    "A reference value that is no plain decimal is refused", arguments: ["", ".", "1e5", "-1", "1.2.3", "NaN", "0x1"])
  func referenceValueRefused(text: String) throws {
    var random = SeededGenerator(seed: 5)
    let price = ReferencePrice(
      envelope: MessageSamples.envelope(&random), order: 1, symbol: "btc/usd", kind: .chainlink,
      value: try #require(ReferenceValue(parsing: "1")))
    let message = try JSON.parse(price.bytes).with("value", .string(text)).bytes
    #expect(throws: MessageError.invalid("value")) { try ReferencePrice(decoding: message) }
  }

  @Test("The clock survives the wire")
  func clockRoundTrip() throws {
    var random = SeededGenerator(seed: 6)
    let message = ClockMessage(
      envelope: MessageSamples.envelope(&random),
      clock: MarketClock(
        anchorWall: WallTime(nanoseconds: 17), anchorMarket: MarketTime(nanoseconds: -4), rateMilli: 60_000))
    #expect(try ClockMessage(decoding: message.bytes) == message)
  }

  private func level(_ price: String, _ size: String) throws -> BookLevel {
    BookLevel(price: try Price(parsing: price), size: try Shares(parsing: size))
  }
}

/// Random but legal messages.
enum MessageSamples {
  static func envelope(_ random: inout SeededGenerator) -> Envelope {
    Envelope(
      source: "market-feed", boot: "boot \"\(random.next() % 10)\"\n", sequence: Int64(random.next() % 1_000_000),
      time: MarketTime(nanoseconds: Int64(bitPattern: random.next())),
      sent: WallTime(nanoseconds: Int64(random.next() >> 1)))
  }

  static func top(_ random: inout SeededGenerator) -> BookTop {
    func levels() -> [BookLevel] {
      (0..<Int(random.next() % 6)).map { _ in
        BookLevel(
          price: Price(micros: Int64(random.next() % 1_000_001)) ?? .zero,
          size: Shares(micros: Int64(random.next() >> (1 + random.next() % 60))))
      }
    }
    return BookTop(bids: levels(), asks: levels())
  }

  static func marketUpdate(_ random: inout SeededGenerator) -> MarketUpdate {
    let ticks: [Int64] = [100_000, 10_000, 5_000, 2_500, 1_000, 100]
    let states = MarketState.allCases
    let hasLast = random.next() % 2 == 0
    let isSeries = random.next() % 2 == 0
    return MarketUpdate(
      envelope: envelope(&random), order: Int64(random.next() >> 1),
      slug: MarketSlug("will-it-rain-\(random.next() % 100)") ?? MarketSlug("x")!,
      series: isSeries ? MarketSeries(asset: "btc", length: .fifteenMinutes) : nil,
      state: states[Int(random.next() % UInt64(states.count))],
      reason: random.next() % 3 == 0 ? "no data for 12 s, \"sic\" – ü" : nil, bookEpoch: Int64(random.next() % 99),
      tick: PriceTick(micros: ticks[Int(random.next() % 6)]) ?? .cent,
      minimumSize: Shares(micros: Int64(random.next() % 9_000_000)),
      fee: TakerFee(rateMicros: Int64(random.next() % 1_000_001), exponent: Int(random.next() % 3)) ?? TakerFee.none,
      startsAt: isSeries ? MarketTime(nanoseconds: Int64(random.next() >> 1)) : nil,
      endsAt: random.next() % 2 == 0 ? MarketTime(nanoseconds: Int64(random.next() >> 1)) : nil,
      settlement: isSeries
        ? Market.Settlement(symbol: "btc/usd", twapSeconds: random.next() % 2 == 0 ? 60 : nil) : nil,
      yes: top(&random), no: top(&random),
      last: hasLast
        ? LastTrade(
          outcome: random.next() % 2 == 0 ? .yes : .no, side: random.next() % 2 == 0 ? .buy : .sell, price: .one,
          size: Shares(micros: 1)) : nil,
      flow: hasLast
        ? TakerFlow(
          towardYes: Shares(micros: Int64(random.next() >> 20)), towardNo: Shares(micros: Int64(random.next() >> 20)))
        : .none,
      payout: random.next() % 4 == 0 ? Price(micros: 500_000) : nil)
  }
}
