import Shared

/// Reading back what is ours (protocol document, sections 2.12 and 2.13).
extension ClobClient {
  /// `nil`: the venue says that it has no such order. It forgets ended ones, so that alone does not prove that there was none.
  public func order(_ id: VenueOrderID, _ done: @escaping (Result<VenueOrder?, VenueCallError>) -> Void) {
    askPrivately("GET", "/data/order/\(id)") { result in
      switch result {
      // In the venue's words only: a page that was not found is no order that was not found.
      case .failure(.status(404, let message, _)) where !message.isEmpty: done(.success(nil))
      case .failure(let error): done(.failure(error))
      // An unknown order was also seen answered with null and with an empty object.
      case .success(let json) where json.isNull || json.members?.isEmpty == true: done(.success(nil))
      case .success(let json):
        guard let order = VenueOrder(json), order.id == id else { return done(.failure(.malformed("order"))) }
        done(.success(order))
      }
    }
  }

  /// All open orders of the account, of all pages, or an error: never a part.
  public func openOrders(_ done: @escaping (Result<[VenueOrder], VenueCallError>) -> Void) {
    pages("/data/orders", query: [], decode: VenueOrder.init, done)
  }

  /// All trades of the account matched at or after that time, all pages, or an error: never a part. Whole seconds at the venue, and its
  /// comparison may be strict: one second more is asked for.
  public func trades(after: MarketTime?, _ done: @escaping (Result<[VenueTrade], VenueCallError>) -> Void) {
    pages(
      "/data/trades", query: after.map { [WebField("after", String(max(0, $0.seconds - 1)))] } ?? [],
      decode: VenueTrade.init, done)
  }

  /// One match of ours by its id: how far it has settled. `nil`: the venue lists no such trade of ours (yet).
  public func trade(_ id: VenueTradeID, _ done: @escaping (Result<VenueTrade?, VenueCallError>) -> Void) {
    pages("/data/trades", query: [WebField("id", id.text)], decode: VenueTrade.init) { result in
      done(result.map { $0.first { $0.id == id } })
    }
  }

  /// Collateral, what resting orders hold included.
  public func collateral(_ done: @escaping (Result<USD, VenueCallError>) -> Void) {
    holding(nil) { done($0.map { USD(micros: $0.baseUnits) }) }
  }

  /// Lags a fill by seconds (requirement V-12): never the size of an exit.
  public func balance(of token: TokenID, _ done: @escaping (Result<Shares, VenueCallError>) -> Void) {
    holding(token) { done($0.map { Shares(micros: $0.baseUnits) }) }
  }

  /// What the wallet holds and what each exchange contract may take of it.
  /// - Parameter token: `nil` for the collateral.
  public func holding(_ token: TokenID?, _ done: @escaping (Result<VenueHolding, VenueCallError>) -> Void) {
    askPrivately("GET", "/balance-allowance", query: asset(token)) { done($0.decoded(VenueHolding.init)) }
  }

  /// Has the venue look at the chain again, after an approval or a deposit.
  public func refreshHolding(_ token: TokenID?, _ done: @escaping (Result<Void, VenueCallError>) -> Void) {
    guard let headers = authentication("GET", "/balance-allowance/update", []) else { return refuse(done) }
    requests.send(
      "GET", "/balance-allowance/update", query: asset(token), headers: headers, timeout: timeout
    ) { result in
      // The body of a success says nothing and may be empty.
      if case .success(let response) = result, response.status == 200 { return done(.success(())) }
      done(VenueHTTP.json(result).map { _ in () })
    }
  }

  private func asset(_ token: TokenID?) -> [WebField] {
    let kind = WebField("signature_type", String(wallet.rawValue))
    guard let token else { return [WebField("asset_type", "COLLATERAL"), kind] }
    // A token of the later protocol is held by another contract (section 2.13).
    let isLater = Word256(decimal: token.text).map { PositionID($0) != nil } ?? false
    return [WebField("asset_type", isLater ? "CONDITIONAL-V2" : "CONDITIONAL"), WebField("token_id", token.text), kind]
  }
}
