/// An order as the matching engine sees it: terms only, no owner. `key` is the caller's and unique within one book.
public struct BookOrder: Hashable, Sendable {
  public let key: Int64
  public let outcome: Outcome
  public let side: Side
  /// Limit, in dollars per share of `outcome`.
  public let price: Price
  /// Shares wanted, > 0.
  public let size: Shares
  /// The most a BUY may pay while taking; `nil` means no bound beyond the limit price. Never looked at once the order rests, where a
  /// fill costs at most price × shares, rounded down.
  public let budget: USD?

  public init(key: Int64, outcome: Outcome, side: Side, price: Price, size: Shares, budget: USD? = nil) {
    self.key = key
    self.outcome = outcome
    self.side = side
    self.price = price
    self.size = size
    self.budget = budget
  }

  /// Does this order add to (or take with) the bids of the YES side? True for buying YES and for selling NO.
  var isYesBid: Bool { (side == .buy) == (outcome == .yes) }
  /// The limit in terms of YES.
  var yesPrice: Price { outcome == .yes ? price : price.complement }
}

/// How taker and maker exchange (protocol document, section 7.3).
public enum MatchKind: String, Hashable, Sendable {
  /// One buys what the other sells.
  case complementary
  /// Both buy, opposite outcomes: their money makes new sets.
  case mint
  /// Both sell, opposite outcomes: their tokens are turned back into money.
  case merge
}

/// One maker met by a taker. Cash is exact: in a complementary match both amounts are equal, in a mint or merge they add up to the
/// shares (a set is worth one dollar). The fraction of a micro-dollar, if any, is the taker's.
public struct BookFill: Hashable, Sendable {
  public let maker: Int64
  public let taker: Int64
  public let kind: MatchKind
  public let shares: Shares
  public let makerOutcome: Outcome
  public let makerSide: Side
  /// The maker's own limit, per share of its own outcome.
  public let makerPrice: Price
  /// What the taker deals at, per share of its own outcome.
  public let takerPrice: Price
  /// What the maker pays (BUY) or receives (SELL): price × shares, rounded down.
  public let makerCash: USD
  /// What the taker pays (BUY) or receives (SELL), before fees.
  public let takerCash: USD
  /// What still rests of the maker's order afterwards.
  public let makerRemaining: Shares
}

/// A level of the YES book with a new total; zero means the level is gone.
public struct LevelChange: Hashable, Sendable {
  /// Bid or ask of YES. For NO the same change is the other side at `1 − yesPrice`.
  public let isYesBid: Bool
  public let yesPrice: Price
  public let total: Shares

  public init(isYesBid: Bool, yesPrice: Price, total: Shares) {
    self.isYesBid = isYesBid
    self.yesPrice = yesPrice
    self.total = total
  }
}

/// What became of a submitted order.
public struct Submission: Hashable, Sendable {
  public enum Ending: Hashable, Sendable {
    /// The remainder stands in the book.
    case rests
    /// Nothing is left to do: the size was filled, or the budget is spent.
    case filled
    /// The remainder was dropped (fill-and-kill with something filled).
    case killed
    case refused(Refusal)
  }

  /// Why an order left no trace in the book.
  public enum Refusal: Hashable, Sendable {
    /// A post-only order would have taken.
    case crossesBook
    /// A fill-or-kill order that the book cannot fill.
    case cannotFillCompletely
    /// A fill-and-kill order that met nobody.
    case nothingToMatch
  }

  public var ending: Ending
  public var fills: [BookFill]
  /// Shares not filled.
  public var remaining: Shares
  /// Levels with new totals, one entry per level, in the order they were touched.
  public var changes: [LevelChange]
}
