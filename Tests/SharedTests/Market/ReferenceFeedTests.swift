import FloorTestSupport
import Shared
import Testing

@Suite("Reference prices of two sources")
struct ReferenceFeedTests {
  private let rule = Market.Settlement(symbol: "btc/usd", twapSeconds: 60)
  private func tick(_ series: ReferenceTick.Series, _ second: Int64, _ value: String, _ symbol: String = "btc/usd")
    throws
    -> ReferenceTick
  {
    ReferenceTick(
      series: series, symbol: symbol, observedAt: MarketTime(seconds: second),
      value: try #require(ReferenceValue(parsing: value)))
  }
  private func at(_ seconds: Int64) -> MonotonicTime { MonotonicTime(seconds: seconds) }

  @Test("The series that a followed market names settles, everything else hints, and repetitions only show life")
  func roles() throws {
    var feed = ReferenceFeed()
    feed.follow(rule)
    #expect(feed.take(try tick(.oracleTWAP(seconds: 60), 10, "91234.1"), from: .rtds, at: at(1)).role == .settlement)
    #expect(feed.take(try tick(.oracleTWAP(seconds: 30), 10, "91234.2"), from: .rtds, at: at(1)).role == .hint)
    #expect(feed.take(try tick(.exchangeSpot, 11, "91240", "btcusdt"), from: .rtds, at: at(1)).role == .hint)
    #expect(feed.take(try tick(.publisherSpot, 12, "91241"), from: .polybolt, at: at(1)).role == .hint)
    for second in [10, 9] as [Int64] {
      let verdict = feed.take(try tick(.oracleTWAP(seconds: 60), second, "91234.1"), from: .polybolt, at: at(2))
      #expect(verdict.role == .liveness && !verdict.isContested)
    }
    // Two markets by the same rule: the second one's end takes the role away.
    feed.follow(rule)
    feed.unfollow(rule)
    #expect(feed.take(try tick(.oracleTWAP(seconds: 60), 11, "1"), from: .rtds, at: at(3)).role == .settlement)
    feed.unfollow(rule)
    #expect(feed.take(try tick(.oracleTWAP(seconds: 60), 12, "1"), from: .rtds, at: at(3)).role == .hint)
  }

  @Test("A market settled by single observations makes those settle")
  func spotRule() throws {
    var feed = ReferenceFeed()
    feed.follow(Market.Settlement(symbol: "btc/usd", twapSeconds: nil))
    #expect(feed.take(try tick(.oracleSpot, 10, "5"), from: .rtds, at: at(1)).role == .settlement)
    #expect(feed.take(try tick(.oracleTWAP(seconds: 60), 10, "5"), from: .rtds, at: at(1)).role == .hint)
  }

  @Test(
    "Whichever source is first counts; two words on one moment of what settles are contested, of a hint they are not")
  func contested() throws {
    var feed = ReferenceFeed()
    feed.follow(rule)
    _ = feed.take(try tick(.oracleTWAP(seconds: 60), 10, "5"), from: .polybolt, at: at(1))
    #expect(feed.take(try tick(.oracleTWAP(seconds: 60), 10, "6"), from: .rtds, at: at(1)).isContested)
    #expect(feed.contested == 1)
    _ = feed.take(try tick(.oracleSpot, 10, "5"), from: .polybolt, at: at(1))
    #expect(!feed.take(try tick(.oracleSpot, 10, "6"), from: .rtds, at: at(1)).isContested)
    #expect(feed.contested == 1)
  }

  /// The seconds that are news, and how long after `now` zero.
  private func news(_ feed: inout ReferenceFeed, _ second: Int64, _ source: ReferenceSource, _ now: Int64) throws
    -> [Int64]
  {
    feed.take(try tick(.oracleTWAP(seconds: 60), second, "5"), from: source, at: at(now)).news.map(\.observedAt.seconds)
  }

  @Test(
    "Who runs ahead waits: a second that only the slower source tells is not lost, and one that the leader leaves out is filled"
  )
  func order() throws {
    var feed = ReferenceFeed()
    #expect(try news(&feed, 10, .rtds, 10) == [10])
    #expect(try news(&feed, 12, .polybolt, 10) == [])
    #expect(try news(&feed, 11, .rtds, 11) == [11])
    #expect(try news(&feed, 12, .rtds, 11) == [12])
    #expect(try news(&feed, 13, .polybolt, 12) == [])
    #expect(try news(&feed, 14, .rtds, 12) == [13, 14])
    #expect(try news(&feed, 13, .rtds, 12) == [] && news(&feed, 14, .polybolt, 12) == [])
  }

  @Test(
    "When the leader is silent for two seconds the other goes on from where it stopped, and leads until it is silent")
  func takeOver() throws {
    var feed = ReferenceFeed()
    #expect(try news(&feed, 10, .rtds, 10) == [10])
    #expect(try news(&feed, 11, .polybolt, 11) == [])
    #expect(try news(&feed, 12, .polybolt, 12) == [11, 12])
    #expect(try news(&feed, 13, .rtds, 13) == [])
    #expect(try news(&feed, 13, .polybolt, 13) == [13])
    #expect(try news(&feed, 14, .rtds, 14) == [] && news(&feed, 15, .rtds, 15) == [14, 15])
  }

  @Test(
    "However two sources stall and leave out, time runs forward and each second that was told is news once",
    arguments: Seeds.some(20))
  func everySecond(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var feed = ReferenceFeed()
    var told: Set<Int64> = []
    var heard: [Int64] = []
    for second in 1...399 as ClosedRange<Int64> {
      // One of the two may stall for a while, each may leave a second out, and either may come first.
      let stalled: ReferenceSource? = (second / 40) % 3 == 1 ? .rtds : (second / 40) % 3 == 2 ? .polybolt : nil
      for source in Bool.random(using: &random) ? [ReferenceSource.rtds, .polybolt] : [.polybolt, .rtds] {
        guard source != stalled, Int.random(in: 0..<10, using: &random) > 0 || second > 390 else { continue }
        told.insert(second)
        heard += try news(&feed, second, source, second)
      }
    }
    let (lost, doubled) = (told.subtracting(heard).sorted(), heard.count - Set(heard).count)
    #expect(heard == told.sorted(), "lost \(lost), doubled \(doubled)")
  }

  @Test("Each source's silence is measured by itself, from its last word of any kind")
  func silence() throws {
    var feed = ReferenceFeed()
    #expect(feed.silence(of: .rtds, at: at(9)) == nil)
    _ = feed.take(try tick(.oracleSpot, 10, "5"), from: .rtds, at: at(1))
    feed.hear(.polybolt, at: at(4))
    #expect(feed.silence(of: .rtds, at: at(9)) == .seconds(8) && feed.silence(of: .polybolt, at: at(9)) == .seconds(5))
  }

  @Test(
    "PolyBolt's frames are read as the protocol document shows them",
    arguments: [
      (#"{"op":"authed","rid":"1"}"#, PolyBoltFrame.authorized), (#"{"op":"pong"}"#, .pong),
      (#"{"op":"subscribed","rid":"2","channel":"price.crypto"}"#, .subscribed(channel: "price.crypto")),
      (#"{"op":"error","rid":"2","code":"bad_filter","channel":"x"}"#, .refused(code: "bad_filter", channel: "x")),
      (#"{"op":"error","code":"auth_invalid"}"#, .refused(code: "auth_invalid", channel: nil)),
      (
        #"{"v":1,"channel":"price.crypto","seq":-9223372036854775808,"payload":{"symbol":"btcusd","source":"pyth","data":[]}}"#,
        .malformed
      ),
      (
        #"{"v":1,"channel":"price.crypto","seq":1,"dropped":9223372036854775807,"payload":{"symbol":"btcusd","source":"pyth","data":[]}}"#,
        .malformed
      ),
      (#"{"v":2,"channel":"price.crypto"}"#, .unknown("version 2")), (#"{"op":"news"}"#, .unknown("news")),
      ("{", .malformed),
      (#"{"v":1,"channel":"price.crypto","seq":1,"payload":{"symbol":"btcusd","source":"pyth"}}"#, .malformed),
      (
        #"{"v":1,"channel":"price.crypto","seq":1,"payload":{"symbol":"btcusd","source":"somebody","timestamp":1,"value":1}}"#,
        .unknown("price.crypto of somebody")
      ),
    ])
  func frames(text: String, frame: PolyBoltFrame) { #expect(PolyBoltFrame(Array(text.utf8)) == frame) }

  @Test("A snapshot and an update carry exact values, of the spot price and of the mean")
  func prices() throws {
    let text = #"""
      {"v":1,"channel":"price.crypto.twap","seq":2,"ts":1795180564317,"snapshot":true,"dropped":3,"payload":{"symbol":"btcusd","source":"chainlink","window_seconds":60,"data":[{"timestamp":1795180562000,"value":91234.1,"full_accuracy_value":"91234.1"},{"timestamp":1795180563000,"value":91234.1182,"full_accuracy_value":"91234.118200170442113024"}]}}
      """#
    let mean = ReferenceTick.Series.oracleTWAP(seconds: 60)
    #expect(
      PolyBoltFrame(Array(text.utf8))
        == .prices(
          channel: "price.crypto.twap", number: 2, dropped: 3,
          [try tick(mean, 1_795_180_562, "91234.1"), try tick(mean, 1_795_180_563, "91234.118200170442113024")]))
    let spot =
      #"{"v":1,"channel":"price.crypto","seq":9,"ts":1,"payload":{"symbol":"ethusd","source":"pyth","timestamp":7000,"value":3001.5}}"#
    #expect(
      PolyBoltFrame(Array(spot.utf8))
        == .prices(channel: "price.crypto", number: 9, dropped: 0, [try tick(.publisherSpot, 7, "3001.5", "eth/usd")]))
  }
}
