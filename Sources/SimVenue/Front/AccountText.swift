import Shared

/// Orders and trades as their owner sees them, by REST and on the user stream.
enum AccountText {
  static func order(_ order: OrderRecord, _ apiKey: String, _ state: VenueState) -> WireValue {
    .record(fields(order, apiKey, state) + [.init(name: "created_at", value: .integer(order.created.seconds))])
  }

  /// An `order` event of the user stream.
  static func orderEvent(
    _ order: OrderRecord, _ change: UserEvent.Change, _ apiKey: String, _ state: VenueState
  ) -> WireValue {
    .record(
      [.init(name: "event_type", value: "order")] + fields(order, apiKey, state) + [
        .init(name: "order_owner", value: .text(apiKey)), .init(name: "type", value: .text(change.rawValue)),
        .init(name: "created_at", value: .text(String(order.created.seconds))),
        .init(name: "timestamp", value: .text(String(state.now.market.milliseconds))),
      ])
  }

  private static func fields(_ order: OrderRecord, _ apiKey: String, _ state: VenueState) -> [WireValue.Field] {
    let terms = order.terms
    let spec = state.clients.market(terms.slug)
    return [
      .init(name: "id", value: .text(terms.id)), .init(name: "status", value: .text(order.status.rawValue)),
      .init(name: "owner", value: .text(apiKey)),
      .init(name: "maker_address", value: .text(state.clients.accounts[terms.account].address)),
      .init(name: "market", value: .text(spec?.conditionID ?? "")),
      .init(name: "asset_id", value: .text(spec?.tokens[terms.outcome.index] ?? "")),
      .init(name: "side", value: .text(terms.side.rawValue)),
      .init(name: "original_size", value: .text(terms.size.description)),
      .init(name: "size_matched", value: .text(order.matched.description)),
      .init(name: "price", value: .text(terms.price.description)),
      .init(name: "outcome", value: .text(spec?.labels[terms.outcome.index] ?? "")),
      .init(name: "expiration", value: .text(String(terms.expiration))),
      .init(name: "order_type", value: .text(terms.timeInForce.rawValue)),
      .init(name: "associate_trades", value: .texts(order.trades)),
    ]
  }

  /// A trade by REST: statuses carry a prefix there.
  static func trade(_ trade: TradeRecord, _ account: Int, _ apiKey: String, _ state: VenueState) -> WireValue {
    .record(
      fields(trade, account, apiKey, state, status: "TRADE_STATUS_" + trade.status.rawValue) + [
        .init(name: "transaction_hash", value: .text(trade.hash))
      ])
  }

  /// A `trade` event of the user stream.
  static func tradeEvent(_ trade: TradeRecord, _ account: Int, _ apiKey: String, _ state: VenueState) -> WireValue {
    .record(
      [.init(name: "event_type", value: "trade"), .init(name: "type", value: "TRADE")]
        + fields(trade, account, apiKey, state, status: trade.status.rawValue) + [
          .init(name: "trade_owner", value: .text(apiKey)),
          .init(name: "transaction_hash", value: trade.hash.isEmpty ? .null : .text(trade.hash)),
          .init(name: "timestamp", value: .text(String(state.now.market.milliseconds))),
        ])
  }

  private static func fields(
    _ trade: TradeRecord, _ account: Int, _ apiKey: String, _ state: VenueState, status: String
  ) -> [WireValue.Field] {
    let spec = state.clients.market(trade.slug)
    let taker = trade.taker
    return [
      .init(name: "id", value: .text(trade.id)), .init(name: "taker_order_id", value: .text(taker.order)),
      .init(name: "market", value: .text(spec?.conditionID ?? "")),
      .init(name: "asset_id", value: .text(spec?.tokens[taker.outcome.index] ?? "")),
      .init(name: "side", value: .text(taker.side.rawValue)),
      .init(name: "size", value: .text(taker.shares.description)), .init(name: "fee_rate_bps", value: "0"),
      .init(name: "price", value: .text(taker.price.description)), .init(name: "status", value: .text(status)),
      .init(name: "match_time", value: .text(String(trade.matchedAt.market.seconds))),
      .init(name: "last_update", value: .text(String(trade.updatedAt.market.seconds))),
      .init(name: "outcome", value: .text(spec?.labels[taker.outcome.index] ?? "")),
      .init(name: "bucket_index", value: .integer(0)),
      .init(name: "owner", value: .text(owner(taker, state))),
      .init(name: "maker_address", value: .text(address(taker, state))),
      .init(name: "maker_orders", value: .list(trade.makers.map { maker($0, spec, state) })),
      .init(name: "trader_side", value: taker.account.map(state.clients.owner) == account ? "TAKER" : "MAKER"),
    ]
  }

  private static func maker(_ part: TradeRecord.Part, _ spec: MarketSpec?, _ state: VenueState) -> WireValue {
    .object(
      ("order_id", .text(part.order)), ("owner", .text(owner(part, state))),
      ("maker_address", .text(address(part, state))),
      ("matched_amount", .text(part.shares.description)), ("price", .text(part.price.description)),
      ("fee_rate_bps", "0"), ("asset_id", .text(spec?.tokens[part.outcome.index] ?? "")),
      ("outcome", .text(spec?.labels[part.outcome.index] ?? "")),
      ("outcome_index", .integer(Int64(part.outcome.index))), ("side", .text(part.side.rawValue)))
  }

  private static func owner(_ part: TradeRecord.Part, _ state: VenueState) -> String {
    part.account.map { state.clients.apiKey(of: $0) } ?? "00000000-0000-4000-8000-000000000000"
  }

  private static func address(_ part: TradeRecord.Part, _ state: VenueState) -> String {
    state.clients.address(of: part)
  }
}
