import Shared

/// One position of a wallet with what it is worth now: the figures behind the rows of both versions.
struct HeldPosition {
  enum Status: String, CaseIterable {
    case open = "OPEN"
    case redeemable = "REDEEMABLE"
    case redeemableLost = "REDEEMABLE_LOST"
    case mergeable = "MERGEABLE"
    case closed = "CLOSED"
  }

  let wallet: ChainWallet
  let market: Int
  let outcome: Outcome
  let position: WalletPosition
  /// Millionths of a dollar for one share: the payout once it is known, else the middle of the book, else the last price.
  let price: Int64
  let isResolved: Bool
  /// The wallet holds the other outcome, too, and the market is not over.
  let isMergeable: Bool

  init(_ wallet: ChainWallet, _ key: Int, _ position: WalletPosition, _ state: VenueState) {
    self.wallet = wallet
    (market, outcome) = ChainWallet.place(key)
    self.position = position
    let resolution = GammaMarket.resolution(market, state)?.0
    isResolved = resolution != nil
    price = Self.price(market, outcome, state)
    isMergeable = resolution == nil && position.shares > .zero && wallet.held(market, outcome.other) > .zero
  }

  /// All positions of a wallet, in no order.
  static func all(_ wallet: ChainWallet, _ state: VenueState) -> [HeldPosition] {
    wallet.positions.map { HeldPosition(wallet, $0.key, $0.value, state) }
  }

  static func price(_ market: Int, _ outcome: Outcome, _ state: VenueState) -> Int64 {
    if let resolution = GammaMarket.resolution(market, state)?.0 { return resolution.payout(outcome) }
    let live = state.live[market]
    if let bid = live.book.bestBid(outcome), let ask = live.book.bestAsk(outcome) {
      return Price.middle(bid, ask).micros
    }
    guard let last = live.lastPrice else { return 500_000 }
    return live.lastOutcome == outcome ? last.micros : last.complement.micros
  }

  var isOpen: Bool { position.shares > .zero }
  /// What the wallet can turn into money now: tokens of a market that is over.
  var isRedeemable: Bool { isOpen && isResolved }
  var value: USD { WalletPosition.value(max(position.shares, .zero), at: price) }
  var unrealized: USD { isOpen ? value - position.cost : .zero }
  var total: USD { unrealized + position.realized }

  /// What rows say.
  var status: Status { !isOpen ? .closed : isResolved ? .redeemable : .open }

  func passes(_ wanted: Status) -> Bool {
    switch wanted {
    case .open: isOpen && !isResolved
    case .redeemable: isRedeemable
    case .redeemableLost: isRedeemable && price == 0
    case .mergeable: isMergeable
    case .closed: !isOpen
    }
  }

  /// Per cent at 10⁻⁶ of a base; 0 when there is none.
  static func percent(_ part: USD, of base: USD) -> Int64 {
    base.micros == 0 ? 0 : Int64(Int128(part.micros) * 100_000_000 / Int128(base.micros))
  }
}
