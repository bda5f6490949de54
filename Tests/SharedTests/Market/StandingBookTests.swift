import FloorTestSupport
import Shared
import Testing

@Suite("Books to go on from") struct StandingBookTests {
  private static let condition = ConditionID("0x" + String(repeating: "ab", count: 32))!
  private static let token = TokenID("11")!

  private static func time(_ milliseconds: Int64) -> MarketTime {
    MarketTime(milliseconds: 1_795_180_500_000 + milliseconds)
  }

  /// The same message for both; messages overtake each other by up to 200 ms.
  private static func step(_ now: Int64, _ books: inout [OrderBook], _ random: inout SeededGenerator) throws {
    let stamp = time(now - Int64.random(in: 0...200, using: &random))
    func level(_ range: ClosedRange<Int64>) throws -> BookLevel {
      let price = try #require(Price(micros: Int64.random(in: range, using: &random) * 10_000))
      return BookLevel(price: price, size: Shares(whole: Int64.random(in: 0...2, using: &random) * 10))
    }
    if Int.random(in: 0..<8, using: &random) == 0 {
      let bids = try (0..<4).map { _ in try level(40...49) }
      let asks = try (0..<4).map { _ in try level(50...60) }
      func once(_ levels: [BookLevel]) -> [BookLevel] {
        Dictionary(levels.filter { $0.size > .zero }.map { ($0.price, $0) }) { $1 }.values.sorted {
          $0.price < $1.price
        }
      }
      for place in books.indices { books[place].apply(bids: once(bids), asks: once(asks), at: stamp) }
    } else {
      let isBid = Bool.random(using: &random)
      let change = try level(isBid ? 40...49 : 50...60)
      for place in books.indices { books[place].set(change, side: isBid ? .buy : .sell, at: stamp) }
    }
  }

  @Test("Written and read back at any moment, a book goes on exactly as the original", arguments: Seeds.some(8))
  func goesOn(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    // The second is put together anew now and then.
    var books = [OrderBook(), OrderBook()]
    var renewed = 0
    for step in 0..<600 {
      try Self.step(Int64(step) * 20, &books, &random)
      #expect(books[0] == books[1])
      guard Int.random(in: 0..<5, using: &random) == 0,
        let standing = StandingBook(
          books[1], market: Self.condition, token: Self.token, tick: PriceTick(micros: 10_000))
      else { continue }
      let read = try #require(StandingBook(try JSON.parse(standing.json.bytes)))
      #expect(read == standing)
      books[1] = read.orderBook
      renewed += 1
    }
    #expect(renewed > 50 && books[0].isComplete)
  }

  @Test("A book without a snapshot says nothing, and what is none is not read")
  func none() {
    #expect(StandingBook(OrderBook(), market: Self.condition, token: Self.token, tick: nil) == nil)
    #expect(StandingBook(["book": ["market": "x"], "later": []]) == nil)
    #expect(FeedMark(["event": "standing", "market": "one", "books": []]) == nil)
  }
}
