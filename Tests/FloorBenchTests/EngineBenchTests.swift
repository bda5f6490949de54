import Shared
import Testing

@testable import FloorBench

@Suite("The engine's quotes and strategy") struct EngineBenchTests {
  /// The digest and the trades that other engines were measured with: the same first hundred thousand quotes, 551 buys, 550 sells, −27.31.
  @Test(
    "a hundred thousand quotes are the known file, and the bare loop and the whole engine make the known trades of it")
  func knownFile() throws {
    let result = try EngineBench.run(.init(events: 100_000, tokens: 1, rounds: 1))
    #expect(
      result["file_sha256"]?.string == "0115c68fb7fb70abe79ea956fa6d307d476118ab995968fd48b2aae8983ff549")
    #expect(result["buys"]?.int == 551 && result["sells"]?.int == 550 && result["won_milli_usd"]?.int == -27_310)
    #expect(
      Set(result["rows"]?.array?.compactMap { $0["what"]?.string } ?? []) == [
        "bare loop", "engine", "file to result, bare loop", "file to result, engine",
      ])
  }

  @Test("the sweep finds the known sums, on one core and on three, and what each of its settings finds alone")
  func sweep() throws {
    let result = try SweepBench.run(.init(events: 100_000, rounds: 1, cores: 3))
    #expect(result["orders"]?.int == 310_818 && result["won_milli_usd"]?.int == -7_437_670)
    #expect(result["rows"]?.array?.compactMap { $0["cores"]?.int } == [1, 3])

    var random = SystemRandomNumberGenerator()
    let quotes = QuoteStream.make(events: 5000, tokens: 1, seed: random.next())
    let settings = (0..<21).map { _ in
      Breakout.Settings(
        period: Int.random(in: 5...12), slack: Double.random(in: 0.1...1), threshold: Double.random(in: 2...6),
        hold: Int.random(in: 5...80))
    }
    let found = BreakoutSweep.run(quotes, settings)
    for (item, found) in zip(settings, found) {
      var alone = BreakoutSweep.Outcome()
      var state = Breakout()
      var entry: Int32 = 0
      for quote in quotes {
        switch state.take(bid: Double(quote.bid) / 1000, ask: Double(quote.ask) / 1000, item, item.weight) {
        case .none: continue
        case .buy: entry = quote.ask
        case .sell: alone.won += Int64(quote.bid - entry) * 10
        }
        alone.orders += 1
      }
      #expect(found == alone && alone.orders > 0, "\(item)")
    }
    #expect(BreakoutSweep.run([], settings).allSatisfy { $0 == .init() })
  }

  @Test("quotes are read back from their file, whatever the number of tokens", arguments: [1, 7, 50])
  func roundTrip(tokens: Int) throws {
    let quotes = QuoteStream.make(events: 3000, tokens: tokens)
    #expect(try QuoteStream.read(QuoteStream.csv(quotes)) == quotes)
    #expect(Set(quotes.map(\.token)).count == tokens)
    #expect(quotes.allSatisfy { $0.bid < $0.ask && $0.bid > 0 && $0.ask < 1000 && $0.bidSize >= 10_000 })
  }

  @Test("several tokens make the same trades in the bare loop and in the engine")
  func severalTokens() throws {
    let result = try EngineBench.run(.init(events: 30_000, tokens: 5, rounds: 1))
    #expect((result["buys"]?.int ?? 0) > 100)
  }

  @Test(
    "a file that is none is refused with the place",
    arguments: ["", "ts,token\n", QuoteStream.header + "12,T0x,", QuoteStream.header + "1,T00"])
  func refused(text: String) {
    #expect(throws: BenchFailure.self) { try QuoteStream.read(Array(text.utf8)) }
  }
}
