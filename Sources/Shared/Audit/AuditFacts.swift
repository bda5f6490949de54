/// One consistent picture of the record, as the auditor read it in a single statement. Amounts are at 10⁻⁶.
public struct AuditFacts: Sendable {
  public var fills: [Fill] = []
  public var orders: [String: Order] = [:]
  public var settlements: [Settlement] = []
  public var bookings: [Booking] = []
  /// `ledger_balances`, by account and asset.
  public var balances: [Account: Int64] = [:]
  public var positions: [Holding: Position] = [:]
  public var allocations: [Int64: Allocation] = [:]
  public var trades: [Trade] = []
  public var tokens: [String: Token] = [:]
  public var allocationCap: Int64 = 0

  public init() {}

  public struct Account: Hashable, Comparable, Sendable {
    public let name: String
    public let asset: String
    public init(_ name: String, _ asset: String) {
      self.name = name
      self.asset = asset
    }
    public static func < (a: Account, b: Account) -> Bool { (a.name, a.asset) < (b.name, b.asset) }
  }

  public struct Holding: Hashable, Comparable, Sendable {
    public let agent: Int64
    public let token: String
    public init(_ agent: Int64, _ token: String) {
      self.agent = agent
      self.token = token
    }
    public static func < (a: Holding, b: Holding) -> Bool { (a.agent, a.token) < (b.agent, b.token) }
  }

  /// In the order in which they were recorded.
  public struct Fill: Sendable {
    public var trade: String
    public var order: String
    public var agent: Int64
    public var token: String
    public var isBuy: Bool
    public var price: Int64
    public var size: Int64
    public var notional: Int64
    public var fee: Int64
    public var isTaker: Bool
    public var isVoided: Bool
    public var cycle: Int64

    public init(
      trade: String, order: String, agent: Int64, token: String, isBuy: Bool, price: Int64, size: Int64,
      notional: Int64,
      fee: Int64, isTaker: Bool = true, isVoided: Bool = false, cycle: Int64
    ) {
      self.trade = trade
      self.order = order
      self.agent = agent
      self.token = token
      self.isBuy = isBuy
      self.price = price
      self.size = size
      self.notional = notional
      self.fee = fee
      self.isTaker = isTaker
      self.isVoided = isVoided
      self.cycle = cycle
    }

    /// The key of its booking.
    public var reference: String { trade + "/" + order }
    /// What it moves on the agent's cash account.
    public var cash: Int64 { isBuy ? -notional - fee : notional - fee }
    public var shares: Int64 { isBuy ? size : -size }
  }

  public struct Order: Sendable {
    public var agent: Int64
    public var isBuy: Bool
    public var price: Int64
    public var size: Int64
    public var reserved: Int64

    public init(agent: Int64, isBuy: Bool, price: Int64, size: Int64, reserved: Int64) {
      self.agent = agent
      self.isBuy = isBuy
      self.price = price
      self.size = size
      self.reserved = reserved
    }
  }

  public struct Settlement: Sendable {
    public var id: Int64
    public var agent: Int64
    public var token: String
    public var cycle: Int64
    public var shares: Int64
    public var payout: Int64
    public var proceeds: Int64
    public var isCorrection: Bool

    public init(
      id: Int64, agent: Int64, token: String, cycle: Int64, shares: Int64, payout: Int64, proceeds: Int64,
      isCorrection: Bool
    ) {
      self.id = id
      self.agent = agent
      self.token = token
      self.cycle = cycle
      self.shares = shares
      self.payout = payout
      self.proceeds = proceeds
      self.isCorrection = isCorrection
    }
  }

  /// One ledger transaction, its lines summed by account class.
  public struct Booking: Sendable {
    public var kind: String
    public var reference: String
    /// `agent:<id>`, when one is touched.
    public var account: String?
    /// The token that moved, when one did.
    public var token: String?
    public var agentCash: Int64
    public var treasury: Int64
    public var venueCash: Int64
    public var fees: Int64
    public var external: Int64
    public var agentShares: Int64
    public var venueShares: Int64

    public init(
      kind: String, reference: String, account: String? = nil, token: String? = nil, agentCash: Int64 = 0,
      treasury: Int64 = 0,
      venueCash: Int64 = 0, fees: Int64 = 0, external: Int64 = 0, agentShares: Int64 = 0, venueShares: Int64 = 0
    ) {
      self.kind = kind
      self.reference = reference
      self.account = account
      self.token = token
      self.agentCash = agentCash
      self.treasury = treasury
      self.venueCash = venueCash
      self.fees = fees
      self.external = external
      self.agentShares = agentShares
      self.venueShares = venueShares
    }
  }

  public struct Position: Sendable {
    public var shares: Int64
    public var cost: Int64
    public var fees: Int64
    public init(shares: Int64, cost: Int64, fees: Int64) {
      self.shares = shares
      self.cost = cost
      self.fees = fees
    }
  }

  public struct Allocation: Sendable {
    public var name: String
    public var allocated: Int64
    public var reserved: Int64
    public var invested: Int64
    public var realized: Int64
    public init(name: String, allocated: Int64, reserved: Int64, invested: Int64, realized: Int64) {
      self.name = name
      self.allocated = allocated
      self.reserved = reserved
      self.invested = invested
      self.realized = realized
    }
  }

  /// A trade record that stands.
  public struct Trade: Sendable {
    public var id: Int64
    public var cycle: Int64
    public var pnl: Int64
    public init(id: Int64, cycle: Int64, pnl: Int64) {
      self.id = id
      self.cycle = cycle
      self.pnl = pnl
    }
  }

  public struct Token: Sendable {
    public var feeRate: Int64
    public var feeExponent: Int
    /// What one share paid; `nil` before the outcome.
    public var payout: Int64?
    public init(feeRate: Int64, feeExponent: Int, payout: Int64?) {
      self.feeRate = feeRate
      self.feeExponent = feeExponent
      self.payout = payout
    }
  }
}
