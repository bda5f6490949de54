import FloorTestSupport
import Testing

@testable import Shared

@Suite("Place in the queue of a resting order") struct QueuePlaceTests {
  private typealias Paper = PaperExchangeTests
  private let now = PaperExchangeTests.now

  private func price(_ cents: Int64) -> Price { Price(micros: cents * 10_000)! }

  private func account(_ book: VenueBook, _ orders: [PaperOrder]) -> PaperExchange {
    var account = PaperExchange()
    account.apply(.deposit(USD(dollars: 1000)))
    account.observe(book, at: now)
    for order in orders {
      for entry in account.place(order, on: book, fee: Paper.fee, at: now).entries { account.apply(entry) }
    }
    return account
  }

  /// Shares that the trade of a seller fills of our buys.
  private func sold(
    _ shares: Int64, at cents: Int64, after seconds: Int64 = 0, _ account: inout PaperExchange
  ) -> [Int64] {
    var size = Shares(whole: shares)
    let entries = account.meet(
      trade: Paper.token, .sell, at: price(cents), size: &size, now.advanced(by: .seconds(seconds)))
    var filled: [Int64] = []
    for entry in entries {
      account.apply(entry)
      if case .filled(let fill) = entry {
        #expect(fill.fee == .zero && !fill.isTaker)
        filled.append(fill.size.micros / 1_000_000)
      }
    }
    #expect(size == Shares(whole: shares) - Shares(whole: filled.reduce(0, +)))
    return filled
  }

  @Test("an order fills only when what stood before it has traded, at its own price, and no more than the trade leaves")
  func behind() {
    var account = account(Paper.book(bids: [(45, 500)], asks: [(60, 8)]), [Paper.order(1, cents: 45, shares: 10)])
    #expect(sold(495, at: 45, &account).isEmpty)
    #expect(sold(5, at: 45, &account).isEmpty)
    #expect(sold(4, at: 45, &account) == [4])
    #expect(sold(100, at: 45, &account) == [6])
    #expect(sold(100, at: 45, &account).isEmpty, "it is full")
    #expect(account.cash == USD(dollars: 1000) - USD(micros: 4_500_000))
  }

  @Test("an order that betters the book stands first; a trade above its price passes it by, one below goes past it")
  func first() {
    var account = account(Paper.book(bids: [(45, 500)], asks: [(60, 8)]), [Paper.order(1, cents: 50, shares: 10)])
    #expect(sold(3, at: 51, &account).isEmpty)
    #expect(sold(3, at: 50, &account) == [3])
    #expect(sold(4, at: 44, &account) == [4])
  }

  @Test("a seller's order moves up likewise, and a seller's trade is not for it")
  func sellers() {
    var account = account(Paper.book(bids: [(40, 100)], asks: [(60, 30)]), [])
    for entry in account.place(
      Paper.order(1, cents: 60, shares: 20, .fillAndKill), on: Paper.book(asks: [(60, 30)]), fee: Paper.fee, at: now
    ).entries { account.apply(entry) }
    let book = Paper.book(bids: [(40, 100)], asks: [(65, 7)])
    account.observe(book, at: now)
    for entry in account.place(Paper.order(2, .sell, cents: 65, shares: 20), on: book, fee: Paper.fee, at: now).entries
    {
      account.apply(entry)
    }
    #expect(sold(100, at: 65, &account).isEmpty)
    var size = Shares(whole: 9)
    let entries = account.meet(trade: Paper.token, .buy, at: price(65), size: &size, now)
    #expect(entries.count == 1 && size == Shares(whole: 7))
  }

  @Test("a trade that the book has told already is not taken off a second time, unless it comes long after")
  func toldTwice() {
    var account = account(Paper.book(bids: [(45, 100)], asks: [(60, 8)]), [Paper.order(1, cents: 45, shares: 10)])
    var late = account
    account.observe(Paper.book(bids: [(45, 70)], asks: [(60, 8)]), at: now)
    #expect(sold(30, at: 45, &account).isEmpty)
    #expect(sold(70, at: 45, &account).isEmpty)
    #expect(sold(1, at: 45, &account) == [1])
    // What left three seconds before was cancelled, not traded.
    late.observe(Paper.book(bids: [(45, 70)], asks: [(60, 8)]), at: now)
    #expect(sold(70, at: 45, after: 3, &late).isEmpty)
    #expect(sold(1, at: 45, after: 3, &late) == [1])
  }

  @Test("nobody stands behind more than the level shows: who left, left from before it only then")
  func cancellations() {
    var account = account(Paper.book(bids: [(45, 100)], asks: [(60, 8)]), [Paper.order(1, cents: 45, shares: 10)])
    account.observe(Paper.book(bids: [(45, 150)], asks: [(60, 8)]), at: now)
    account.observe(Paper.book(bids: [(45, 110)], asks: [(60, 8)]), at: now)
    #expect(sold(100, at: 45, after: 10, &account).isEmpty)
    account.observe(Paper.book(bids: [(44, 10)], asks: [(60, 8)]), at: now.advanced(by: .seconds(11)))
    #expect(sold(2, at: 45, after: 20, &account) == [2])
  }

  @Test("of two orders at one price the elder is first; strangers before both are passed once")
  func ownOrders() {
    var account = account(
      Paper.book(bids: [(45, 20)], asks: [(60, 8)]),
      [Paper.order(1, cents: 45, shares: 10), Paper.order(2, cents: 45, shares: 10)])
    #expect(sold(35, at: 45, &account) == [10, 5])
    #expect(sold(35, at: 45, &account) == [5])
  }

  @Test("what rested before a restart begins at the back")
  func restart() throws {
    var before = account(Paper.book(bids: [(45, 20)], asks: [(60, 8)]), [Paper.order(1, cents: 45, shares: 10)])
    #expect(sold(15, at: 45, &before).isEmpty)
    var after = try #require(PaperExchange(records: [before.snapshot]))
    after.observe(Paper.book(bids: [(45, 20)], asks: [(60, 8)]), at: now)
    #expect(sold(20, at: 45, &after).isEmpty)
    #expect(sold(1, at: 45, &after) == [1])
  }

  /// A real queue at one price: strangers come to its end and leave from anywhere, sellers trade with its head; our order fills when its turn
  /// comes. Book and trade are told in either order.
  @Test(
    "beside a real queue the estimate never stands before the true place, and fills when all before it have traded",
    arguments: Seeds.some(20))
  func neverBefore(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    func whole(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &random) }
    var before = (0..<whole(1...8)).map { _ in whole(1...40) }
    var behind: [Int64] = []
    var account = account(
      Paper.book(bids: [(45, before.reduce(0, +))], asks: [(60, 8)]), [Paper.order(1, cents: 45, shares: 50)])
    var truly: Int64 = 0
    var granted: Int64 = 0
    func show(_ second: Int64) {
      account.observe(
        Paper.book(bids: [(45, before.reduce(0, +) + behind.reduce(0, +))].filter { $0.1 > 0 }, asks: [(60, 8)]),
        at: now.advanced(by: .seconds(second)))
    }
    for step in 1...200 {
      let second = Int64(step) * 3
      switch whole(0...3) {
      case 0: behind.append(whole(1...40))
      case 1:
        // Somebody leaves, in whole.
        let all = before.count + behind.count
        guard all > 0 else { continue }
        let index = Int(whole(0...Int64(all - 1)))
        if index < before.count { before.remove(at: index) } else { behind.remove(at: index - before.count) }
      default:
        let volume = whole(1...30)
        var left = volume
        while left > 0, let head = before.first {
          let part = min(left, head)
          left -= part
          if part == head { before.removeFirst() } else { before[0] = head - part }
        }
        let ours = min(left, 50 - truly)
        truly += ours
        left -= ours
        while left > 0, let head = behind.first {
          let part = min(left, head)
          left -= part
          if part == head { behind.removeFirst() } else { behind[0] = head - part }
        }
        if whole(0...1) == 0 { show(second) }
        granted += sold(volume, at: 45, after: second, &account).reduce(0, +)
      }
      show(second)
      #expect(granted <= truly, "step \(step)")
    }
    // Everybody else has left: the rest of a trade is its own.
    before = []
    behind = []
    show(1000)
    granted += sold(200, at: 45, after: 1010, &account).reduce(0, +)
    #expect(granted == 50)
  }
}
