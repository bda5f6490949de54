import Shared

/// One thing that happened to a wallet on the chain, as the Data API tells it.
struct ChainEvent: Hashable, Sendable {
  /// The `type` of an activity row (protocol document, section 6.3).
  enum Kind: String, Hashable, Sendable, CaseIterable {
    case trade = "TRADE"
    case split = "SPLIT"
    case merge = "MERGE"
    case redeem = "REDEEM"
    case conversion = "CONVERSION"
    case deposit = "DEPOSIT"
    case makerRebate = "MAKER_REBATE"

    /// Does it move tokens of a market?
    var isOfMarket: Bool { self != .deposit && self != .makerRebate }
  }

  var kind: Kind
  /// Index into the chain index's wallets.
  var wallet: Int
  var now: Now
  /// The market's index; `nil` for what is about dollars alone.
  var market: Int?
  /// `nil` for what is about both.
  var outcome: Outcome?
  var side: Side?
  /// A trade's taker: what lists with `taker_only` show.
  var isTaker = false
  var shares = Shares.zero
  var price: Price?
  /// What it moved in dollars: a trade's price times its shares, a split's cost, a redemption's payout.
  var cash: USD
  var fee = USD.zero
  var hash: String
  /// Profit or loss that it made certain. Filled in by the index.
  var realized = USD.zero
  /// Its place among all events ever shown. Filled in by the index.
  var number = 0
}
