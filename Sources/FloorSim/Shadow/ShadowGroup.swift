import Shared

/// Some orders, on both sides.
public struct ShadowGroup: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    case all, taking, resting

    func includes(_ type: TimeInForce) -> Bool {
      switch self {
      case .all: true
      case .taking: !type.rests
      case .resting: type.rests
      }
    }
  }

  /// What became of the orders on one side.
  public struct Tally: Hashable, Sendable {
    /// Orders of which something was filled.
    public private(set) var filled = 0
    public private(set) var bought = Shares.zero
    public private(set) var sold = Shares.zero
    /// Without the fees.
    public private(set) var paid = USD.zero
    public private(set) var received = USD.zero
    public private(set) var fees = USD.zero
    /// From the record to the first fill, of each order that has one.
    public private(set) var firstFills: [Duration] = []
    private var net: [TokenID: Int64] = [:]
    /// What is bought and not sold, at the values that were handed in.
    private var remainder = USD.zero

    public var shares: Shares { bought + sold }
    /// `nil` where nothing was bought, or sold.
    public var averageBuy: Price? { Self.average(paid, bought) }
    public var averageSale: Price? { Self.average(received, sold) }
    public var profit: USD { received - paid - fees + remainder }

    mutating func add(_ order: ShadowOrder, _ fills: [ShadowOrder.Fill]) {
      guard let first = fills.map(\.at).min() else { return }
      filled += 1
      firstFills.append(max(.zero, first.since(order.sentAt)))
      for fill in fills {
        fees += fill.fee
        switch order.side {
        case .buy:
          bought += fill.size
          paid += fill.cash
          net[order.token, default: 0] += fill.size.micros
        case .sell:
          sold += fill.size
          received += fill.cash
          net[order.token, default: 0] -= fill.size.micros
        }
      }
    }

    mutating func value(_ values: [TokenID: Price]) {
      firstFills.sort()
      let sum = net.reduce(Int128(0)) { $0 + Int128($1.value) * Int128(values[$1.key]?.micros ?? 0) }
      remainder = USD(micros: Int64(divide(sum, by: 1_000_000, rounding: .nearest)))
    }

    private static func average(_ cash: USD, _ shares: Shares) -> Price? {
      guard shares > .zero else { return nil }
      return Price(
        micros: Int64(divide(Int128(cash.micros) * 1_000_000, by: Int128(shares.micros), rounding: .nearest)))
    }
  }

  /// `nil`: of all strategies.
  public let strategy: String?
  public let kind: Kind
  public private(set) var orders = 0
  public private(set) var wanted = Shares.zero
  /// Orders of which something was filled on both sides, on one alone, on none.
  public private(set) var both = 0
  public private(set) var onlyPaper = 0
  public private(set) var onlyVenue = 0
  public var neither: Int { orders - both - onlyPaper - onlyVenue }
  public private(set) var venue = Tally()
  public private(set) var paper = Tally()

  init(strategy: String?, kind: Kind) {
    self.strategy = strategy
    self.kind = kind
  }

  mutating func add(_ order: ShadowOrder, venue fills: [ShadowOrder.Fill], paper predicted: [ShadowOrder.Fill]) {
    orders += 1
    wanted += order.size
    switch (predicted.isEmpty, fills.isEmpty) {
    case (false, false): both += 1
    case (false, true): onlyPaper += 1
    case (true, false): onlyVenue += 1
    case (true, true): break
    }
    venue.add(order, fills)
    paper.add(order, predicted)
  }

  mutating func value(_ values: [TokenID: Price]) {
    venue.value(values)
    paper.value(values)
  }
}
