import Shared

/// Splits, merges, redemptions and conversions: what wallets do to their tokens on the chain, outside of the matching engine (protocol
/// document, sections 7.1 and 7.4).
extension VenueState {
  /// Takes a transaction in; it is carried out when it is mined.
  mutating func submit(_ calls: [ContractCall], account: Int, hash: String) -> ChainTransaction {
    let nonce = clients.nonces[account] ?? 0
    let transaction = ChainTransaction(
      id: Identifier.uuid("transaction:\(account):\(nonce):\(hash)"), hash: hash, account: account, nonce: nonce,
      calls: calls)
    record(.submitted(transaction))
    wallDue.add(.transaction(transaction.id), at: now.wall.advanced(by: rules.minedAfter).nanoseconds)
    return transaction
  }

  /// The next step of a transaction: all of its calls happen, or none.
  mutating func advanceTransaction(_ id: String) {
    guard let transaction = clients.transactions[id], !transaction.state.isFinal else { return }
    if transaction.state == .mined {
      record(.progressed(transaction: id, state: .confirmed, problem: ""))
      return
    }
    do throws(PositionCall.Revert) {
      let operations = try plan(transaction)
      record(.progressed(transaction: id, state: .mined, problem: ""))
      for operation in operations { carryOut(operation) }
      let wait = rules.confirmedAfter - rules.minedAfter
      wallDue.add(.transaction(id), at: now.wall.advanced(by: wait).nanoseconds)
      dropUncovered(transaction.account)
    } catch {
      record(.progressed(transaction: id, state: .failed, problem: error.text))
    }
  }

  private mutating func carryOut(_ operation: ChainOperation) {
    guard let spec = clients.market(operation.slug) else { return }
    let cause = "\(operation.kind.rawValue):\(operation.hash)"
    record(.operation(operation))
    move(operation.account, ClientBooks.cash, operation.cash, cause: cause)
    move(operation.account, spec.tokens[0], operation.yes, cause: cause)
    move(operation.account, spec.tokens[1], operation.no, cause: cause)
  }

  /// Orders whose money or tokens went elsewhere leave the book, the newest first.
  mutating func dropUncovered(_ account: Int) {
    let own = clients.openOrders.compactMap { clients.orders[$0] }.filter { $0.terms.account == account }
    for order in own.sorted(by: { $0.key > $1.key })
    where clients.accounts[account].available(clients.asset(of: order.terms)) < 0 {
      end(order, .invalid)
    }
  }

  // MARK: - Planning

  /// What the calls would change, one after the other on what the wallet holds.
  private func plan(_ transaction: ChainTransaction) throws(PositionCall.Revert) -> [ChainOperation] {
    var plan = ChainPlan(account: transaction.account, hash: transaction.hash, state: self)
    for call in transaction.calls {
      switch try PositionCall(call, keccak: keccak) {
      case .approval: break
      case .split(let condition, let amount): try plan.split(try market(condition, call.target), amount)
      case .merge(let condition, let amount): try plan.merge(try market(condition, call.target), amount)
      case .redeem(let condition):
        let market = try market(condition, call.target)
        let spec = spec(market)
        try plan.redeem(market, yes: plan.balance(spec.tokens[0]), no: plan.balance(spec.tokens[1]))
      case .redeemPart(let condition, let outcome, let amount):
        try plan.redeem(
          try market(condition, call.target), yes: outcome == .yes ? amount : 0, no: outcome == .no ? amount : 0)
      case .convert(let group, let questions, let amount): try plan.convert(group, questions, amount)
      }
    }
    return plan.operations
  }

  /// The market of a condition, which must belong to the contract that is called.
  private func market(_ condition: String, _ target: String) throws(PositionCall.Revert) -> Int {
    guard let market = clients.conditionIndex[condition] else {
      throw PositionCall.Revert("condition not prepared")
    }
    guard Contracts.manager(of: spec(market).exchange) == target else {
      throw PositionCall.Revert("the condition belongs to another contract")
    }
    return market
  }
}
