import Shared

/// The CLOB's private questions and orders (protocol document, sections 2.9 to 2.13). The caller's key has been verified.
enum PrivateAnswers {
  private static let paths: Set<String> = [
    "POST /order", "POST /orders", "DELETE /order", "DELETE /orders", "DELETE /cancel-all",
    "DELETE /cancel-market-orders",
    "GET /data/orders", "GET /data/trades", "GET /data/pre-migration-orders", "GET /balance-allowance",
    "GET /balance-allowance/update", "POST /v1/heartbeats", "GET /auth/api-keys", "DELETE /auth/api-key",
    "GET /auth/ban-status/closed-only", "GET /notifications", "DELETE /notifications", "GET /order-scoring",
    "POST /orders-scoring", "GET /rewards/user", "GET /rewards/user/total", "GET /rewards/user/percentages",
    "GET /rewards/user/markets",
  ]

  /// Does this path need a key?
  static func covers(_ call: Call) -> Bool {
    paths.contains("\(call.method) \(call.path)") || call.method == "GET" && call.rest("/data/order/") != nil
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
    openWallet(call, key, account, gate, &state)
    if call.method == "GET" { return .now(question(call, key, account, gate, state)) }
    let body: WireValue? = call.body.isEmpty ? .null : WireReader.read(call.body)
    guard let body else { return .now(.refused(400, "Invalid payload")) }
    switch (call.method, call.path) {
    case ("POST", "/order"):
      do throws(OrderRefusal) {
        state.place(try order(body, key, account, gate, &state), request: request)
        return .deferred
      } catch {
        return .now(.refused(error.status, error.text))
      }
    case ("POST", "/orders"):
      guard let entries = body.asList else { return .now(.refused(400, "Invalid payload")) }
      guard entries.count <= 15 else {
        return .now(.refused(400, "Too many orders in payload: \(entries.count), max allowed: 15"))
      }
      var answers: [BatchEntry] = []
      for entry in entries {
        do throws(OrderRefusal) {
          answers.append(.posted(try order(entry, key, account, gate, &state)))
        } catch {
          answers.append(.refused(error))
        }
      }
      return .batch(answers)
    case ("POST", "/orders-scoring"):
      guard let ids = body.asList?.compactMap(\.asText) else { return .now(.refused(400, "Invalid payload")) }
      return .now(.ok(.record(ids.map { .init(name: $0, value: .flag(false)) })))
    // Nothing is ever notified: a fill and a cancel are told by the user channel.
    case ("DELETE", "/notifications"): return .now(.ok("OK"))
    case ("POST", "/v1/heartbeats"):
      state.heartbeat(body["heartbeat_id"]?.asText ?? "", account: account, request: request)
      return .deferred
    default: return cancel(call, body, account, request, &state)
    }
  }

  private static func order(
    _ value: WireValue, _ key: Gate.Key, _ owner: Int, _ gate: Gate, _ state: inout VenueState
  ) throws(OrderRefusal) -> OrderRules.Posted {
    // A token that nobody knows is told later, in its own words.
    let market = value["order"]?["tokenId"]?.asText.flatMap { state.market(token: $0) }
    let signed = try gate.order(value, key: key, exchange: market.map { state.spec($0.index).exchange } ?? .standard)
    var posted = signed.posted
    posted.account = state.wallet(signed.wallet, at: signed.maker, owner: owner)
    return posted
  }

  /// A wallet that is asked about exists from then on, with what a new wallet holds.
  private static func openWallet(
    _ call: Call, _ key: Gate.Key, _ owner: Int, _ gate: Gate, _ state: inout VenueState
  ) {
    guard call.rest("/balance-allowance") != nil || call.path == "/balance-allowance", let kind = wallet(call),
      let address = address(of: kind, key, owner, gate, state)
    else { return }
    _ = state.wallet(kind, at: address, owner: owner)
  }

  private static func wallet(_ call: Call) -> WalletKind? {
    WalletKind(rawValue: call.first("signature_type").flatMap { Int64($0) } ?? 0)
  }

  /// Where the signer's wallet of a kind is: the one that is open, or the usual place.
  private static func address(
    of kind: WalletKind, _ key: Gate.Key, _ owner: Int, _ gate: Gate, _ state: VenueState
  ) -> String? {
    let places = kind.addresses(of: key.address, keccak: gate.keccak)
    return places.first { state.clients.account(address: $0) != nil } ?? places.first
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
      guard let found = ordersOfMarket(body, account, state) else { return .now(.refused(400, "Invalid market")) }
      ids = found.map(\.terms.id)
    default: ids = state.openOrders(account: account).map(\.terms.id)
    }
    state.cancel(ids, account: account, request: request)
    return .deferred
  }

  /// The open orders of the market or token that a body names; `nil` when it names none.
  private static func ordersOfMarket(_ body: WireValue, _ account: Int, _ state: VenueState) -> [OrderRecord]? {
    let condition = body["market"]?.asText.flatMap { $0.isEmpty ? nil : $0.lowercased() }
    let token = body["asset_id"]?.asText.flatMap { $0.isEmpty ? nil : $0 }
    guard condition != nil || token != nil else { return nil }
    return state.openOrders(account: account).filter { matches($0, condition, token, state) }
  }

  /// What a request takes from its signer's buckets (section 2.16): a token for each order that it places or names, and for one that
  /// names none, one and one more for each order it finds. `nil` for what is no order and no cancel.
  static func cost(_ call: Call, account: Int, _ state: VenueState) -> SignerLimits.Cost? {
    func listed() -> Int64 { Int64(WireReader.read(call.body)?.asList?.count ?? 1) }
    switch (call.method, call.path) {
    case ("POST", "/order"): return .init(bucket: .orders, tokens: 1)
    case ("POST", "/orders"): return .init(bucket: .orders, tokens: listed())
    case ("DELETE", "/order"): return .init(bucket: .cancels, tokens: 1)
    case ("DELETE", "/orders"): return .init(bucket: .cancels, tokens: listed())
    case ("DELETE", "/cancel-all"):
      return .init(bucket: .cancels, tokens: 1 + Int64(state.openOrders(account: account).count))
    case ("DELETE", "/cancel-market-orders"):
      let found = WireReader.read(call.body).flatMap { ordersOfMarket($0, account, state) } ?? []
      return .init(bucket: .cancels, tokens: 1 + Int64(found.count))
    default: return nil
    }
  }

  private static func matches(
    _ order: OrderRecord, _ condition: String?, _ token: String?, _ state: VenueState
  ) -> Bool {
    guard let spec = state.clients.market(order.terms.slug) else { return false }
    return (condition == nil || spec.conditionID == condition)
      && (token == nil || spec.tokens[order.terms.outcome.index] == token)
  }

  // MARK: - Questions

  private static func question(
    _ call: Call, _ key: Gate.Key, _ account: Int, _ gate: Gate, _ state: VenueState
  ) -> Answer {
    if let id = call.rest("/data/order/") {
      guard let order = state.clients.orders[id.lowercased()], state.clients.owner(order.terms.account) == account
      else {
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
      return Paging.page(call, found) { AccountText.order($0, key.apiKey, state) }
    case "/data/trades": return trades(call, key, account, state)
    case "/balance-allowance":
      guard let kind = wallet(call), let address = address(of: kind, key, account, gate, state),
        let wallet = state.clients.account(address: address)
      else { return .refused(400, "Invalid signature_type") }
      return balance(call, wallet, gate, state)
    case "/balance-allowance/update": return .ok(.null)
    case "/auth/ban-status/closed-only": return .ok(.object(("closed_only", .flag(false))))
    case "/auth/api-keys":
      let keys = state.clients.keys.filter { $0.value.account == account }
      return .ok(
        .object(
          (
            "apiKeys",
            .texts(
              keys.sorted { ($0.value.nonce.utf8.count, $0.value.nonce) < ($1.value.nonce.utf8.count, $1.value.nonce) }
                .map(\.key))
          )))
    case "/order-scoring": return .ok(.object(("scoring", .flag(false))))
    case "/notifications", "/rewards/user/total": return .ok(.list([]))
    case "/rewards/user/percentages": return .ok(.record([]))
    // Pre-migration orders are those of the first generation: all of them were wiped.
    default: return Paging.empty(call)
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
    var found: [Int] = []
    // Newest first; an id names one, and nothing older than `after` is of interest.
    let all = state.clients.trades
    var range = all.indices
    if let id = given("id") {
      guard let place = state.clients.tradeIndex[id] else { return Paging.empty(call) }
      range = place..<(place + 1)
    }
    // No more is looked at than tells whether another page follows.
    let most = Paging.end(call).map { $0 + 1 } ?? 0
    for place in range.reversed() {
      if found.count >= most { break }
      let seconds = all[place].matchedAt.market.seconds
      if let after, seconds <= after { break }
      if let before, seconds >= before { continue }
      guard state.isParty(account, to: all[place]) else { continue }
      if condition != nil || token != nil, !isOf(all[place], condition, token, state) { continue }
      found.append(place)
    }
    return Paging.page(call, found) { AccountText.trade(all[$0], account, key.apiKey, state) }
  }

  private static func isOf(_ trade: TradeRecord, _ condition: String?, _ token: String?, _ state: VenueState) -> Bool {
    guard let spec = state.clients.market(trade.slug), condition == nil || spec.conditionID == condition else {
      return false
    }
    return token == nil || ([trade.taker] + trade.makers).contains { spec.tokens[$0.outcome.index] == token }
  }

  private static func balance(_ call: Call, _ account: Int, _ gate: Gate, _ state: VenueState) -> Answer {
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
          .record(
            TypedOrder.Exchange.allCases.map { .init(name: $0.contract(chain: gate.chain), value: unlimited) })
        )))
  }
}
