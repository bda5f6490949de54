import Shared
import Testing

private func price(_ text: String) throws -> Price { try Price(parsing: text) }
private func shares(_ text: String) throws -> Shares { try Shares(parsing: text) }

private func order(
  _ key: Int64, _ side: Side, _ outcome: Outcome, _ limit: String, _ size: String, budget: String? = nil
) throws -> BookOrder {
  BookOrder(
    key: key, outcome: outcome, side: side, price: try price(limit), size: try shares(size),
    budget: try budget.map { try USD(parsing: $0) })
}

@Suite("The matching book") struct MatchingBookTests {
  @Test("the maker gets its own price and the taker the improvement")
  func takerImproves() throws {
    var book = MatchingBook()
    _ = book.submit(try order(1, .sell, .yes, "0.52", "10"), .goodTillCancelled)
    let result = book.submit(try order(2, .buy, .yes, "0.55", "4"), .fillAndKill)
    let fill = try #require(result.fills.first)
    #expect(result.ending == .filled)
    #expect(fill.kind == .complementary)
    #expect(fill.makerPrice.description == "0.52")
    #expect(fill.takerPrice.description == "0.52")
    #expect(fill.takerCash.description == "2.08")
    #expect(fill.makerRemaining.description == "6")
    #expect(
      result.changes == [
        LevelChange(isYesBid: false, yesPrice: try price("0.52"), total: try shares("6"))
      ])
  }

  @Test("two buyers of opposite outcomes make a set together")
  func mint() throws {
    var book = MatchingBook()
    _ = book.submit(try order(1, .buy, .no, "0.48", "10"), .goodTillCancelled)
    #expect(book.bestAsk(.yes)?.description == "0.52")
    let fill = try #require(book.submit(try order(2, .buy, .yes, "0.6", "10"), .fillOrKill).fills.first)
    #expect(fill.kind == .mint)
    #expect(fill.makerCash.description == "4.8")
    #expect(fill.takerCash.description == "5.2")
    #expect(fill.takerPrice.description == "0.52")
    #expect(book.count == 0)
  }

  @Test("two sellers of opposite outcomes turn a set back into money")
  func merge() throws {
    var book = MatchingBook()
    _ = book.submit(try order(1, .sell, .no, "0.45", "10"), .goodTillCancelled)
    let fill = try #require(book.submit(try order(2, .sell, .yes, "0.5", "7.5"), .goodTillCancelled).fills.first)
    #expect(fill.kind == .merge)
    #expect(fill.makerCash.description == "3.375")
    #expect(fill.takerCash.description == "4.125")
    #expect(fill.takerPrice.description == "0.55")
  }

  @Test("an older order at the same price goes first, whichever outcome it is for")
  func timePriority() throws {
    var book = MatchingBook()
    _ = book.submit(try order(1, .sell, .yes, "0.5", "5"), .goodTillCancelled)
    _ = book.submit(try order(2, .buy, .no, "0.5", "5"), .goodTillCancelled)
    _ = book.submit(try order(3, .sell, .yes, "0.49", "1"), .goodTillCancelled)
    let result = book.submit(try order(4, .buy, .yes, "0.5", "8"), .fillAndKill)
    #expect(result.fills.map(\.maker) == [3, 1, 2])
    #expect(result.fills.map(\.kind) == [.complementary, .complementary, .mint])
    #expect(book.remaining(2)?.description == "3")
  }

  @Test("a partly filled order keeps its turn, a cancelled one leaves no trace")
  func partialThenCancel() throws {
    var book = MatchingBook()
    _ = book.submit(try order(1, .buy, .yes, "0.4", "10"), .goodTillCancelled)
    _ = book.submit(try order(2, .buy, .yes, "0.4", "10"), .goodTillCancelled)
    _ = book.submit(try order(3, .sell, .yes, "0.4", "4"), .goodTillCancelled)
    #expect(book.queue(isYesBid: true, yesPrice: try price("0.4")) == [1, 2])
    #expect(book.cancel(1)?.remaining.description == "6")
    #expect(book.cancel(1) == nil)
    #expect(book.queue(isYesBid: true, yesPrice: try price("0.4")) == [2])
    #expect(book.cancel(2)?.change.total == .zero)
    #expect(book.bestBid(.yes) == nil)
    #expect(book.count == 0)
  }

  @Test("a fill-or-kill order that cannot be filled whole changes nothing")
  func fillOrKill() throws {
    var book = MatchingBook()
    _ = book.submit(try order(1, .sell, .yes, "0.5", "5"), .goodTillCancelled)
    _ = book.submit(try order(2, .sell, .yes, "0.6", "5"), .goodTillCancelled)
    let before = book
    let refused = book.submit(try order(3, .buy, .yes, "0.55", "6"), .fillOrKill)
    #expect(refused.ending == .refused(.cannotFillCompletely))
    #expect(refused.fills.isEmpty)
    #expect(book == before)
    #expect(book.submit(try order(4, .buy, .yes, "0.6", "6"), .fillOrKill).ending == .filled)
  }

  @Test("a post-only order that would take is refused, one that would not rests")
  func postOnly() throws {
    var book = MatchingBook()
    _ = book.submit(try order(1, .buy, .no, "0.5", "5"), .goodTillCancelled)
    let refused = book.submit(try order(2, .buy, .yes, "0.5", "5"), .goodTillCancelled, postOnly: true)
    #expect(refused.ending == .refused(.crossesBook))
    #expect(book.submit(try order(3, .buy, .yes, "0.49", "5"), .goodTillDate, postOnly: true).ending == .rests)
  }

  @Test("a buyer's budget is a hard bound and ends its order when it is spent")
  func budget() throws {
    var book = MatchingBook()
    _ = book.submit(try order(1, .sell, .yes, "0.52", "100"), .goodTillCancelled)
    let result = book.submit(try order(2, .buy, .yes, "0.52", "19.2308", budget: "10"), .fillOrKill)
    #expect(result.ending == .filled)
    #expect(result.fills.first?.shares.description == "19.230769")
    #expect(try #require(result.fills.first).takerCash <= USD(dollars: 10))
  }

  @Test("fill-and-kill against nobody is refused, against somebody drops the rest")
  func fillAndKill() throws {
    var book = MatchingBook()
    #expect(book.submit(try order(1, .buy, .yes, "0.5", "5"), .fillAndKill).ending == .refused(.nothingToMatch))
    _ = book.submit(try order(2, .sell, .yes, "0.5", "2"), .goodTillCancelled)
    let result = book.submit(try order(3, .buy, .yes, "0.5", "5"), .fillAndKill)
    #expect(result.ending == .killed)
    #expect(result.remaining.description == "3")
    #expect(book.count == 0)
  }
}
