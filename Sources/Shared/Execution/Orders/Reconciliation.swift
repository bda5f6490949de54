/// What the venue says and what the record says of the same things, compared. Pure: two pictures in, differences out.
///
/// The pictures are never of one moment, so a single comparison proves nothing: what is on its way looks like a difference. One that two
/// comparisons some seconds apart find with the same figures (`lasting`) is none of those.
public struct Reconciliation: Hashable, Sendable {
  /// From when on trades are compared: an hour. What comes as often as connections break looks back ten minutes, and not beyond a little
  /// before the last comparison that found both sides the same: all pages of an hour's trades would then be most of what we may ask.
  /// - Parameters:
  ///   - same: when that comparison began; `nil` when there is none.
  ///   - overlap: how late the venue may list a trade.
  public static func start(isBrief: Bool, now: MarketTime, same: MarketTime?, overlap: Duration) -> MarketTime {
    guard isBrief else { return now.advanced(by: .seconds(-3600)) }
    let start = now.advanced(by: .seconds(-600))
    return same.map { max(start, $0.advanced(by: .zero - overlap)) } ?? start
  }

  /// The venue's side, as it answered.
  public struct Venue: Hashable, Sendable {
    public var orders: [VenueOrder]
    /// Matched since `Reconciliation.since`.
    public var trades: [VenueTrade]
    public var balance: USD
    /// Of the tokens that were asked for; empty where the venue is not asked for shares.
    public var shares: [TokenID: Shares]

    public init(orders: [VenueOrder], trades: [VenueTrade], balance: USD, shares: [TokenID: Shares]) {
      self.orders = orders
      self.trades = trades
      self.balance = balance
      self.shares = shares
    }
  }

  public struct Fill: Hashable, Sendable {
    public var size: Shares
    public var settlement: SettlementState
    /// When the venue matched it; `nil` when the record does not say.
    public var at: MarketTime?

    public init(size: Shares, settlement: SettlementState, at: MarketTime?) {
      self.size = size
      self.settlement = settlement
      self.at = at
    }
  }

  /// Our side: what stands in PostgreSQL.
  public struct Record: Hashable, Sendable {
    /// The state of each order that is open, or that the venue's answers name.
    public var orders: [VenueOrderID: OrderState]
    public var fills: [FillKey: Fill]
    public var cash: USD
    public var shares: [TokenID: Shares]

    public init(orders: [VenueOrderID: OrderState], fills: [FillKey: Fill], cash: USD, shares: [TokenID: Shares]) {
      self.orders = orders
      self.fills = fills
      self.cash = cash
      self.shares = shares
    }
  }

  public enum Kind: String, Hashable, Sendable, CaseIterable {
    case orderNotOurs = "order_not_ours"
    case orderNotAtVenue = "order_not_at_venue"
    case orderStillOpen = "order_still_open"
    case fillNotInRecord = "fill_not_in_record"
    case fillNotAtVenue = "fill_not_at_venue"
    case fillDiffers = "fill_differs"
    case tradeNotOurs = "trade_not_ours"
    case money
    case shares

    /// What it means and what becomes of it.
    public var explanation: String {
      switch self {
      case .orderNotOurs: "an order on the account that no agent asked for; it is left alone"
      case .orderNotAtVenue:
        "open in the record and not listed by the venue: it ended there, and is looked up by its id"
      case .orderStillOpen: "ended in the record and open at the venue: it is cancelled"
      case .fillNotInRecord:
        "the venue matched it and the record has no fill: it is booked when the order is known here"
      case .fillNotAtVenue: "booked, and not among the venue's trades"
      case .fillDiffers: "size or settlement of one fill are not the same on both sides"
      case .tradeNotOurs:
        "a trade of the account in which no order of ours took part: made by hand, or by another program"
      case .money:
        "collateral at the venue is not the ledger's cash; with nothing open it is watched, and halts the floor after a minute of that"
      case .shares:
        "shares at the venue are not those of all agents together; nothing is bought of the token until they are"
      }
    }
  }

  public struct Difference: Hashable, Sendable {
    public let kind: Kind
    /// The order, the trade, the token, or `USD`.
    public let subject: String
    public let venue: String
    public let record: String

    public init(_ kind: Kind, _ subject: String, venue: String, record: String) {
      self.kind = kind
      self.subject = subject
      self.venue = venue
      self.record = record
    }

    public var text: String { "\(kind.rawValue) \(subject): venue \(venue), record \(record); \(kind.explanation)" }

    public var json: JSON {
      [
        "kind": .string(kind.rawValue), "subject": .string(subject), "venue": .string(venue),
        "record": .string(record), "explanation": .string(kind.explanation),
      ]
    }
  }

  /// The venue was asked for what it matched since then.
  public let since: MarketTime
  public let venue: Venue
  public let record: Record
  /// Ordered by kind and subject.
  public let differences: [Difference]

  /// Nearer to `since` than this a fill may be on the other side of it at the venue, whose times are whole seconds.
  static let edge: Duration = .seconds(60)

  public init(since: MarketTime, venue: Venue, record: Record) {
    self.since = since
    self.venue = venue
    self.record = record
    differences =
      (Self.orders(venue, record) + Self.fills(venue, record, since: since) + Self.holdings(venue, record))
      .sorted { ($0.kind.rawValue, $0.subject) < ($1.kind.rawValue, $1.subject) }
  }

  /// The differences that an earlier comparison found as well, with the same figures.
  public func lasting(since earlier: Reconciliation) -> [Difference] {
    differences.filter { earlier.differences.contains($0) }
  }

  /// Tokens that may only be sold while these differences stand, each with what was found: how much of it there is to lose is not known.
  public static func drifting(_ lasting: [Difference]) -> [TokenID: String] {
    let found = lasting.filter { $0.kind == .shares }.compactMap { difference in
      TokenID(difference.subject).map { ($0, "shares: venue \(difference.venue), record \(difference.record)") }
    }
    return Dictionary(found) { first, _ in first }
  }

  /// How much was compared, for people.
  public var json: JSON {
    [
      "orders_venue": .int(venue.orders.count), "orders_record": .int(record.orders.values.count { !$0.isTerminal }),
      "trades_venue": .int(venue.trades.count), "fills_record": .int(record.fills.count),
      "balance_venue": .text(venue.balance), "cash_record": .text(record.cash), "tokens": .int(venue.shares.count),
    ]
  }

  // MARK: Comparing

  private static func orders(_ venue: Venue, _ record: Record) -> [Difference] {
    var differences: [Difference] = []
    let listed = Set(venue.orders.filter(\.status.isOpen).map(\.id))
    for order in venue.orders where order.status.isOpen {
      guard let state = record.orders[order.id] else {
        let what = "\(order.side.rawValue) \(order.size) at \(order.price)"
        differences.append(Difference(.orderNotOurs, order.id.text, venue: what, record: "nothing"))
        continue
      }
      if state.isTerminal {
        differences.append(
          Difference(.orderStillOpen, order.id.text, venue: order.status.word, record: state.rawValue))
      }
    }
    for (id, state) in record.orders where !listed.contains(id) {
      switch state {
      case .live, .delayed, .cancelSent:
        differences.append(Difference(.orderNotAtVenue, id.text, venue: "not listed", record: state.rawValue))
      // Whether these have arrived is what the gateway is finding out.
      case .reserved, .signed, .sending, .unknown: break
      case .filled, .cancelled, .rejected, .expiredUnsent, .void: break
      }
    }
    return differences
  }

  private static func fills(_ venue: Venue, _ record: Record, since: MarketTime) -> [Difference] {
    var differences: [Difference] = []
    var matched: [FillKey: Fill] = [:]
    for trade in venue.trades {
      let parts = trade.parts { record.orders[$0] != nil }
      if parts.isEmpty {
        differences.append(
          Difference(.tradeNotOurs, trade.id.text, venue: "\(trade.size) at \(trade.price)", record: "nothing"))
      }
      for part in parts {
        let key = FillKey(trade: trade.id, order: part.order)
        let before = matched[key]?.size ?? .zero
        // A taker gets what its makers give, as it is booked.
        let makers = trade.makers.filter { $0.order != part.order }
        let size = part.isTaker && !trade.makers.isEmpty ? makers.reduce(.zero) { $0 + $1.size } : part.size
        matched[key] = Fill(size: before + size, settlement: SettlementState(trade.status), at: trade.matchedAt)
      }
    }
    for (key, there) in matched {
      guard let here = record.fills[key] else {
        // A fill that failed before we heard of it has changed nothing.
        if there.settlement != .failed {
          differences.append(Difference(.fillNotInRecord, key.description, venue: text(there), record: "nothing"))
        }
        continue
      }
      let hasFailed = (there.settlement == .failed, here.settlement == .failed)
      if there.size != here.size || hasFailed.0 != hasFailed.1 {
        differences.append(Difference(.fillDiffers, key.description, venue: text(there), record: text(here)))
      }
    }
    for (key, here) in record.fills where matched[key] == nil && here.settlement != .failed {
      guard let at = here.at, at.since(since) > edge else { continue }
      differences.append(Difference(.fillNotAtVenue, key.description, venue: "not listed", record: text(here)))
    }
    return differences
  }

  private static func text(_ fill: Fill) -> String { "\(fill.size) \(fill.settlement.rawValue)" }

  private static func holdings(_ venue: Venue, _ record: Record) -> [Difference] {
    var differences: [Difference] = []
    if venue.balance != record.cash {
      differences.append(
        Difference(.money, "USD", venue: venue.balance.description, record: record.cash.description))
    }
    for (token, there) in venue.shares where there != record.shares[token] ?? .zero {
      differences.append(
        Difference(
          .shares, token.text, venue: there.description, record: (record.shares[token] ?? .zero).description))
    }
    return differences
  }
}
