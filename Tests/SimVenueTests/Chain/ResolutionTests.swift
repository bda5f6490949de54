import FloorIOVenue
import Shared
import Testing

@testable import SimVenue

@Suite("Endings of markets") struct ResolutionTests {
  /// Two clients hold opposite sides of a market that is about to end.
  private func held(_ rule: String, rules: VenueRules = VenueRules()) throws -> Bench {
    var bench = Bench(rules: rules, feeRate: 0)
    bench.state.keccak = { Keccak256.hash($0).bytes }
    try bench.state.resolutionFaults.set(#require(WireReader.read("[\(rule)]")), at: bench.state.now.wall)
    _ = bench.post(1, .buy, .no, "0.4", "100")
    _ = bench.post(0, .buy, .yes, "0.6", "100", .fillOrKill)
    bench.wait(wall: .seconds(5))
    #expect(bench.tokens(0, .yes) == "100")
    #expect(bench.tokens(1, .no) == "100")
    bench.wait(market: .seconds(300))
    return bench
  }

  private func decide(_ bench: inout Bench) {
    bench.state.decide(
      .init(slug: bench.state.spec(bench.market).slug, winner: .yes, inferred: false, opening: 1, closing: 2))
    bench.collect()
  }

  private func gamma(_ bench: Bench) throws -> (closed: Bool?, prices: String?, status: String?, statuses: String?) {
    let market = GammaMarket.market(bench.market, bench.state)
    return (
      market["closed"]?.asFlag, market["outcomePrices"]?.asText, market["umaResolutionStatus"]?.asText,
      market["umaResolutionStatuses"]?.asText
    )
  }

  @Test("the usual ending pays a minute later, the winner alone")
  func usual() throws {
    var bench = try held("")
    decide(&bench)
    bench.wait(market: .seconds(59))
    #expect(try gamma(bench) == (false, #"["0.5","0.5"]"#, "", "[]"))
    bench.wait(market: .seconds(2))
    #expect(try gamma(bench) == (true, #"["1","0"]"#, "resolved", #"["resolved"]"#))
    #expect(bench.cash(0) == "1040")
    #expect(bench.cash(1) == "960")
  }

  @Test("a late ending is paid late; a venue that was restarted meanwhile does not forget it")
  func late() throws {
    var bench = try held(#"{"kind":"late","ms":7200000}"#)
    decide(&bench)
    bench.wait(market: .seconds(3600))
    #expect(try gamma(bench).closed == false)
    var back = VenueState.restored(from: bench.records, rules: bench.state.rules, now: bench.state.now)
    back.advance(to: Now(wall: back.now.wall, market: back.now.market.advanced(by: .seconds(60))))
    #expect(GammaMarket.resolution(0, back) == nil)
    back.advance(to: Now(wall: back.now.wall, market: back.now.market.advanced(by: .seconds(3700))))
    #expect(GammaMarket.resolution(0, back)?.0.winner == .yes)
    #expect(USD(micros: back.clients.accounts[0].balance("USD")).description == "1040")
  }

  @Test("a disputed proposal shows its history and is paid when the dispute is over")
  func disputed() throws {
    var bench = try held(#"{"kind":"disputed","ms":3600000}"#)
    decide(&bench)
    #expect(try gamma(bench).status == "proposed")
    func told() throws -> WireValue? {
      let call = Call(
        method: "GET", path: "/v2/resolutions",
        query: [.init(name: "condition_id", value: bench.state.spec(bench.market).conditionID)])
      let answer = try #require(DataAnswers.answer(call, bench.state))
      return WireReader.read(answer.body)?["data"]?.asList?.first
    }
    #expect(try told()?["status"]?.asText == "proposed")
    #expect(try told()?["payouts"] == nil)
    bench.wait(market: .seconds(100))
    #expect(try gamma(bench) == (false, #"["0.5","0.5"]"#, "disputed", #"["proposed","disputed"]"#))
    bench.wait(market: .seconds(3600))
    #expect(try gamma(bench) == (true, #"["1","0"]"#, "resolved", #"["proposed","disputed","resolved"]"#))
    #expect(bench.cash(0) == "1040")
    #expect(try told()?["status"]?.asText == "resolved")
    #expect(try told()?["was_disputed"] == .flag(true))
    #expect(try told()?["payouts"]?.asList?.map(\.asNumber) == [1_000_000, 0])
  }

  @Test("a wrong proposal is disputed and the right outcome paid")
  func reversed() throws {
    var bench = try held(#"{"market":"btc-updown-5m-*","kind":"reversed","ms":60000}"#)
    decide(&bench)
    #expect(bench.state.clients.oracle.values.first?.first == OracleStep(status: .proposed, payouts: [0, 1_000_000]))
    bench.wait(market: .seconds(200))
    #expect(try gamma(bench).prices == #"["1","0"]"#)
    #expect(bench.cash(0) == "1040")
    #expect(bench.cash(1) == "960")
  }

  @Test("fifty-fifty pays half a dollar for each share")
  func fiftyFifty() throws {
    var bench = try held(#"{"kind":"fifty_fifty"}"#)
    decide(&bench)
    bench.wait(market: .seconds(61))
    #expect(try gamma(bench).prices == #"["0.5","0.5"]"#)
    #expect(try gamma(bench).closed == true)
    #expect(bench.cash(0) == "990")
    #expect(bench.cash(1) == "1010")
    let notices = bench.effects.compactMap { effect -> Notice? in
      if case .notice(let notice) = effect { notice } else { nil }
    }
    #expect(notices.contains(.resolved(market: bench.market, winner: nil)))
  }

  @Test("payouts of nothing are shown as closed, but nothing is paid until there is a result")
  func empty() throws {
    var bench = try held(#"{"kind":"empty","ms":60000}"#)
    decide(&bench)
    bench.wait(market: .seconds(61))
    #expect(try gamma(bench) == (true, #"["0","0"]"#, "", "[]"))
    #expect(bench.tokens(0, .yes) == "100")
    bench.wait(market: .seconds(60))
    #expect(try gamma(bench).prices == #"["1","0"]"#)
    #expect(bench.cash(0) == "1040")
  }

  @Test(
    "rules that do not read are refused with the reason",
    arguments: [
      (#"{"kind":"late"}"#, "rule 0: ms is between 1 and 604800000"),
      (#"{"kind":"odd"}"#, "rule 0: kind is one of late, disputed, reversed, fifty_fifty, empty"),
    ])
  func refusals(rule: String, text: String) throws {
    var faults = ResolutionFaults()
    let value = try #require(WireReader.read("[\(rule)]"))
    #expect(throws: FaultProblem(text)) { try faults.set(value, at: WallTime(seconds: 1)) }
  }

  // MARK: - Redeeming

  /// A call of a contract: its selector, then words given as hexadecimal or decimal text.
  private func call(_ target: String, _ signature: String, _ words: [String]) -> ContractCall {
    var data = Array(Keccak256.hash(Array(signature.utf8)).bytes.prefix(4))
    for word in words {
      let bytes = word.hasPrefix("0x") ? Hex.bytes(word)! : Hex.word(decimal: word)!
      data += [UInt8](repeating: 0, count: 32 - bytes.count)
      data += bytes
    }
    return ContractCall(target: target, data: data)
  }

  private func redeem(_ bench: Bench) -> ContractCall {
    call(
      Contracts.collateralAdapter, "redeemPositions(address,bytes32,bytes32,uint256[])",
      [Contracts.collateral, "0", bench.state.spec(bench.market).conditionID, "128", "2", "1", "2"])
  }

  /// Of 400 dollars.
  private func split(_ bench: Bench, _ target: String) -> ContractCall {
    call(
      target, "splitPosition(address,bytes32,bytes32,uint256[],uint256)",
      [Contracts.collateral, "0", bench.state.spec(bench.market).conditionID, "160", "400000000", "2", "1", "2"])
  }

  @Test("where redeeming is asked for, tokens stay until their wallet redeems them, and too early is too early")
  func asked() throws {
    var rules = VenueRules()
    rules.redeemsAtOnce = false
    var bench = try held("", rules: rules)
    let early = bench.state.submit([redeem(bench)], account: 0, hash: "0x01").id
    bench.wait(wall: .seconds(1))
    #expect(bench.state.clients.transactions[early]?.state == .failed)
    decide(&bench)
    bench.wait(market: .seconds(61))
    #expect(bench.cash(0) == "940")
    #expect(bench.tokens(0, .yes) == "100")
    let id = bench.state.submit([redeem(bench)], account: 0, hash: "0x02").id
    #expect(bench.state.clients.transactions[id]?.nonce == 1)
    bench.wait(wall: .milliseconds(600))
    #expect(bench.state.clients.transactions[id]?.state == .mined)
    #expect(bench.cash(0) == "1040")
    #expect(bench.tokens(0, .yes) == "0")
    bench.wait(wall: .seconds(3))
    bench.wait(wall: .seconds(3))
    #expect(bench.state.clients.transactions[id]?.state == .confirmed)
    let redeemed = bench.state.chain.events.last
    #expect(redeemed?.kind == .redeem)
    #expect(redeemed?.cash == USD(dollars: 100))
    #expect(redeemed?.realized == USD(dollars: 40))
    let back = VenueState.restored(from: bench.records, rules: rules, now: bench.state.now)
    #expect(back.clients == bench.state.clients)
  }

  @Test("a wallet that takes away what its orders rest on loses the newest of them")
  func uncovered() throws {
    var bench = Bench(feeRate: 0)
    bench.state.keccak = { Keccak256.hash($0).bytes }
    let older = bench.nextOrder
    _ = bench.post(0, .buy, .yes, "0.5", "800")
    let newer = bench.nextOrder
    _ = bench.post(0, .buy, .yes, "0.5", "1000")
    // Another market's contract does not do it.
    let other = bench.state.submit(
      [split(bench, Contracts.negativeRiskAdapter)], account: 0, hash: "0x01"
    ).id
    _ = bench.state.submit([split(bench, Contracts.collateralAdapter)], account: 0, hash: "0x02")
    bench.wait(wall: .seconds(1))
    #expect(bench.state.clients.transactions[other]?.state == .failed)
    #expect(bench.cash(0) == "600")
    #expect(bench.state.clients.orders[newer]?.status == .invalid)
    #expect(bench.state.clients.orders[older]?.status == .live)
  }

  @Test("a wallet that takes away what its order in the hold rests on is refused when the hold ends")
  func uncoveredInHold() throws {
    var bench = Bench(rules: VenueRules(takerHold: .seconds(2)), feeRate: 0)
    bench.state.keccak = { Keccak256.hash($0).bytes }
    _ = bench.quote(.sell, .yes, "0.5", "1800")
    let request = bench.post(0, .buy, .yes, "0.5", "1800", .fillOrKill)
    _ = bench.state.submit([split(bench, Contracts.collateralAdapter)], account: 0, hash: "0x01")
    bench.wait(wall: .seconds(3))
    #expect(
      bench.error(request) == "not enough balance / allowance: the balance is not enough -> balance: 600000000, "
        + "order amount: 900000000")
    #expect(bench.cash(0) == "600")
    #expect(bench.wealth == 2_000_000_000)
  }

  @Test("rubbish of any kind is refused by the contracts, never more", arguments: 0..<64)
  func rubbish(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let selectors = [
      "splitPosition(address,bytes32,bytes32,uint256[],uint256)", "convertPositions(bytes32,uint256,uint256)",
      "redeemPositions(address,bytes32,bytes32,uint256[])", "redeem(bytes31,uint256,uint256)",
    ]
    var data = Keccak256.hash(Array(selectors[Int(seed % 4)].utf8)).bytes.prefix(4)
    for _ in 0..<Int(generator.uniform() * 300) {
      data.append(generator.uniform() < 0.7 ? 0 : UInt8(truncatingIfNeeded: generator.next()))
    }
    for target in [Contracts.collateralAdapter, Contracts.negativeRiskAdapter, Contracts.router] {
      let call = ContractCall(target: target, data: Array(data))
      do throws(PositionCall.Revert) {
        if case .split(_, let amount) = try PositionCall(call, keccak: { Keccak256.hash($0).bytes }) {
          #expect(amount >= 0)
        }
      } catch {
        #expect(error.text.hasPrefix("execution reverted: "))
      }
    }
    let gate = Gate.standard(keys: [])
    #expect(RawTransaction(Array(data), gate: gate) == nil)
  }
}
