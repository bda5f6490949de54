import Shared

/// The CLOB's private questions and orders (protocol document, sections 2.9 to 2.13). The caller's key has been verified.
enum PrivateAnswers {
  /// Does this path need a key?
  static func covers(_ call: Call) -> Bool {
    switch (call.method, call.path) {
    case ("POST", "/order"), ("POST", "/orders"), ("DELETE", "/order"), ("DELETE", "/orders"),
      ("DELETE", "/cancel-all"),
      ("DELETE", "/cancel-market-orders"), ("GET", "/data/orders"), ("GET", "/data/trades"),
      ("GET", "/balance-allowance"),
      ("GET", "/balance-allowance/update"), ("POST", "/v1/heartbeats"), ("GET", "/auth/api-keys"):
      true
    default: call.method == "GET" && call.rest("/data/order/") != nil
    }
  }

  /// What a request leads to: an answer now, or one or more orders whose answers come through the state's effects.
  enum Outcome {
    case now(Answer)
    /// The state answers under the request's own number.
    case deferred
    /// A batch: each entry is refused already or waits under its number.
    case batch([BatchEntry])
  }

  enum BatchEntry {
    case refused(OrderRefusal)
    case posted(OrderRules.Posted)
  }

  static func answer(
    _ call: Call, key: Gate.Key, account: Int, gate: Gate, request: Int, _ state: inout VenueState
  ) -> Outcome {
    if call.method == "GET" { return .now(question(call, key, account, state)) }
    let body: WireValue? = call.body.isEmpty ? .null : WireReader.read(call.body)
    guard let body else { return .now(.refused(400, "Invalid payload")) }
    switch (call.method, call.path) {
    case ("POST", "/order"):
      do throws(OrderRefusal) {
        state.place(try gate.order(body, key: key, account: account), request: request)
        return .deferred
      } catch {
        return .now(.refused(error.status, error.text))
      }
    case ("POST", "/orders"):
      guard let entries = body.asList else { return .now(.refused(400, "Invalid payload")) }
      guard entries.count <= 15 else {
        return .now(.refused(400, "Too many orders in payload: \(entries.count), max allowed: 15"))
      }
      return .batch(
        entries.map { entry in
          do throws(OrderRefusal) {
            return .posted(try gate.order(entry, key: key, account: account))
          } catch {
            return .refused(error)
          }
        })
    case ("POST", "/v1/heartbeats"):
      state.heartbeat(body["heartbeat_id"]?.asText ?? "", account: account, request: request)
      return .deferred
    default: return cancel(call, body, account, request, &state)
    }
  }

  private static func cancel(
    _ call: Call, _ body: WireValue, _ account: Int, _ request: Int, _ state: inout VenueState
  ) -> Outcome {
    let ids: [String]
    switch call.path {
    case "/order":
      guard let id = body["orderID"]?.asText, !id.isEmpty else { return .now(.refused(400, "Invalid orderID")) }
      ids = [id.lowercased()]
    case "/orders":
      guard let list = body.asList, list.count <= 3000, list.allSatisfy({ $0.asText != nil }) else {
        return .now(.refused(400, "Invalid payload"))
      }
      ids = list.compactMap { $0.asText?.lowercased() }
    case "/cancel-market-orders":
      let condition = body["market"]?.asText.flatMap { $0.isEmpty ? nil : $0.lowercased() }
      let token = body["asset_id"]?.asText.flatMap { $0.isEmpty ? nil : $0 }
      guard condition != nil || token != nil else { return .now(.refused(400, "Invalid market")) }
      ids = state.openOrders(account: account).filter { matches($0, condition, token, state) }.map(\.terms.id)
    default: ids = state.openOrders(account: account).map(\.terms.id)
    }
    state.cancel(ids, account: account, request: request)
    return .deferred
  }

  private static func matches(
    _ order: OrderRecord, _ condition: String?, _ token: String?, _ state: VenueState
  ) -> Bool {
    guard let spec = state.clients.market(order.terms.slug) else { return false }
    return (condition == nil || spec.conditionID == condition)
      && (token == nil || spec.tokens[order.terms.outcome.index] == token)
  }

  // MARK: - Questions

  private static func question(_ call: Call, _ key: Gate.Key, _ account: Int, _ state: VenueState) -> Answer {
    if let id = call.rest("/data/order/") {
      guard let order = state.clients.orders[id.lowercased()], order.terms.account == account else {
        return .refused(404, "order not found")
      }
      return .ok(AccountText.order(order, key.apiKey, state))
    }
    switch call.path {
    case "/data/orders":
      let condition = call.first("market").flatMap { $0.isEmpty ? nil : $0.lowercased() }
      let token = call.first("asset_id").flatMap { $0.isEmpty ? nil : $0 }
      let id = call.first("id").flatMap { $0.isEmpty ? nil : $0.lowercased() }
      let found = state.openOrders(account: account).filter {
        matches($0, condition, token, state) && (id == nil || $0.terms.id == id)
      }
      return page(call, found) { AccountText.order($0, key.apiKey, state) }
    case "/data/trades": return trades(call, key, account, state)
    case "/balance-allowance": return balance(call, account, state)
    case "/balance-allowance/update": return .ok(.null)
    default: return .ok(.object(("apiKeys", .texts([key.apiKey]))))
    }
  }

  private static func trades(_ call: Call, _ key: Gate.Key, _ account: Int, _ state: VenueState) -> Answer {
    func given(_ name: String) -> String? { call.first(name).flatMap { $0.isEmpty ? nil : $0 } }
    let condition = given("market")?.lowercased()
    let token = given("asset_id")
    let before = given("before").flatMap { Int64($0) }
    let after = given("after").flatMap { Int64($0) }
    if given("before") != nil && before == nil || given("after") != nil && after == nil {
      return .refused(400, "Invalid trade params payload")
    }
    var found: [TradeRecord] = []
    // Newest first; an id names one, and nothing older than `after` is of interest.
    let all = state.clients.trades
    var range = all.indices
    if let id = given("id") {
      guard let place = state.clients.tradeIndex[id] else { return page(call, found) { _ in .null } }
      range = place..<(place + 1)
    }
    for place in range.reversed() {
      let trade = all[place]
      if let after, trade.matchedAt.market.seconds <= after { break }
      guard trade.taker.account == account || trade.makers.contains(where: { $0.account == account }),
        let spec = state.clients.market(trade.slug)
      else { continue }
      if let condition, spec.conditionID != condition { continue }
      if let token, !([trade.taker] + trade.makers).contains(where: { spec.tokens[$0.outcome.index] == token }) {
        continue
      }
      if let before, trade.matchedAt.market.seconds >= before { continue }
      found.append(trade)
    }
    return page(call, found) { AccountText.trade($0, account, key.apiKey, state) }
  }

  private static func balance(_ call: Call, _ account: Int, _ state: VenueState) -> Answer {
    let asset: String
    switch call.first("asset_type") {
    case "COLLATERAL": asset = ClientBooks.cash
    case "CONDITIONAL", "CONDITIONAL-V2":
      guard let token = call.first("token_id"), state.market(token: token) != nil else {
        return .refused(400, "Invalid token id")
      }
      asset = token
    default: return .refused(400, "Invalid asset type")
    }
    let unlimited: WireValue =
      "115792089237316195423570985008687907853269984665640564039457584007913129639935"
    return .ok(
      .object(
        ("balance", .text(String(state.clients.accounts[account].balance(asset)))),
        (
          "allowances",
          .object(
            (TypedOrder.Exchange.standard.contract, unlimited), (TypedOrder.Exchange.negativeRisk.contract, unlimited))
        )))
  }

  /// A page of a list: cursors are the base64 of a place, `LTE=` ends.
  private static func page<Item>(_ call: Call, _ items: [Item], _ show: (Item) -> WireValue) -> Answer {
    var start = 0
    if let cursor = call.first("next_cursor"), !cursor.isEmpty {
      guard let bytes = Base64URL.decode(cursor), let place = Int(String(decoding: bytes, as: UTF8.self)) else {
        return .refused(400, "Invalid payload")
      }
      // The last page's own cursor, sent again: nothing follows.
      start = place < 0 ? items.count : place
    }
    let shown = items.dropFirst(start).prefix(100)
    let next = start + shown.count
    return .ok(
      .object(
        ("limit", .integer(100)), ("count", .integer(Int64(shown.count))),
        ("next_cursor", .text(next < items.count ? Base64URL.encode(Array(String(next).utf8)) : "LTE=")),
        ("data", .list(shown.map(show)))))
  }
}
