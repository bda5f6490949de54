import Shared

@testable import SimVenue

/// A small venue to try things on: one up/down market of five minutes, two clients with 1000 dollars each, one trader of the venue.
struct Bench {
  static let opening: Int64 = 1_795_180_500
  var state: VenueState
  var effects: [VenueEffect] = []
  private var requests = 0
  private var orders = 0
  let market: Int
  let trader: Int

  init(rules: VenueRules = VenueRules(), feeRate: Int64 = 70_000) {
    let start = MarketTime(seconds: Self.opening)
    let now = Now(wall: WallTime(seconds: 1_800_000_000), market: start)
    state = VenueState(rules: rules, now: now)
    state.openAccount(address: "0xA1", apiKey: "key-a")
    state.openAccount(address: "0xB2", apiKey: "key-b")
    market = state.list(
      MarketSpec(
        slug: "btc-updown-5m-\(Self.opening)", kind: .upDown(asset: "btc", seconds: 300),
        question: "Bitcoin Up or Down",
        details: "", labels: ["Up", "Down"], feeRate: feeRate, listed: start, start: start,
        end: start.advanced(by: .seconds(300))))
    trader = state.addTrader("maker")
    collect()
  }

  mutating func collect() { effects += state.takeEffects() }

  var records: [TruthRecord] {
    effects.compactMap { if case .truth(let record) = $0 { record } else { nil } }
  }

  mutating func post(
    _ account: Int, _ side: Side, _ outcome: Outcome, _ price: String, _ size: String,
    _ type: TimeInForce = .goodTillCancelled, postOnly: Bool = false, expiration: Int64 = 0, id: String? = nil
  ) -> Int {
    orders += 1
    let shares = Shares.micros(of: size)
    let money = Int64(Int128(shares) * Int128(Shares.micros(of: price)) / 1_000_000)
    requests += 1
    state.place(
      OrderRules.Posted(
        id: id ?? "0xorder\(orders)", account: account, token: state.spec(market).tokens[outcome.index], side: side,
        makerAmount: side == .buy ? money : shares, takerAmount: side == .buy ? shares : money, timeInForce: type,
        postOnly: postOnly, expiration: expiration), request: requests)
    collect()
    return requests
  }

  /// The id that the next `post` gives its order.
  var nextOrder: String { "0xorder\(orders + 1)" }

  mutating func cancel(_ ids: [String], account: Int) -> Int {
    requests += 1
    state.cancel(ids, account: account, request: requests)
    collect()
    return requests
  }

  mutating func beat(_ id: String, account: Int) -> Int {
    requests += 1
    state.heartbeat(id, account: account, request: requests)
    collect()
    return requests
  }

  mutating func quote(_ side: Side, _ outcome: Outcome, _ price: String, _ size: String) -> Int64? {
    let key = state.trade(
      trader, market: market, outcome: outcome, side: side, price: Price(micros: Shares.micros(of: price))!,
      size: Shares(micros: Shares.micros(of: size)), .goodTillCancelled)
    collect()
    return key
  }

  mutating func wait(wall: Duration = .zero, market: Duration = .zero) {
    state.advance(
      to: Now(wall: state.now.wall.advanced(by: wall), market: state.now.market.advanced(by: market)))
    collect()
  }

  func answer(_ request: Int) -> Answer? {
    for case .answer(request, let answer) in effects { return answer }
    return nil
  }

  func body(_ request: Int) -> WireValue? { answer(request).flatMap { WireReader.read($0.body) } }
  func error(_ request: Int) -> String? { body(request)?["error"]?.asText }

  func cash(_ account: Int) -> String { USD(micros: state.clients.accounts[account].balance("USD")).description }
  func tokens(_ account: Int, _ outcome: Outcome) -> String {
    Shares(micros: state.clients.accounts[account].balance(state.spec(market).tokens[outcome.index])).description
  }

  /// Everybody's money, the venue's fees, and one dollar for each set in circulation: always what was paid in.
  var wealth: Int64 {
    var sum = state.collectedFees.micros
    for account in state.clients.accounts { sum += account.balance("USD") }
    for trader in state.traders { sum += trader.cash.micros }
    var sets: Int64 = 0
    for account in state.clients.accounts { sets += account.balance(state.spec(market).tokens[0]) }
    for trader in state.traders { sets += trader.shares[market]?[0].micros ?? 0 }
    return sum + sets
  }
}

extension Shares {
  static func micros(of text: String) -> Int64 { WireDecimal.micros(text)! }
}
