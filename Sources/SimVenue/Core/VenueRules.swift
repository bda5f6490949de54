import Shared

/// What of the venue's behaviour is a setting.
struct VenueRules: Hashable, Sendable {
  /// What a new wallet holds.
  var capital = USD(dollars: 1000)
  /// How long a taking order on an up/down market waits before it is matched (wall).
  var takerHold: Duration = .milliseconds(150)
  /// From a window's end to its payout (market time).
  var settlementDelay: Duration = .seconds(60)
  /// From a match to MINED and to CONFIRMED (wall).
  var minedAfter: Duration = .milliseconds(500)
  var confirmedAfter: Duration = .milliseconds(1500)
  /// Silence after which an armed dead-man switch cancels (wall).
  var deadMan: Duration = .seconds(10)
  /// The venue takes a GTD order as expired this long before its stated second.
  var expiryMargin: Duration = .seconds(60)
  /// From a transaction's being mined to its being shown by the Data API (wall).
  var dataLag: Duration = .seconds(2)
  /// Clients' tokens become dollars when their market is paid; otherwise each wallet redeems its own.
  var redeemsAtOnce = true
  /// Makers' rebates are paid into their balances when the day is over.
  var paysRebates = false
  /// Smallest money of a taking BUY.
  var minimumTaking = USD(dollars: 1)
}
