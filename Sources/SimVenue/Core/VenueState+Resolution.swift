import Shared

/// From a market's outcome to its payout: proposals, disputes, late and strange endings (protocol document, section 7.2; V20).
extension VenueState {
  /// The source of life knows how a market ended. Paid when the settlement delay is over.
  mutating func decide(_ known: TruthEntry.Resolution) {
    guard let market = clients.marketIndex[known.slug], outcomes[market] == nil else { return }
    var resolution = known
    let course = drawCourse(known.slug)
    let usual = max(now.market, spec(market).end.advanced(by: rules.settlementDelay))
    let paid = usual.advanced(by: .milliseconds(course?.milliseconds ?? 0))
    var proposed = resolution.payouts
    switch course?.kind {
    case .fiftyFifty:
      resolution.payouts = [500_000, 500_000]
      proposed = resolution.payouts
    case .reversed: proposed.reverse()
    case .late, .disputed, .empty, nil: break
    }
    if course != nil, paid > usual { resolution.notBefore = paid }
    outcomes[market] = resolution
    record(.decided(resolution))
    // Up/down markets are settled by their price series; nobody proposes anything unless there is something to dispute.
    let isArgued = course?.kind == .disputed || course?.kind == .reversed
    if !spec(market).isUpDown || isArgued { tell(.proposed, proposed, market) }
    if isArgued { marketDue.add(.oracle(market, .disputed, proposed), at: usual.nanoseconds) }
    if course?.kind == .empty { marketDue.add(.oracle(market, .empty, [0, 0]), at: usual.nanoseconds) }
    resolveIfReady(market)
  }

  /// What the oracle says of a market from now on.
  mutating func tell(_ status: OracleStep.Status, _ payouts: [Int64], _ market: Int) {
    record(.oracle(slug: spec(market).slug, OracleStep(status: status, payouts: payouts)))
  }

  /// Pays when it is time, the outcome is known and nothing holds it back.
  mutating func resolveIfReady(_ market: Int) {
    guard settleDue.contains(market), let resolution = outcomes[market] else { return }
    if let notBefore = resolution.notBefore, notBefore > now.market {
      marketDue.add(.settle(market), at: notBefore.nanoseconds)
      return
    }
    settleDue.remove(market)
    let spec = spec(market)
    tell(.resolved, resolution.payouts, market)
    record(.resolved(resolution))
    redeemAll(spec, resolution)
    for index in traders.indices {
      guard let shares = traders[index].shares.removeValue(forKey: market) else { continue }
      for outcome in Outcome.allCases {
        traders[index].cash += WalletPosition.value(shares[outcome.index], at: resolution.payout(outcome))
      }
    }
    chain.redeemStreet(market, at: now)
    emit(.notice(.resolved(market: market, winner: resolution.winner)))
  }

  /// Clients' tokens become dollars where the rules say so, as if the auto-redeem operator had been there. Tokens that a wallet owes, because
  /// a trade failed after it had sold them on, are charged in any case: nobody redeems a debt.
  private mutating func redeemAll(_ spec: MarketSpec, _ resolution: TruthEntry.Resolution) {
    for account in clients.accounts.indices {
      for outcome in Outcome.allCases {
        let token = spec.tokens[outcome.index]
        let shares = clients.accounts[account].balance(token)
        guard shares < 0 || shares > 0 && rules.redeemsAtOnce else { continue }
        move(account, token, -shares, cause: "settlement:\(spec.slug)")
        let payout = WalletPosition.value(Shares(micros: shares), at: resolution.payout(outcome))
        move(account, ClientBooks.cash, payout.micros, cause: "settlement:\(spec.slug)")
      }
    }
  }
}
