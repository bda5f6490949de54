import Shared
import Testing

@testable import SimVenue

@Suite("What the Data API reads off the chain") struct ChainIndexTests {
  /// Two clients trade; nothing but the wall's time lets it be seen.
  private func traded(_ rules: VenueRules = VenueRules()) -> Bench {
    var bench = Bench(rules: rules)
    _ = bench.quote(.sell, .yes, "0.6", "100")
    _ = bench.post(0, .buy, .yes, "0.6", "100", .fillOrKill)
    bench.wait(wall: rules.takerHold)
    return bench
  }

  private func ask(_ bench: Bench, _ path: String, _ query: (String, String)...) throws -> WireValue {
    let call = Call(method: "GET", path: path, query: query.map { .init(name: $0.0, value: $0.1) })
    let answer = try #require(DataAnswers.answer(call, bench.state))
    return try #require(WireReader.read(answer.body))
  }

  @Test("a trade shows when it was mined and the lag is over, not before")
  func lag() throws {
    var bench = traded()
    #expect(bench.tokens(0, .yes) == "100")
    let seller = VenueState.Trader.address(bench.state.traders[bench.trader].name)
    #expect(try ask(bench, "/positions", ("user", seller)).asList?.isEmpty == true)
    bench.wait(wall: .milliseconds(500))
    bench.wait(wall: .milliseconds(1_900))
    #expect(bench.state.chain.events.allSatisfy { $0.kind != .trade })
    bench.wait(wall: .milliseconds(200))
    #expect(bench.state.chain.events.count { $0.kind == .trade } == 2)
    #expect(bench.state.chain.wallet("0xa1")?.held(bench.market, .yes) == Shares(whole: 100))
    #expect(try ask(bench, "/positions", ("user", seller)).asList?.isEmpty == false)
  }

  @Test("what clients did is kept for good; of the venue's own traders the oldest is forgotten, and cursors hold")
  func forgotten() throws {
    var chain = ChainIndex(lag: .zero)
    let now = Bench().state.now
    let own = chain.open("0xa1")
    let street = chain.open(VenueState.Trader.address("someone"), name: "someone")
    for number in 0..<41_000 {
      chain.add(
        ChainEvent(
          kind: .deposit, wallet: number % 1_000 == 0 ? own : street, now: now, cash: USD(dollars: 1),
          hash: "\(number)"))
      chain.advance(to: now.wall)
    }
    let events = chain.events
    #expect(events.filter { $0.wallet == own }.map(\.hash) == (0..<41).map { "\($0 * 1_000)" })
    #expect(events.count < 35_000 && events.last?.number == 40_999)
    // Number 1 is forgotten: from there on the next to come is 1,000 upwards and 0 downwards.
    func page(_ ascending: Bool) throws -> WireValue {
      let cursor = Base64URL.encode(Array("1".utf8))
      let call = Call(
        method: "GET", path: "/", query: [.init(name: "cursor", value: cursor), .init(name: "limit", value: "1")])
      let answer = try DataPage.feed(
        DataQuery(call: call), chain, ascending: ascending, { _ in true }, { .text($0.hash) })
      return try #require(WireReader.read(answer.body))
    }
    #expect(try page(true)["data"] == .texts(["1000"]))
    #expect(try page(false)["data"] == .texts(["0"]))
    #expect(try page(false)["pagination"]?["has_more"] == .flag(false))
  }

  @Test("a trade that fails on its way never shows")
  func failed() throws {
    var bench = Bench()
    let rules = try #require(WireReader.read(#"[{"kind":"fail","count":1}]"#))
    try bench.state.settlementFaults.set(rules, at: bench.state.now.wall)
    _ = bench.quote(.sell, .yes, "0.6", "100")
    _ = bench.post(0, .buy, .yes, "0.6", "100", .fillOrKill)
    for _ in 0..<10 { bench.wait(wall: .seconds(1)) }
    #expect(bench.state.clients.trades.first?.status == .failed)
    #expect(bench.state.chain.events.allSatisfy { $0.kind == .deposit })
  }

  @Test("an index that stands still shows nothing new, and catches up")
  func frozen() {
    var bench = traded()
    bench.state.chain.isFrozen = true
    bench.wait(wall: .seconds(70))
    #expect(bench.state.chain.events.isEmpty)
    bench.state.chain.isFrozen = false
    bench.wait(wall: .seconds(2))
    #expect(bench.state.chain.events.count { $0.kind == .trade } == 2)
  }

  @Test("costs, fees and profits are exact, whatever the order of buying and selling")
  func costs() {
    var position = WalletPosition(at: 1)
    position.add(Shares(whole: 100), cost: USD(dollars: 60), fee: USD(micros: 168_000), at: 2)
    position.add(Shares(whole: 50), cost: USD(dollars: 15), fee: .zero, at: 3)
    #expect(position.averagePrice == USD(micros: 500_000))
    let won = position.remove(Shares(whole: 75), proceeds: USD(dollars: 60), at: 4)
    #expect(won == USD(micros: 22_500_000))
    #expect(position.cost == USD(micros: 37_500_000))
    #expect(position.fees == USD(micros: 168_000))
    _ = position.remove(Shares(whole: 75), proceeds: .zero, at: 5)
    #expect(position.realized == USD(dollars: -15))
    #expect(position.cost == .zero)
    #expect(position.averagePrice == USD(micros: 500_000))
  }

  @Test("a sale that is seen before its purchase does not stop the books")
  func early() {
    var position = WalletPosition(at: 1)
    _ = position.remove(Shares(whole: 10), proceeds: USD(dollars: 6), at: 1)
    position.add(Shares(whole: 10), cost: USD(dollars: 5), fee: .zero, at: 2)
    #expect(position.shares == .zero)
    #expect(position.realized - position.cost == USD(dollars: 1))
  }

  @Test("what everybody has won and lost adds up to nothing but fees when a market is over")
  func zeroSum() throws {
    var bench = traded()
    _ = bench.quote(.buy, .yes, "0.4", "30")
    _ = bench.post(0, .sell, .yes, "0.4", "30", .fillAndKill)
    bench.wait(wall: .seconds(1))
    bench.state.decide(
      .init(
        slug: bench.state.spec(bench.market).slug, winner: .yes, inferred: false, opening: 1, closing: 2))
    bench.wait(market: .seconds(400))
    for _ in 0..<5 { bench.wait(wall: .seconds(2)) }
    let won = bench.state.chain.events.reduce(USD.zero) { $0 + $1.realized }
    // A buyer's fee is no part of a position's cost, a seller's comes off what it got.
    let sold = bench.state.chain.events.filter { $0.side == .sell }.reduce(USD.zero) { $0 + $1.fee }
    #expect(sold > .zero)
    #expect(won == -sold)
    for wallet in bench.state.chain.wallets {
      #expect(wallet.positions.values.allSatisfy { $0.shares == .zero }, "\(wallet.address)")
    }
  }

  @Test("the restored venue tells the same of its clients")
  func restored() throws {
    var bench = traded()
    bench.wait(wall: .seconds(5))
    let back = VenueState.restored(from: bench.records, rules: bench.state.rules, now: bench.state.now)
    var again = back
    again.advance(to: bench.state.now)
    #expect(again.chain.events == bench.state.chain.events)
    #expect(again.chain.wallet("0xa1")?.positions == bench.state.chain.wallet("0xa1")?.positions)
  }

  @Test(
    "what does not read is refused with the reason",
    arguments: [
      ("/positions", "", "", "required query param 'user' not provided"),
      ("/v2/positions", "", "", "provide user or exactly one condition_id"),
      ("/v2/trades", "side", "HOLD", "side is one of BUY, SELL"),
      ("/v2/trades", "limit", "1001", "limit is a whole number from 1 to 1000"),
      ("/v2/trades", "cursor", "?", "invalid cursor"),
      ("/v2/activity", "user", "0x12", "user is an address of 20 bytes"),
      ("/v2/leaderboard", "time_period", "year", "time_period is one of day, week, month, all"),
      ("/v2/prices-history", "interval", "1h", "token_id is required"),
      ("/holders", "", "", "required query param 'market' not provided"),
    ])
  func refusals(path: String, name: String, value: String, text: String) throws {
    let answer = try ask(Bench(), path, (name, value))
    #expect(answer["error"]?.asText == text)
  }
}
