import Shared

/// What the Data API has read off the chain so far: events in their order, and every wallet's positions. It lags: an event shows when its
/// transaction was mined and `lag` of wall time has passed, so that balances and feeds disagree with the CLOB for a while, as at the real
/// venue (V-12). Clients' events come from the truth log and outlive the venue; those of its own traders do not.
struct ChainIndex: Sendable {
  /// From being mined to being shown.
  var lag: Duration
  /// Stands still: nothing new shows.
  var isFrozen = false
  private var pending: [ChainEvent] = []
  private var pendingHead = 0
  /// Those shown, by their numbers; of the venue's own traders only the newest are kept.
  private(set) var events: [ChainEvent] = []
  /// How many were ever shown.
  private(set) var shown = 0
  private var streetEvents = 0
  private(set) var wallets: [ChainWallet] = []
  private(set) var byAddress: [String: Int] = [:]
  /// What a share of each outcome pays of markets that are over.
  private var payouts: [Int: [Int64]] = [:]

  private static let streetEventsMax = 40_000

  init(lag: Duration) { self.lag = lag }

  func wallet(_ address: String) -> ChainWallet? { byAddress[address].map { wallets[$0] } }

  /// The wallet at an address, known from now on.
  mutating func open(_ address: String, name: String = "") -> Int {
    if let index = byAddress[address] { return index }
    byAddress[address] = wallets.count
    wallets.append(ChainWallet(address: address, name: name))
    return wallets.count - 1
  }

  /// An event that is on the chain since its `now`.
  mutating func add(_ event: ChainEvent) { pending.append(event) }

  /// Shows what is old enough.
  mutating func advance(to wall: WallTime) {
    guard !isFrozen else { return }
    while pendingHead < pending.count, wall.since(pending[pendingHead].now.wall) >= lag {
      let event = pending[pendingHead]
      pendingHead += 1
      if isStreet(event.wallet) { showStreet(event) } else { show(event) }
    }
    if pendingHead > 1_000, pendingHead * 2 > pending.count {
      pending.removeFirst(pendingHead)
      pendingHead = 0
    }
    if streetEvents > Self.streetEventsMax { forgetStreet(Self.streetEventsMax / 4) }
  }

  private mutating func show(_ event: ChainEvent) {
    var event = event
    event.realized = wallets[event.wallet].apply(event)
    event.number = shown
    shown += 1
    if isStreet(event.wallet) { streetEvents += 1 }
    events.append(event)
  }

  private mutating func forgetStreet(_ count: Int) {
    var left = count
    let wallets = wallets
    events.removeAll { event in
      guard left > 0, !wallets[event.wallet].name.isEmpty else { return false }
      left -= 1
      return true
    }
    streetEvents -= count
  }

  /// Where the event of this number stands, or would stand: the first of at least this number.
  func place(ofNumber number: Int) -> Int {
    var low = 0
    var high = events.count
    while low < high {
      let middle = (low + high) / 2
      if events[middle].number < number { low = middle + 1 } else { high = middle }
    }
    return low
  }

  // MARK: - The venue's own traders

  private func isStreet(_ wallet: Int) -> Bool { !wallets[wallet].name.isEmpty }

  /// One of the venue's own traders may sell what it does not have: on the chain it splits dollars first, a thousand sets at a time. What
  /// it holds of a market that is over is redeemed at once, also what comes late.
  private mutating func showStreet(_ event: ChainEvent) {
    guard let market = event.market, let outcome = event.outcome else { return show(event) }
    if event.kind == .redeem { return redeem(event, market, outcome) }
    let missing = event.shares - wallets[event.wallet].held(market, outcome)
    if event.side == .sell, missing > .zero {
      let lot: Int64 = 1_000_000_000
      let shares = Shares(micros: (missing.micros + lot - 1) / lot * lot)
      show(
        ChainEvent(
          kind: .split, wallet: event.wallet, now: event.now, market: market, shares: shares,
          cash: USD(micros: shares.micros), hash: event.hash))
    }
    show(event)
    if payouts[market] != nil { for outcome in Outcome.allCases { redeem(event, market, outcome) } }
  }

  /// Redeems all that the event's wallet holds.
  private mutating func redeem(_ cause: ChainEvent, _ market: Int, _ outcome: Outcome) {
    let shares = wallets[cause.wallet].held(market, outcome)
    guard shares > .zero, let payouts = payouts[market] else { return }
    show(
      ChainEvent(
        kind: .redeem, wallet: cause.wallet, now: cause.now, market: market, outcome: outcome, shares: shares,
        cash: WalletPosition.value(shares, at: payouts[outcome.index]),
        hash: "0x" + Hex.text(Digests.sha256(Array("redeem:\(cause.hash):\(outcome)".utf8)))))
  }

  // MARK: - Where events come from

  /// Both sides of a trade, at the price of each.
  mutating func add(_ trade: TradeRecord, market: Int, at now: Now, hash: String, address: (TradeRecord.Part) -> String)
  {
    for (place, part) in ([trade.taker] + trade.makers).enumerated() {
      add(
        ChainEvent(
          kind: .trade, wallet: open(address(part), name: part.trader ?? ""), now: now, market: market,
          outcome: part.outcome, side: part.side, isTaker: place == 0, shares: part.shares, price: part.price,
          cash: part.cash, fee: part.fee, hash: hash))
    }
  }

  /// Hears what the truth log takes down, after `clients` has.
  mutating func note(_ record: TruthRecord, _ clients: ClientBooks) {
    switch record.entry {
    case .tradeStatus(let id, .mined, let hash):
      guard let place = clients.tradeIndex[id], let market = clients.marketIndex[clients.trades[place].slug]
      else { return }
      add(clients.trades[place], market: market, at: record.now, hash: hash) { clients.address(of: $0) }
    case .balance(let account, let asset, let delta, _, let cause):
      let wallet = open(clients.accounts[account].address)
      var hash: String { "0x" + Hex.text(Digests.sha256(Array("chain:\(record.sequence)".utf8))) }
      if asset == ClientBooks.cash, cause == "deposit" {
        add(ChainEvent(kind: .deposit, wallet: wallet, now: record.now, cash: USD(micros: delta), hash: hash))
      } else if cause.hasPrefix("rebate:") {
        add(ChainEvent(kind: .makerRebate, wallet: wallet, now: record.now, cash: USD(micros: delta), hash: hash))
      } else if asset != ClientBooks.cash, delta < 0, cause.hasPrefix("settlement:") {
        let slug = String(cause.dropFirst("settlement:".count))
        guard let market = clients.marketIndex[slug], let outcome = clients.markets[market].outcome(of: asset),
          case .resolved(let resolution, _)? = clients.phases[slug]
        else { return }
        let shares = Shares(micros: -delta)
        add(
          ChainEvent(
            kind: .redeem, wallet: wallet, now: record.now, market: market, outcome: outcome, shares: shares,
            cash: WalletPosition.value(shares, at: resolution.payout(outcome)), hash: hash))
      }
    case .resolved(let resolution):
      guard let market = clients.marketIndex[resolution.slug] else { return }
      payouts[market] = resolution.payouts
    case .operation(let operation):
      guard let market = clients.marketIndex[operation.slug] else { return }
      note(operation, market, open(clients.accounts[operation.account].address), record.now)
    default: break
    }
  }

  private mutating func note(_ operation: ChainOperation, _ market: Int, _ wallet: Int, _ now: Now) {
    var event = ChainEvent(
      kind: .split, wallet: wallet, now: now, market: market, cash: USD(micros: abs(operation.cash)),
      hash: operation.hash)
    switch operation.kind {
    case .split, .merge:
      event.kind = operation.kind == .split ? .split : .merge
      event.shares = Shares(micros: abs(operation.yes))
      add(event)
    case .convert:
      event.kind = .conversion
      event.outcome = operation.no < 0 ? .no : .yes
      event.shares = Shares(micros: abs(operation.no + operation.yes))
      add(event)
    case .redeem:
      event.kind = .redeem
      for (outcome, change) in [(Outcome.yes, operation.yes), (.no, operation.no)] where change < 0 {
        event.outcome = outcome
        event.shares = Shares(micros: -change)
        let payout = outcome == .yes ? payouts[market]?[0] : payouts[market]?[1]
        event.cash = WalletPosition.value(event.shares, at: payout ?? 0)
        add(event)
      }
    }
  }

  /// The venue's own traders redeem what they hold of a market that is resolved.
  mutating func redeemStreet(_ market: Int, at now: Now) {
    for index in wallets.indices where isStreet(index) {
      for outcome in Outcome.allCases {
        add(
          ChainEvent(
            kind: .redeem, wallet: index, now: now, market: market, outcome: outcome, cash: .zero,
            hash: "0x" + Hex.text(Digests.sha256(Array("redeem:\(index):\(market)".utf8)))))
      }
    }
  }
}
