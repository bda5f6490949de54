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

  /// Collateral, what resting orders hold included.
  public func collateral(_ done: @escaping (Result<USD, VenueCallError>) -> Void) {
    balance([WebField("asset_type", "COLLATERAL")]) { done($0.map(USD.init(micros:))) }
  }

  public func balance(of token: TokenID, _ done: @escaping (Result<Shares, VenueCallError>) -> Void) {
    balance([WebField("asset_type", "CONDITIONAL"), WebField("token_id", token.text)]) {
      done($0.map(Shares.init(micros:)))
    }
  }

  private func balance(_ what: [WebField], _ done: @escaping (Result<Int64, VenueCallError>) -> Void) {
    let query = what + [WebField("signature_type", String(wallet.rawValue))]
    askPrivately("GET", "/balance-allowance", query: query) { result in done(result.decoded { $0["balance"]?.int }) }
  }
}
