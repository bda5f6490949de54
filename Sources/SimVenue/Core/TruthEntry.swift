import Shared

/// One fact of the truth log. Everything a client could lose by a crash changes through these and nothing else: the live venue and the
/// rebuilt one run the same `Accounts.apply`. See `docs/truth-log.md` for the text form.
enum TruthEntry: Hashable, Sendable {
  /// The venue came up.
  case started(source: String, build: String)
  case clock(MarketClock)
  /// A wallet. `owner` is the account of its signer, whose keys speak for it (its own index for the signer's plain wallet); `apiKey` the
  /// signer's first key, empty for the other kinds of wallet.
  case account(index: Int, address: String, apiKey: String, owner: Int, wallet: WalletKind)
  /// A signer got another API key, or gave one up.
  case key(account: Int, nonce: String, apiKey: String)
  case keyGone(apiKey: String)
  /// A signer got a key as a builder, its `number`th from zero, or gave one up.
  case builderKey(account: Int, number: Int64, apiKey: String)
  case builderKeyGone(apiKey: String)
  case market(MarketSpec)
  /// An authenticated request and what was answered.
  case request(Request)
  case order(OrderTerms, key: Int64)
  case trade(TradeRecord)
  /// Money or tokens moved. `asset` is `USD` or a token id; amounts in base units; `after` is the new balance.
  case balance(account: Int, asset: String, delta: Int64, after: Int64, cause: String)
  case ended(order: String, status: OrderRecord.Status)
  case tradeStatus(trade: String, status: TradeRecord.Status, hash: String)
  case closed(slug: String)
  /// How a market ended, known from now on; paid later.
  case decided(Resolution)
  case resolved(Resolution)
  /// What the oracle says of how a market ended.
  case oracle(slug: String, OracleStep)
  /// A transaction came to the chain; went on; did this to a wallet's tokens.
  case submitted(ChainTransaction)
  case progressed(transaction: String, state: ChainTransaction.State, problem: String)
  case operation(ChainOperation)
  /// The dead-man switch of an account was armed or has fired.
  case deadMan(account: Int, armed: Bool)
  /// A source of life's own state, to go on from.
  case source(String)

  struct Request: Hashable, Sendable {
    var apiKey: String
    var method: String
    var path: String
    /// SHA-256 of the body.
    var bodyHash: String
    var status: Int
    /// The error text, or what was done.
    var decision: String
  }

  struct Resolution: Hashable, Sendable {
    var slug: String
    /// Of outcome 0 and 1, in 10⁻⁶ dollars a share.
    var payouts: [Int64]
    /// The data did not say: the last middle price decided.
    var inferred: Bool
    /// Reference prices at the start and the end of an up/down window, in 10⁻¹⁸ dollars.
    var opening: Int128?
    var closing: Int128?
    /// Not paid earlier, whatever the settlement delay says.
    var notBefore: MarketTime?

    init(slug: String, winner: Outcome, inferred: Bool, opening: Int128?, closing: Int128?) {
      self.slug = slug
      payouts = winner == .yes ? [1_000_000, 0] : [0, 1_000_000]
      self.inferred = inferred
      self.opening = opening
      self.closing = closing
    }

    /// The outcome that gets everything, if one does.
    var winner: Outcome? { Outcome.allCases.first { payout($0) == 1_000_000 } }
    func payout(_ outcome: Outcome) -> Int64 { payouts[outcome.index] }
  }
}

/// An entry with its place and its moment.
struct TruthRecord: Hashable, Sendable {
  var sequence: Int64
  var now: Now
  var entry: TruthEntry
}
