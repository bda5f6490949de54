/// Who owns what. `venue` is the counterparty of every trade, `external` the world outside.
public enum LedgerAccount: Hashable, Comparable, Sendable {
  case treasury
  case agent(AgentName)
  case venue
  case fees
  case external
}

/// Dollars or shares of one token; both counted at 10⁻⁶.
public enum LedgerAsset: Hashable, Comparable, Sendable {
  case usd
  case token(TokenID)
}

/// One line: so much of an asset into (positive) or out of an account.
public struct LedgerEntry: Hashable, Sendable {
  public let account: LedgerAccount
  public let asset: LedgerAsset
  public let micros: Int64

  public init(_ account: LedgerAccount, _ asset: LedgerAsset, _ micros: Int64) {
    self.account = account
    self.asset = asset
    self.micros = micros
  }
}

/// Why value moved, and its lines. By construction the lines of every asset sum to zero: value moves, it is never made.
public struct LedgerTransaction: Hashable, Sendable {
  /// Lines without zeros.
  public let entries: [LedgerEntry]

  /// `nil` unless every asset sums to zero.
  public init?(_ entries: [LedgerEntry]) {
    var sums: [LedgerAsset: Int64] = [:]
    for entry in entries {
      let (sum, overflow) = sums[entry.asset, default: 0].addingReportingOverflow(entry.micros)
      if overflow { return nil }
      sums[entry.asset] = sum
    }
    guard sums.values.allSatisfy({ $0 == 0 }) else { return nil }
    self.entries = entries.filter { $0.micros != 0 }
  }

  private init(balanced entries: [LedgerEntry]) {
    guard let transaction = LedgerTransaction(entries) else {
      preconditionFailure("a transaction does not sum to zero")
    }
    self = transaction
  }

  /// Money from the outside, or to it (negative).
  public static func deposit(_ amount: USD) -> LedgerTransaction {
    LedgerTransaction(balanced: [
      LedgerEntry(.external, .usd, -amount.micros), LedgerEntry(.treasury, .usd, amount.micros),
    ])
  }

  /// Capital to an agent, or back (negative).
  public static func allocation(_ amount: USD, to agent: AgentName) -> LedgerTransaction {
    LedgerTransaction(balanced: [
      LedgerEntry(.treasury, .usd, -amount.micros), LedgerEntry(.agent(agent), .usd, amount.micros),
    ])
  }

  /// A fill: shares against cash, the fee on top for a buyer and out of the proceeds for a seller.
  public static func fill(_ fill: FillRecord, of agent: AgentName) -> LedgerTransaction {
    let sign: Int64 = fill.side == .buy ? 1 : -1
    return LedgerTransaction(balanced: [
      LedgerEntry(.agent(agent), .usd, -sign * fill.cash.micros - fill.fee.micros),
      LedgerEntry(.venue, .usd, sign * fill.cash.micros), LedgerEntry(.fees, .usd, fill.fee.micros),
      LedgerEntry(.agent(agent), .token(fill.token), sign * fill.size.micros),
      LedgerEntry(.venue, .token(fill.token), -sign * fill.size.micros),
    ])
  }

  /// An outcome pays `payout` dollars a share, rounded to the nearest 10⁻⁶.
  public static func settlement(
    of agent: AgentName, token: TokenID, shares: Shares, payout: Price
  ) throws(OverflowError) -> LedgerTransaction {
    let proceeds = try USD(payout, times: shares, rounding: .nearest)
    return LedgerTransaction(balanced: [
      LedgerEntry(.agent(agent), .usd, proceeds.micros), LedgerEntry(.venue, .usd, -proceeds.micros),
      LedgerEntry(.agent(agent), .token(token), -shares.micros), LedgerEntry(.venue, .token(token), shares.micros),
    ])
  }

  /// The opposite: what undoes this one.
  public var reversed: LedgerTransaction {
    LedgerTransaction(balanced: entries.map { LedgerEntry($0.account, $0.asset, -$0.micros) })
  }
}

/// Balances as sums of transactions, each booked once per cause.
public struct LedgerBooks: Hashable, Sendable {
  private var balances: [LedgerAccount: [LedgerAsset: Int64]] = [:]
  private var causes: Set<String> = []

  public init() {}

  /// Books a transaction under its cause; a second one under the same cause changes nothing and answers `false`.
  @discardableResult
  public mutating func book(_ transaction: LedgerTransaction, cause: String) -> Bool {
    guard causes.insert(cause).inserted else { return false }
    for entry in transaction.entries { balances[entry.account, default: [:]][entry.asset, default: 0] += entry.micros }
    return true
  }

  /// Every account's balance in every asset that is not zero, in order.
  public var lines: [LedgerEntry] {
    balances.keys.sorted().flatMap { account in
      (balances[account] ?? [:]).filter { $0.value != 0 }.sorted { $0.key < $1.key }
        .map { LedgerEntry(account, $0.key, $0.value) }
    }
  }

  public func balance(_ account: LedgerAccount, _ asset: LedgerAsset) -> Int64 { balances[account]?[asset] ?? 0 }
  public func dollars(_ account: LedgerAccount) -> USD { USD(micros: balance(account, .usd)) }

  /// What the wallet at the venue holds: the treasury and all agents.
  public var wallet: [LedgerAsset: Int64] {
    var sums: [LedgerAsset: Int64] = [:]
    for (account, assets) in balances {
      switch account {
      case .treasury, .agent: for (asset, micros) in assets { sums[asset, default: 0] += micros }
      case .venue, .fees, .external: break
      }
    }
    return sums.filter { $0.value != 0 }
  }

  /// Every asset over all accounts: all zero, always.
  public var isBalanced: Bool {
    var sums: [LedgerAsset: Int64] = [:]
    for assets in balances.values { for (asset, micros) in assets { sums[asset, default: 0] += micros } }
    return sums.values.allSatisfy { $0 == 0 }
  }
}
