import Shared

/// What a transaction would do: operations one after the other, on the balances that the ones before leave. Nothing is changed by it.
struct ChainPlan {
  typealias Revert = PositionCall.Revert

  /// A billion dollars: far above all that is there, far below what does not fit.
  private static let amountMax: Int64 = 1_000_000_000_000_000

  let account: Int
  let hash: String
  let state: VenueState
  private(set) var operations: [ChainOperation] = []
  private var changes: [String: Int64] = [:]

  init(account: Int, hash: String, state: VenueState) {
    self.account = account
    self.hash = hash
    self.state = state
  }

  func balance(_ asset: String) -> Int64 {
    state.clients.accounts[account].balance(asset) + (changes[asset] ?? 0)
  }

  /// A dollar into one of each outcome.
  mutating func split(_ market: Int, _ amount: Int64) throws(Revert) {
    try add(.split, market, yes: amount, no: amount, cash: -amount, amount)
  }

  /// One of each outcome into a dollar.
  mutating func merge(_ market: Int, _ amount: Int64) throws(Revert) {
    try add(.merge, market, yes: -amount, no: -amount, cash: amount, amount)
  }

  /// Tokens of a market that is over into what they pay; each outcome's payout is rounded down to the micro-dollar.
  mutating func redeem(_ market: Int, yes: Int64, no: Int64) throws(Revert) {
    guard case .resolved(let resolution, _)? = state.clients.phases[state.spec(market).slug] else {
      throw Revert("result for condition not received yet")
    }
    let cash =
      WalletPosition.value(Shares(micros: yes), at: resolution.payout(.yes))
      + WalletPosition.value(Shares(micros: no), at: resolution.payout(.no))
    try add(.redeem, market, yes: -yes, no: -no, cash: cash.micros, yes + no)
  }

  /// NO of k questions of an event, `amount` of each, into YES of all its others and k − 1 times the amount in dollars (section 7.4).
  /// The dollars stand with the NO that were given, an equal part with each, the rest with the last.
  mutating func convert(_ group: String, _ questions: [Int], _ amount: Int64) throws(Revert) {
    let all = state.live.indices.filter {
      state.spec($0).exchange == .negativeRisk && state.spec($0).groupID == group
    }
    guard !all.isEmpty else { throw Revert("no such market") }
    guard !questions.isEmpty, questions.allSatisfy({ all.indices.contains($0) }) else {
      throw Revert("invalid index set")
    }
    let given = questions.map { all[$0] }
    let (total, isTooMuch) = amount.multipliedReportingOverflow(by: Int64(given.count - 1))
    guard !isTooMuch else { throw Revert("the amount is too great") }
    var left = total
    for (place, market) in given.enumerated() {
      let part = place == given.count - 1 ? left : total / Int64(given.count)
      left -= part
      try add(.convert, market, yes: 0, no: -amount, cash: part, amount)
    }
    for market in all where !given.contains(market) {
      try add(.convert, market, yes: amount, no: 0, cash: 0, amount)
    }
  }

  private mutating func add(
    _ kind: ChainOperation.Kind, _ market: Int, yes: Int64, no: Int64, cash: Int64, _ amount: Int64
  ) throws(Revert) {
    guard (1...Self.amountMax).contains(amount) else { throw Revert("the amount is nothing or too much") }
    let spec = state.spec(market)
    for (asset, change) in [(ClientBooks.cash, cash), (spec.tokens[0], yes), (spec.tokens[1], no)] {
      changes[asset, default: 0] += change
      guard balance(asset) >= 0 else {
        throw Revert(
          asset == ClientBooks.cash ? "transfer amount exceeds balance" : "insufficient balance for transfer")
      }
    }
    operations.append(
      ChainOperation(kind: kind, hash: hash, account: account, slug: spec.slug, yes: yes, no: no, cash: cash))
  }
}
