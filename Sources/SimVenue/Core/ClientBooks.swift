import Shared

/// Everything the venue owes its clients: accounts, orders, trades, and the state of every market. Changed by truth entries only, so
/// that replaying the log gives the same value.
struct ClientBooks: Hashable, Sendable {
  struct Account: Hashable, Sendable {
    /// Lower case.
    var address: String
    /// The signer's first key; empty for a wallet that is not the signer's plain one.
    var apiKey: String
    /// The account of the signer.
    var owner: Int
    var wallet: WalletKind
    /// Base units by asset: `USD` or a token id.
    var balances: [String: Int64] = [:]
    var reserved: [String: Int64] = [:]
    var deadManArmed = false

    func balance(_ asset: String) -> Int64 { balances[asset] ?? 0 }
    func available(_ asset: String) -> Int64 { balance(asset) - (reserved[asset] ?? 0) }
  }

  /// An API key that opens an account.
  struct Grant: Hashable, Sendable {
    var account: Int
    /// A whole number of up to 256 bits, without leading zeros.
    var nonce: String
  }

  /// A key by which a builder's servers speak. It opens no account.
  struct BuilderKey: Hashable, Sendable {
    var apiKey: String
    var account: Int
    /// Among its account's, from zero.
    var number: Int64
    var made: WallTime
    var gone: WallTime?
  }

  enum Phase: Hashable, Sendable {
    case open
    case closed
    case resolved(TruthEntry.Resolution, at: MarketTime)
  }

  static let cash = "USD"

  var accounts: [Account] = []
  /// By address.
  var accountIndex: [String: Int] = [:]
  /// By API key, those that still open something.
  var keys: [String: Grant] = [:]
  /// In the order of their making, those that were given up, too.
  var builderKeys: [BuilderKey] = []
  var orders: [String: OrderRecord] = [:]
  var openOrders: Set<String> = []
  var trades: [TradeRecord] = []
  var tradeIndex: [String: Int] = [:]
  /// In the order of their listing.
  var markets: [MarketSpec] = []
  var phases: [String: Phase] = [:]
  var marketIndex: [String: Int] = [:]
  var conditionIndex: [String: Int] = [:]
  var decisions: [String: TruthEntry.Resolution] = [:]
  /// What the oracle said of each market, in order.
  var oracle: [String: [OracleStep]] = [:]
  /// By id, those brought to the chain.
  var transactions: [String: ChainTransaction] = [:]
  /// Ids by hash.
  var transactionIDs: [String: String] = [:]
  /// The next nonce by account.
  var nonces: [Int: Int64] = [:]
  var clock: MarketClock?
  var source: String?
  var sourceState: String?

  func account(apiKey: String) -> Int? { keys[apiKey]?.account }
  /// The signer's account behind a wallet.
  func owner(_ account: Int) -> Int { accounts[account].owner }
  func account(address: String) -> Int? { accountIndex[address] }
  /// What a wallet's orders are signed with in lists: its signer's first key.
  func apiKey(of account: Int) -> String { accounts[accounts[account].owner].apiKey }
  /// The wallet behind one side of a trade, lower case.
  func address(of part: TradeRecord.Part) -> String {
    part.account.map { accounts[$0].address } ?? VenueState.Trader.address(part.trader ?? "")
  }
  func market(_ slug: String) -> MarketSpec? { marketIndex[slug].map { markets[$0] } }

  /// The asset that an order holds back.
  func asset(of terms: OrderTerms) -> String {
    terms.side == .buy ? Self.cash : market(terms.slug)?.tokens[terms.outcome.index] ?? ""
  }

  mutating func apply(_ record: TruthRecord) {
    switch record.entry {
    case .started(let source, _): self.source = source
    case .clock(let clock): self.clock = clock
    case .account(let index, let address, let apiKey, let owner, let wallet):
      if index == accounts.count {
        accountIndex[address] = index
        accounts.append(Account(address: address, apiKey: apiKey, owner: owner, wallet: wallet))
      } else {
        keys[accounts[index].apiKey] = nil
        accounts[index].apiKey = apiKey
      }
      if !apiKey.isEmpty { keys[apiKey] = Grant(account: index, nonce: "0") }
    case .key(let account, let nonce, let apiKey):
      keys[apiKey] = Grant(account: account, nonce: nonce)
      if accounts[account].apiKey.isEmpty { accounts[account].apiKey = apiKey }
    case .keyGone(let apiKey): keys[apiKey] = nil
    case .builderKey(let account, let number, let apiKey):
      builderKeys.append(BuilderKey(apiKey: apiKey, account: account, number: number, made: record.now.wall))
    case .builderKeyGone(let apiKey):
      for index in builderKeys.indices where builderKeys[index].apiKey == apiKey {
        builderKeys[index].gone = record.now.wall
      }
    case .market(let spec):
      marketIndex[spec.slug] = markets.count
      conditionIndex[spec.conditionID] = markets.count
      markets.append(spec)
      phases[spec.slug] = .open
    case .request: break
    case .order(let terms, let key): accept(terms, key, record.now.market)
    case .trade(let trade): book(trade)
    case .balance(let account, let asset, let delta, let after, _):
      accounts[account].balances[asset, default: 0] += delta
      precondition(accounts[account].balance(asset) == after, "the truth log's balances add up")
      if after == 0, asset != Self.cash { accounts[account].balances[asset] = nil }
    case .ended(let id, let status): end(id, status)
    case .tradeStatus(let id, let status, let hash):
      guard let index = tradeIndex[id] else { return }
      trades[index].status = status
      trades[index].hash = hash
      trades[index].updatedAt = record.now
    case .closed(let slug): phases[slug] = .closed
    case .decided(let resolution): decisions[resolution.slug] = resolution
    case .resolved(let resolution): phases[resolution.slug] = .resolved(resolution, at: record.now.market)
    case .oracle(let slug, let step): oracle[slug, default: []].append(step)
    case .submitted(let transaction):
      transactions[transaction.id] = transaction
      transactionIDs[transaction.hash] = transaction.id
      nonces[transaction.account] = transaction.nonce + 1
    case .progressed(let id, let state, let problem):
      transactions[id]?.state = state
      transactions[id]?.problem = problem
    // The balances that follow say it in numbers.
    case .operation: break
    case .deadMan(let account, let armed): accounts[account].deadManArmed = armed
    case .source(let text): sourceState = text
    }
  }

  private mutating func accept(_ terms: OrderTerms, _ key: Int64, _ created: MarketTime) {
    orders[terms.id] = OrderRecord(
      terms: terms, key: key, created: created, status: .live, matched: .zero, reserved: terms.makerAmount, trades: [])
    openOrders.insert(terms.id)
    accounts[terms.account].reserved[asset(of: terms), default: 0] += terms.makerAmount
  }

  private mutating func book(_ trade: TradeRecord) {
    tradeIndex[trade.id] = trades.count
    trades.append(trade)
    for part in [trade.taker] + trade.makers where part.account != nil {
      guard var order = orders[part.order] else { continue }
      order.matched += part.shares
      order.trades.append(trade.id)
      let used = min(order.reserved, part.side == .buy ? part.cash.micros : part.shares.micros)
      release(order.terms, used)
      order.reserved -= used
      if order.remaining <= .zero {
        order.status = .matched
        release(order.terms, order.reserved)
        order.reserved = 0
        openOrders.remove(part.order)
      }
      orders[part.order] = order
    }
  }

  private mutating func end(_ id: String, _ status: OrderRecord.Status) {
    guard var order = orders[id], openOrders.remove(id) != nil else { return }
    order.status = status
    release(order.terms, order.reserved)
    order.reserved = 0
    orders[id] = order
  }

  private mutating func release(_ terms: OrderTerms, _ amount: Int64) {
    guard amount > 0 else { return }
    let asset = asset(of: terms)
    let left = (accounts[terms.account].reserved[asset] ?? 0) - amount
    accounts[terms.account].reserved[asset] = left == 0 ? nil : left
  }
}
