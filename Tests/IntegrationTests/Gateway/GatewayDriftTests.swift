import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Shared
import Testing

/// Somebody else trades on the floor's wallet.
@Suite(.serialized, .hangLimit) struct GatewayDriftTests {
  /// The wallet's owner, by hand.
  private struct Owner {
    let bench: GatewayBench
    let signer: OrderSigner
    let login: L2Authentication
    let clob: ClobClient

    init(_ bench: GatewayBench) throws {
      self.bench = bench
      let key = try EthereumKey(privateKey: #require(Word256(hex: bench.credentials.needText("private_key"))).bytes)
      signer = OrderSigner(key: key)
      login = try L2Authentication(
        address: key.address, apiKey: bench.credentials.needText("api_key"),
        secret: bench.credentials.needText("secret"), passphrase: bench.credentials.needText("passphrase"))
      clob = ClobClient(http: bench.http, base: bench.venueBase, credentials: login)
    }

    /// Whether so many shares were bought (or sold) at once.
    func trade(_ side: Side, _ outcome: Outcome, _ size: Shares, salt: UInt64) throws -> Bool {
      let touch = try bench.touch(side).price.micros
      let moved = side == .buy ? min(touch + 50_000, 990_000) : max(touch - 50_000, 10_000)
      let price = bench.market.tick.rounded(Price(micros: moved)!, .down)
      let token = bench.market.token(of: outcome)
      let order = try signer.sign(
        ExchangeOrder(
          salt: salt, maker: signer.key.address, signer: signer.key.address, token: token,
          amounts: .limit(side, price: price, size: size, tick: bench.market.tick), side: side,
          createdAtMilliseconds: salt),
        for: ExchangeDomain(token: Word256(token), negRisk: bench.market.negRisk, chainID: ExchangeDomain.polygon))
      var outcome: SubmitOutcome?
      clob.post(order.body(owner: login.apiKey, timeInForce: .fillOrKill), expected: order.id) { outcome = $0 }
      try bench.until("the owner's order") { outcome != nil }
      if case .matched = outcome { return true }
      return false
    }
  }

  @Test(
    "Money that a person explains halts nothing; what nobody explains halts the floor, which names both sides and sells nothing"
  )
  func money() throws {
    let bench = try GatewayBench()
    // What is taken out is more than the floor may lose.
    bench.extraConfiguration = [
      .init("floor", ["capital_usd": "1000", "on_halt": "close"]), .init("limits", ["drawdown_pct": "0.1"]),
    ]
    try bench.startGateway()
    try bench.open()
    let owner = try Owner(bench)
    var salt: UInt64 = 900
    func withdraw() throws -> USD {
      let before = try bench.venueBalance()
      try bench.until("the owner to trade") {
        salt += 1
        return try owner.trade(.buy, .yes, Shares(whole: 7), salt: salt)
      }
      return try before - bench.venueBalance()
    }
    func evidence() throws -> (readings: Int64, drift: USD) {
      let row = try bench.looker.query(
        """
        SELECT count(*) AS n, coalesce((SELECT (body->>'balance_usd')::numeric - (body->>'ledger_cash_usd')::numeric
          FROM evidence WHERE kind = 'balance' ORDER BY id DESC LIMIT 1), 0) AS drift FROM evidence WHERE kind = 'balance'
        """
      ).one()
      return (try row.int("n"), try row.usd("drift"))
    }
    let taken = try withdraw()
    #expect(taken > .zero)
    let operating = try bench.database.open(as: "floor_operator")
    func declare(_ amount: USD) throws -> String {
      try operating.query("SELECT declare_money('by-hand-1', $1::numeric) AS o", [.usd(amount)]).one().text("o")
    }
    #expect(try declare(.zero - taken) == "booked")
    #expect(try declare(.zero - taken) == "duplicate", "one reference books once")
    #expect(try bench.ledgerCash() == bench.venueBalance())
    let first = try evidence().readings
    try bench.until("a reading of the balance after it", within: .seconds(60)) { try evidence().readings > first }
    #expect(try evidence().drift == .zero)

    // A gateway that starts after it knows that the day's peak went with the money.
    try bench.killGateway()
    try bench.startGateway()
    try bench.grant()
    let second = try evidence().readings
    try bench.until("a reading of the balance", within: .seconds(60)) { try evidence().readings > second }
    #expect(bench.control?.progress?.mode == "ACTIVE")
    #expect(try bench.looker.query("SELECT peak FROM day_equity").one().usd("peak") == bench.ledgerCash())

    let stolen = try withdraw()
    try bench.until("the halt", within: .seconds(150)) { bench.control?.progress?.mode == "HALTED" }
    #expect(try evidence().drift == .zero - stolen)
    try bench.until("the latch") { try bench.looker.query("SELECT halted FROM floor_state").one().bool("halted") }
    let reason = try bench.looker.query("SELECT reason, halt_holds FROM floor_state").one()
    #expect(try reason.text("reason").contains("unexplained money: venue less ledger -\(stolen) USD"))
    #expect(try reason.bool("halt_holds"), "the shares in the books may not be there")
    #expect(
      try bench.looker.query("SELECT count(*) AS n FROM system_events WHERE event_type = 'money_drift'").one().int("n")
        == 1)
    let wish = try bench.wish(price: try bench.takingPrice(), size: Shares(whole: 5))
    try bench.send(wish)
    #expect(try bench.final(of: wish.terms.intent).reason == RefusalCode.halted.rawValue)
  }

  @Test(
    "Shares that the record does not know close their token to purchases, not to sales, and not the market's other one; until they are gone"
  )
  func shares() throws {
    let bench = try GatewayBench()
    try bench.startGateway()
    try bench.open()
    func buy(_ outcome: Outcome) throws -> OrderEventMessage {
      let ask = try bench.touch(.buy).price
      let own = outcome == .yes ? ask : try #require(bench.book(.no).bestAsk).price
      let price = bench.market.tick.rounded(Price(micros: min(own.micros + 50_000, 990_000))!, .down)
      let wish = try bench.wish(.buy, outcome, price: price, size: Shares(whole: 6))
      try bench.send(wish)
      return try bench.final(of: wish.terms.intent)
    }
    try bench.until("six shares") { try buy(.yes).position >= Shares(whole: 6) }
    let owner = try Owner(bench)
    var salt: UInt64 = 900
    func byHand(_ side: Side) throws {
      try bench.until("the owner to trade") {
        salt += 1
        return try owner.trade(side, .yes, Shares(whole: 7), salt: salt)
      }
    }
    try byHand(.buy)
    // Shares are asked for of what the gateway knows to be held: for a moment after the first purchase nothing is.
    try bench.until("the comparison to find it", within: .seconds(60)) {
      let kinds = try (bench.reconcile().json("differences").array ?? []).compactMap { $0["kind"]?.string }
      #expect(Set(kinds).isSuperset(of: ["money", "trade_not_ours"]))
      return kinds.contains("shares")
    }
    #expect(try buy(.yes).reason == "venue_drift")
    #expect(try buy(.no).reason != "venue_drift")
    let bid = try bench.touch(.sell).price
    let low = bench.market.tick.rounded(Price(micros: max(bid.micros - 50_000, 10_000))!, .up)
    let sale = try bench.wish(.sell, price: low, size: Shares(whole: 5))
    try bench.send(sale)
    #expect(try bench.final(of: sale.terms.intent).reason != "venue_drift")
    try byHand(.sell)
    let second = try bench.reconcile()
    #expect(try !(second.json("differences").array ?? []).contains { $0["kind"] == "shares" })
    #expect(try buy(.yes).reason != "venue_drift")
    #expect(
      try bench.looker.query("SELECT count(*) AS n FROM system_events WHERE event_type = 'drift_over'").one().int("n")
        == 1)
  }
}
