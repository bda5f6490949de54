import Shared

/// The venue without its wires: events and time in, effects out. Holds no clock, no socket and no chance of its own; the same events give
/// the same effects.
///
/// What clients own lives in `clients` and changes through truth entries only (see `record`). Books, the venue's own traders, orders in
/// the taker hold and everything that is due later stand beside it and are rebuilt after a crash.
struct VenueState: Sendable {
  /// Who stands behind a key in a book.
  enum Owner: Hashable, Sendable {
    case client(String)
    case trader(Int)
  }

  /// A market's book and what only it knows.
  struct LiveMarket: Sendable {
    var book = MatchingBook()
    /// Starts as the spec's; gets finer when recorded prices do.
    var tick: PriceTick
    var lastPrice: Price?
    var lastOutcome = Outcome.yes
    var lastSide = Side.buy
    var volume = USD.zero
    /// The recorded levels standing in the book, by side and price of YES.
    var streetBids: [Int64: Int64] = [:]
    var streetAsks: [Int64: Int64] = [:]
    /// What a recorded book says its time is; `nil` when books are of now.
    var streetStamp: MarketTime?
    var isOpen = true
    /// Middle prices of YES, one a minute of market time, oldest first; the venue forgets them when it is restarted.
    var history: [(at: Int64, price: Price)] = []
  }

  /// Points of a market's history that are kept: a week of minutes.
  static let historyMax = 7 * 24 * 60

  /// One of the venue's own participants. May go into debt: it stands for the rest of the world.
  struct Trader: Hashable, Sendable {
    var name: String
    var cash = USD.zero
    /// Shares of outcome 0 and 1 by market index.
    var shares: [Int: [Shares]] = [:]

    /// The wallet of a trader with this name.
    static func address(_ name: String) -> String {
      "0x" + Hex.text(Digests.sha256(Array("wallet:\(name)".utf8)).prefix(20))
    }
  }

  /// A taking order waiting out the hold.
  struct HeldOrder: Hashable, Sendable {
    var terms: OrderTerms
    var request: Int
    /// Collateral kept back for the fee.
    var feeReserve: Int64
  }

  struct Beat: Hashable, Sendable {
    var id: String
    var last: WallTime
  }

  enum WallDue: Hashable, Sendable {
    case release(Int)
    case tradeStatus(String, TradeRecord.Status)
    case transaction(String)
    case deadMan(Int)
  }

  enum MarketDue: Hashable, Sendable {
    case expire(String)
    case close(Int)
    case oracle(Int, OracleStep.Status, [Int64])
    case settle(Int)
    case rebates(Int64)
  }

  let rules: VenueRules
  var clients = ClientBooks()
  var chain: ChainIndex
  var live: [LiveMarket] = []
  var traders: [Trader] = []
  var owners: [Int64: Owner] = [:]
  var held: [Int: HeldOrder] = [:]
  var beats: [Int: Beat] = [:]
  var outcomes: [Int: TruthEntry.Resolution] = [:]
  var settleDue: Set<Int> = []
  var collectedFees = USD.zero
  var wallDue = DueQueue<WallDue>()
  var marketDue = DueQueue<MarketDue>()
  var nextKey: Int64 = 1
  var nextHold = 1
  var nextSequence: Int64 = 1
  var now: Now
  var rebates = RebateBooks()
  var settlementFaults = SettlementFaults()
  var resolutionFaults = ResolutionFaults()
  var delayedTakers = DelayedTakers()
  /// From a market's listing until the CLOB knows its tokens (market time, V-13).
  var hydration: Duration = .zero
  /// The hash that contracts name their functions with.
  var keccak: @Sendable ([UInt8]) -> [UInt8] = { _ in [] }
  /// Trades that do not go the usual way. Forgotten by a restart: what is under way then goes the usual way.
  var fates: [String: SettlementFaults.Kind] = [:]
  /// Decides whether a rule with a probability strikes.
  var faultChance = SeededGenerator(seed: 0)
  private var pending: [VenueEffect] = []
  /// When `notePrices` last looked, in steps of five seconds.
  var noted: Int64 = 0

  init(rules: VenueRules, now: Now) {
    self.rules = rules
    self.now = now
    chain = ChainIndex(lag: rules.dataLag)
    awaitRebates()
  }

  // MARK: - Effects

  mutating func emit(_ effect: VenueEffect) { pending.append(effect) }

  /// Writes a fact and lets it happen.
  mutating func record(_ entry: TruthEntry) {
    let record = TruthRecord(sequence: nextSequence, now: now, entry: entry)
    nextSequence += 1
    clients.apply(record)
    chain.note(record, clients)
    rebates.note(record, clients)
    pending.append(.truth(record))
  }

  /// The effects since the last call, in order.
  mutating func takeEffects() -> [VenueEffect] {
    let effects = pending
    pending.removeAll(keepingCapacity: true)
    return effects
  }

  /// What becomes of a new trade; `nil` is the usual way.
  mutating func drawFate() -> SettlementFaults.Kind? {
    settlementFaults.rules.isEmpty ? nil : settlementFaults.strike(at: now.wall, faultChance.uniform())
  }

  /// How a market ends; `nil` is the usual way.
  mutating func drawCourse(_ slug: String) -> ResolutionFaults.Rule? {
    resolutionFaults.rules.isEmpty ? nil : resolutionFaults.strike(slug, at: now.wall, faultChance.uniform())
  }

  /// How long a taking order is kept `delayed`; `nil` is the usual way.
  mutating func drawDelay(_ market: Int) -> Duration? {
    delayedTakers.rules.isEmpty
      ? nil : delayedTakers.strike(spec(market).slug, at: now.wall, faultChance.uniform())
  }

  /// Does the CLOB know the market's tokens by now?
  func isHydrated(_ market: Int) -> Bool {
    hydration == .zero || now.market.since(spec(market).listed) >= hydration
  }

  // MARK: - Set-up

  /// Opens a signer's account, or gives a known one this key as its first.
  mutating func openAccount(address: String, apiKey: String) {
    let lower = address.lowercased()
    if let index = clients.account(address: lower) {
      let known = clients.accounts[index]
      if known.apiKey != apiKey || clients.keys[apiKey] == nil {
        record(.account(index: index, address: lower, apiKey: apiKey, owner: known.owner, wallet: known.wallet))
      }
      return
    }
    open(lower, apiKey: apiKey, owner: clients.accounts.count, .plain)
  }

  /// A signer's account; opened, without a key, when it is first heard of.
  mutating func signer(_ address: String) -> Int {
    clients.account(address: address) ?? open(address, apiKey: "", owner: clients.accounts.count, .plain)
  }

  /// The account of one of a signer's wallets; opened when it is first heard of.
  mutating func wallet(_ kind: WalletKind, at address: String, owner: Int) -> Int {
    clients.account(address: address) ?? open(address, apiKey: "", owner: owner, kind)
  }

  @discardableResult private mutating func open(
    _ address: String, apiKey: String, owner: Int, _ kind: WalletKind
  ) -> Int {
    let index = clients.accounts.count
    record(.account(index: index, address: address, apiKey: apiKey, owner: owner, wallet: kind))
    if rules.capital > .zero { move(index, ClientBooks.cash, rules.capital.micros, cause: "deposit") }
    return index
  }

  /// Takes down that a signer has this key, too.
  mutating func grant(_ apiKey: String, nonce: String, address: String) {
    let lower = address.lowercased()
    guard let index = clients.account(address: lower) else {
      open(lower, apiKey: nonce == "0" ? apiKey : "", owner: clients.accounts.count, .plain)
      if nonce != "0" { record(.key(account: clients.accounts.count - 1, nonce: nonce, apiKey: apiKey)) }
      return
    }
    record(.key(account: index, nonce: nonce, apiKey: apiKey))
  }

  /// Lists a market; it trades from now on. A slug that is already listed is left as it is.
  @discardableResult mutating func list(_ spec: MarketSpec) -> Int {
    if let known = clients.marketIndex[spec.slug] { return known }
    var numbered = spec
    numbered.number = 5_210_000 + Int64(live.count)
    let sibling = spec.group.flatMap { group in clients.markets.last { $0.group?.slug == group.slug } }
    numbered.eventNumber = sibling?.eventNumber ?? 1_149_000 + Int64(live.count)
    record(.market(numbered))
    let index = live.count
    live.append(LiveMarket(tick: numbered.tick))
    for token in spec.tokens { tokenIndex[token] = index }
    marketDue.add(.close(index), at: spec.end.nanoseconds)
    emit(.notice(.listed(market: index)))
    return index
  }

  mutating func addTrader(_ name: String) -> Int {
    traders.append(Trader(name: name))
    _ = chain.open(Trader.address(name), name: name)
    return traders.count - 1
  }

  // MARK: - Looking

  func spec(_ market: Int) -> MarketSpec { clients.markets[market] }

  func market(token: String) -> (index: Int, outcome: Outcome)? {
    guard let index = tokenIndex[token] else { return nil }
    return clients.markets[index].outcome(of: token).map { (index, $0) }
  }

  /// Token to market index; grows with the listings.
  var tokenIndex: [String: Int] = [:]

  /// Base units of an asset that an account may still spend: orders in the hold count as spent.
  func available(_ account: Int, _ asset: String) -> Int64 {
    var free = clients.accounts[account].available(asset)
    for order in held.values where order.terms.account == account && clients.asset(of: order.terms) == asset {
      free -= order.terms.makerAmount + order.feeReserve
    }
    return free
  }

  mutating func move(_ account: Int, _ asset: String, _ delta: Int64, cause: String) {
    guard delta != 0 else { return }
    let after = clients.accounts[account].balance(asset) + delta
    record(.balance(account: account, asset: asset, delta: delta, after: after, cause: cause))
  }
}
