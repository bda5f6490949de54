import FloorTestSupport
import Shared
import Testing

@testable import SimVenue

/// A subscriber that puts the books together from what it is sent, message by message.
private struct Subscriber {
  var decoder = MarketFrameDecoder()
  var books: [TokenID: OrderBook] = [:]
  /// What was said of YES' best prices, in order.
  var told: [String] = []
  var contradictions: [String] = []

  mutating func hear(_ text: [UInt8], yes: TokenID) {
    for event in decoder.decode(text).events {
      switch event {
      case .book(let book): books[book.token, default: OrderBook()].apply(book)
      case .priceChange(let change):
        for item in change.changes {
          books[item.token, default: OrderBook()].set(item.level, side: item.side, at: change.time)
        }
        for item in change.changes { compare("price_change", item.token, bid: item.bestBid, ask: item.bestAsk) }
      case .bestBidAsk(let best):
        compare("best_bid_ask", best.token, bid: best.bid, ask: best.ask)
        if best.token == yes { told.append("\(best.bid?.description ?? "-") \(best.ask?.description ?? "-")") }
      default: break
      }
    }
  }

  private mutating func compare(_ kind: String, _ token: TokenID, bid: Price?, ask: Price?) {
    let book = books[token] ?? OrderBook()
    guard book.bestBid?.price == bid, book.bestAsk?.price == ask else {
      contradictions.append(
        "\(kind) says \(String(describing: bid)) \(String(describing: ask)), the messages before it make "
          + "\(String(describing: book.bestBid?.price)) \(String(describing: book.bestAsk?.price))")
      return
    }
  }
}

@Suite("What the market channel tells") struct MarketChannelTests {
  /// A bench with one subscriber to both tokens. Effects are collected over a turn and told when all of it has happened, as the house does.
  private struct Told {
    var bench = Bench(rules: VenueRules(takerHold: .zero))
    var channel = MarketChannel<Int>()
    var subscriber = Subscriber()
    var delivered = 0
    let yes: TokenID

    init() throws {
      let tokens = bench.state.spec(bench.market).tokens
      yes = try #require(TokenID(tokens[0]))
      channel.opened(1)
      let subscription =
        #"{"type":"market","assets_ids":["\#(tokens[0])","\#(tokens[1])"],"custom_feature_enabled":true}"#
      let yes = yes
      channel.heard(Array(subscription.utf8), from: 1, bench.state) { _, text in subscriber.hear(text, yes: yes) }
      delivered = bench.effects.count
    }

    mutating func endTurn() {
      var books: [Notice] = []
      for case .notice(let notice) in bench.effects[delivered...] {
        if case .book = notice { books.append(notice) } else { tell(notice) }
      }
      for notice in books { tell(notice) }
      delivered = bench.effects.count
    }

    private mutating func tell(_ notice: Notice) {
      let yes = yes
      channel.tell(notice, bench.state) { _, text in subscriber.hear(text, yes: yes) }
    }
  }

  @Test("Best prices that change twice in one turn are told twice, each after the change that made it")
  func twoChangesInOneTurn() throws {
    var told = try Told()
    _ = told.bench.quote(.buy, .yes, "0.49", "100")
    _ = told.bench.quote(.sell, .yes, "0.52", "100")
    told.endTurn()
    let quoted = told.bench.quote(.buy, .yes, "0.5", "10")
    let better = try #require(quoted)
    told.bench.state.withdraw(better, market: told.bench.market)
    told.bench.collect()
    told.endTurn()
    #expect(told.subscriber.told == ["0.49 -", "0.49 0.52", "0.5 0.52", "0.49 0.52"])
    #expect(told.subscriber.contradictions.isEmpty, "\(told.subscriber.contradictions)")
  }

  @Test(
    "However many changes a turn holds, no word on best prices contradicts the messages before it",
    arguments: Seeds.some(6))
  func neverContradicts(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var told = try Told()
    var quotes: [Int64] = []
    for _ in 0..<150 {
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let price = WireDecimal.text(Int64.random(in: 40...60, using: &random) * 10_000)
        let size = WireDecimal.text(Int64.random(in: 5...60, using: &random) * 1_000_000)
        let side: Side = Bool.random(using: &random) ? .buy : .sell
        let outcome: Outcome = Bool.random(using: &random) ? .yes : .no
        switch Int.random(in: 0...9, using: &random) {
        case 0...4: if let key = told.bench.quote(side, outcome, price, size) { quotes.append(key) }
        case 5, 6: _ = told.bench.post(0, .buy, outcome, price, size, .fillAndKill)
        default:
          guard let key = quotes.randomElement(using: &random) else { continue }
          told.bench.state.withdraw(key, market: told.bench.market)
          told.bench.collect()
        }
      }
      told.endTurn()
      told.bench.wait(wall: .milliseconds(20), market: .milliseconds(20))
    }
    #expect(told.subscriber.told.count > 100, "seed \(seed)")
    #expect(
      told.subscriber.contradictions.isEmpty,
      "seed \(seed): \(told.subscriber.contradictions.prefix(3).joined(separator: "\n"))")
  }
}
