/// A limit of whatever kind: how much of what, and of whom together. The keys of the configuration are such rules, and `limits.rules` adds more.
public struct LimitRule: Hashable, Sendable {
  /// Whose dollars are added up.
  public enum Scope: String, Hashable, Sendable, CaseIterable {
    case order
    case agent
    case strategy
    case category
    case market
    case eventGroup = "event_group"
    case floor

    /// The code of what is refused by a limit on what is at risk in it.
    public var code: RefusalCode {
      switch self {
      case .order: .perTrade
      case .agent: .perAgent
      case .strategy: .perStrategy
      case .category: .perCategory
      case .market: .marketCap
      case .eventGroup: .perEventGroup
      case .floor: .floorExposure
      }
    }

    /// There are several, each with a name.
    public var isNamed: Bool { self != .order && self != .floor }
  }

  /// What is compared.
  public enum Basis: Hashable, Sendable {
    /// Open buys at their worst and positions at cost; of an order its own worst.
    case atRisk
    /// Net loss of the trades closed since 00:00 UTC.
    case realisedLoss
    /// The fall of equity, open positions included, from the day's peak. Per cent are of the peak; of a strategy, which has no equity of its
    /// own, of the floor's capital.
    case equityFall
  }

  /// What per cent are of.
  public enum Base: String, Hashable, Sendable, CaseIterable {
    /// The floor's capital, as configured.
    case capital
    /// What the floor is worth now: cash, and positions at our best bid.
    case equity
    /// The same as the UTC day's first reading had it.
    case dayEquity = "day_equity"
    /// What the agent was given, less its losses; of a strategy that of all its agents.
    case allocation

    /// Whether there is such a thing for one of that scope.
    public func fits(_ scope: Scope) -> Bool {
      switch (self, scope) {
      case (.allocation, .category), (.allocation, .market), (.allocation, .eventGroup), (.allocation, .floor): false
      case (.capital, _), (.equity, _), (.dayEquity, _), (.allocation, _): true
      }
    }
  }

  /// Per cent of the base and dollars: the tighter binds.
  public struct Amount: Hashable, Sendable {
    /// Hundredths of a per cent.
    public let basisPoints: Int64?
    public let usd: USD?

    public init(basisPoints: Int64, usd: USD? = nil) {
      self.basisPoints = basisPoints
      self.usd = usd
    }

    public init(usd: USD) {
      basisPoints = nil
      self.usd = usd
    }

    /// In dollars, rounded down.
    public func limit(of base: USD) -> USD {
      let share = basisPoints.map {
        USD(micros: Int64(divide(Int128(base.micros) * Int128($0), by: 10_000, rounding: .down)))
      }
      return [share, usd].compactMap { $0 }.min() ?? .zero
    }
  }

  public let scope: Scope
  /// Of one of the scope alone; `nil` for each of them.
  public let name: String?
  public let amount: Amount
  public let basis: Basis
  public let base: Base

  /// - Precondition: only a scope of which there are several is named, and the base is one that it has.
  public init(_ scope: Scope, name: String? = nil, _ amount: Amount, basis: Basis = .atRisk, of base: Base = .capital) {
    precondition(name == nil || scope.isNamed, "there is one floor, and orders have no names")
    precondition(base.fits(scope), "only agents have an allocation")
    self.base = base
    self.scope = scope
    self.name = name
    self.amount = amount
    self.basis = basis
  }

  public func limit(of base: USD) -> USD { amount.limit(of: base) }

  public func covers(_ use: ScopeUse) -> Bool { scope == use.scope && (name == nil || name == use.name) }
}

/// One scope that an order falls into, with what is at risk there before it.
public struct ScopeUse: Hashable, Sendable {
  public let scope: LimitRule.Scope
  /// Empty for orders and the floor.
  public let name: String
  public let used: USD

  public init(_ scope: LimitRule.Scope, _ name: String = "", used: USD) {
    self.scope = scope
    self.name = name
    self.used = used
  }
}
