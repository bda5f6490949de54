import FloorTestSupport
import Shared
import Testing

@Suite struct LedgerTests {
  static let agent = AgentName("momentum-1")!
  static let token = TokenID("11")!

  static func fill(_ number: Int, _ side: Side, size: Int64, cash: Int64, fee: Int64) -> FillRecord {
    let order = VenueOrderID("0x" + String(repeating: "a", count: 64))!
    return FillRecord(
      key: FillKey(trade: VenueTradeID("t\(number)")!, order: order), token: token, side: side,
      size: Shares(micros: size),
      price: Price(micros: 500_000)!, cash: USD(micros: cash), fee: USD(micros: fee), isTaker: true,
      settlement: .matched,
      matchedAt: MarketTime(seconds: 1), road: .stream)
  }

  @Test("A buy, half of it sold, the rest settled: cash by hand, nothing left over")
  func byHand() throws {
    var books = LedgerBooks()
    books.book(.deposit(USD(dollars: 1000)), cause: "deposit")
    books.book(.allocation(USD(dollars: 100), to: Self.agent), cause: "allocate")
    books.book(.fill(Self.fill(1, .buy, size: 20_000_000, cash: 10_400_000, fee: 349_440), of: Self.agent), cause: "t1")
    books.book(.fill(Self.fill(2, .sell, size: 10_000_000, cash: 5_600_000, fee: 172_480), of: Self.agent), cause: "t2")
    try books.book(
      .settlement(of: Self.agent, token: Self.token, shares: Shares(whole: 10), payout: .one), cause: "settle")
    // 100 − 10.4 − 0.34944 + 5.6 − 0.17248 + 10
    #expect(books.dollars(.agent(Self.agent)) == (try USD(parsing: "104.67808")))
    #expect(books.balance(.agent(Self.agent), .token(Self.token)) == 0)
    #expect(books.dollars(.fees) == (try USD(parsing: "0.52192")))
    #expect(books.wallet == [.usd: 1_004_678_080])
    #expect(books.isBalanced)
  }

  @Test("Lines that make value are no transaction")
  func makesNothing() {
    #expect(LedgerTransaction([LedgerEntry(.treasury, .usd, 1)]) == nil)
    #expect(
      LedgerTransaction([LedgerEntry(.treasury, .usd, 1), LedgerEntry(.venue, .token(Self.token), -1)]) == nil)
    #expect(
      LedgerTransaction([LedgerEntry(.treasury, .usd, .max), LedgerEntry(.venue, .usd, .max)]) == nil)
  }

  @Test("Over seeds: fills repeated, undone and settled in any order keep every asset at zero and money conserved")
  func conserved() throws {
    for seed in Seeds.some(20) {
      var random = SeededGenerator(seed: seed)
      var books = LedgerBooks()
      books.book(.deposit(USD(dollars: 1000)), cause: "deposit")
      var cash = Int64(1_000_000_000)
      var booked: [(Int, FillRecord)] = []
      for number in 0..<200 {
        let size = Int64.random(in: 1...50_000_000, using: &random)
        let fill = Self.fill(
          number, Bool.random(using: &random) ? .buy : .sell, size: size,
          cash: Int64.random(in: 0...size, using: &random),
          fee: Int64.random(in: 0...1_000_000, using: &random))
        let transaction = LedgerTransaction.fill(fill, of: Self.agent)
        for _ in 0...Int.random(in: 0...2, using: &random) { books.book(transaction, cause: "fill \(number)") }
        cash += (fill.side == .buy ? -1 : 1) * fill.cash.micros - fill.fee.micros
        booked.append((number, fill))
        if let (old, undone) = booked.randomElement(using: &random), Bool.random(using: &random),
          books.book(LedgerTransaction.fill(undone, of: Self.agent).reversed, cause: "void \(old)")
        {
          cash -= (undone.side == .buy ? -1 : 1) * undone.cash.micros - undone.fee.micros
        }
        #expect(books.isBalanced)
      }
      #expect(books.wallet[.usd, default: 0] == cash)
    }
  }
}
