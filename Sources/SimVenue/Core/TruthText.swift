import Shared

/// The text form of the truth log: one JSON object a line, described in `docs/truth-log.md`. Amounts are base units (10⁻⁶) as integers.
enum TruthText {
  static func line(_ record: TruthRecord) -> [UInt8] {
    var fields: [(String, WireValue)] = [
      ("seq", .integer(record.sequence)), ("wall_ns", .integer(record.now.wall.nanoseconds)),
      ("market_ns", .integer(record.now.market.nanoseconds)),
    ]
    fields += encode(record.entry)
    return WireValue.record(fields.map { .init(name: $0.0, value: $0.1) }).bytes + [0x0A]
  }

  private static func encode(_ entry: TruthEntry) -> [(String, WireValue)] {
    switch entry {
    case .started(let source, let build):
      return [("kind", "started"), ("source", .text(source)), ("build", .text(build))]
    case .clock(let clock):
      return [
        ("kind", "clock"), ("anchor_wall_ns", .integer(clock.anchorWall.nanoseconds)),
        ("anchor_market_ns", .integer(clock.anchorMarket.nanoseconds)), ("rate_milli", .integer(clock.rateMilli)),
      ]
    case .account(let index, let address, let apiKey, let owner, let wallet):
      return [
        ("kind", "account"), ("account", .integer(Int64(index))), ("address", .text(address)),
        ("api_key", .text(apiKey)), ("owner", .integer(Int64(owner))), ("wallet", .integer(wallet.rawValue)),
      ]
    case .key(let account, let nonce, let apiKey):
      return [
        ("kind", "key"), ("account", .integer(Int64(account))), ("nonce", .text(nonce)), ("api_key", .text(apiKey)),
      ]
    case .builderKey(let account, let number, let apiKey):
      return [
        ("kind", "builder_key"), ("account", .integer(Int64(account))), ("number", .integer(number)),
        ("api_key", .text(apiKey)),
      ]
    case .builderKeyGone(let apiKey): return [("kind", "builder_key_gone"), ("api_key", .text(apiKey))]
    case .keyGone(let apiKey): return [("kind", "key_gone"), ("api_key", .text(apiKey))]
    case .market(let spec): return [("kind", "market")] + encode(spec)
    case .request(let request):
      return [
        ("kind", "request"), ("api_key", .text(request.apiKey)), ("method", .text(request.method)),
        ("path", .text(request.path)), ("body_sha256", .text(request.bodyHash)),
        ("status", .integer(Int64(request.status))),
        ("decision", .text(request.decision)),
      ]
    case .order(let terms, let key): return [("kind", "order"), ("key", .integer(key))] + encode(terms)
    case .trade(let trade): return [("kind", "trade")] + encode(trade)
    case .balance(let account, let asset, let delta, let after, let cause):
      return [
        ("kind", "balance"), ("account", .integer(Int64(account))), ("asset", .text(asset)), ("delta", .integer(delta)),
        ("after", .integer(after)), ("cause", .text(cause)),
      ]
    case .ended(let order, let status):
      return [("kind", "ended"), ("order", .text(order)), ("status", .text(status.rawValue))]
    case .tradeStatus(let trade, let status, let hash):
      return [
        ("kind", "trade_status"), ("trade", .text(trade)), ("status", .text(status.rawValue)), ("hash", .text(hash)),
      ]
    case .closed(let slug): return [("kind", "closed"), ("market", .text(slug))]
    case .decided(let resolution): return [("kind", "decided")] + encode(resolution)
    case .resolved(let resolution): return [("kind", "resolved")] + encode(resolution)
    case .oracle(let slug, let step):
      return [
        ("kind", "oracle"), ("market", .text(slug)), ("status", .text(step.status.rawValue)),
        ("payouts", .list(step.payouts.map { .integer($0) })),
      ]
    case .submitted(let transaction): return [("kind", "submitted")] + encode(transaction)
    case .progressed(let id, let state, let problem):
      return [
        ("kind", "progressed"), ("transaction", .text(id)), ("state", .text(state.rawValue)),
        ("problem", .text(problem)),
      ]
    case .operation(let operation): return [("kind", "operation")] + encode(operation)
    case .deadMan(let account, let armed):
      return [("kind", "dead_man"), ("account", .integer(Int64(account))), ("armed", .flag(armed))]
    case .source(let text): return [("kind", "source"), ("state", .text(text))]
    }
  }

  private static func encode(_ resolution: TruthEntry.Resolution) -> [(String, WireValue)] {
    [
      ("market", .text(resolution.slug)),
      ("winner", resolution.winner.map { .text($0.rawValue) } ?? .null),
      ("payouts", .list(resolution.payouts.map { .integer($0) })),
      ("inferred", .flag(resolution.inferred)),
      ("opening", resolution.opening.map { .text(WireAttos.text($0)) } ?? .null),
      ("closing", resolution.closing.map { .text(WireAttos.text($0)) } ?? .null),
    ] + (resolution.notBefore.map { [("not_before_ns", .integer($0.nanoseconds))] } ?? [])
  }

  private static func encode(_ transaction: ChainTransaction) -> [(String, WireValue)] {
    [
      ("transaction", .text(transaction.id)), ("hash", .text(transaction.hash)),
      ("account", .integer(Int64(transaction.account))), ("nonce", .integer(transaction.nonce)),
      (
        "calls",
        .list(
          transaction.calls.map {
            .object(("target", .text($0.target)), ("data", .text("0x" + Hex.text($0.data))))
          })
      ),
    ]
  }

  private static func encode(_ operation: ChainOperation) -> [(String, WireValue)] {
    [
      ("operation", .text(operation.kind.rawValue)), ("hash", .text(operation.hash)),
      ("account", .integer(Int64(operation.account))), ("market", .text(operation.slug)),
      ("yes", .integer(operation.yes)), ("no", .integer(operation.no)), ("cash", .integer(operation.cash)),
    ]
  }

  private static func encode(_ spec: MarketSpec) -> [(String, WireValue)] {
    var fields: [(String, WireValue)] = [
      ("market", .text(spec.slug)), ("question", .text(spec.question)), ("details", .text(spec.details)),
      ("condition", .text(spec.conditionID)), ("question_id", .text(spec.questionID)), ("tokens", .texts(spec.tokens)),
      ("outcomes", .texts(spec.labels)), ("number", .integer(spec.number)), ("event", .integer(spec.eventNumber)),
      ("tick", .integer(spec.tick.micros)), ("minimum_size", .integer(spec.minimumSize.micros)),
      ("fee_rate", .integer(spec.feeRate)), ("listed_ns", .integer(spec.listed.nanoseconds)),
      ("start_ns", .integer(spec.start.nanoseconds)), ("end_ns", .integer(spec.end.nanoseconds)),
    ]
    if spec.exchange != .standard { fields.append(("exchange", .text(spec.exchange.rawValue))) }
    if let group = spec.group {
      fields += [("group", .text(group.slug)), ("group_title", .text(group.title)), ("group_item", .text(group.item))]
    }
    if case .upDown(let asset, let seconds) = spec.kind {
      fields += [("asset", .text(asset)), ("window_s", .integer(seconds))]
    }
    return fields
  }

  private static func encode(_ terms: OrderTerms) -> [(String, WireValue)] {
    [
      ("order", .text(terms.id)), ("account", .integer(Int64(terms.account))), ("market", .text(terms.slug)),
      ("outcome", .text(terms.outcome.rawValue)), ("side", .text(terms.side.rawValue)),
      ("price", .integer(terms.price.micros)), ("size", .integer(terms.size.micros)),
      ("maker_amount", .integer(terms.makerAmount)), ("type", .text(terms.timeInForce.rawValue)),
      ("post_only", .flag(terms.postOnly)), ("expiration_s", .integer(terms.expiration)),
    ]
  }

  private static func encode(_ trade: TradeRecord) -> [(String, WireValue)] {
    [
      ("trade", .text(trade.id)), ("market", .text(trade.slug)), ("taker", encode(trade.taker)),
      ("makers", .list(trade.makers.map(encode))),
    ]
  }

  private static func encode(_ part: TradeRecord.Part) -> WireValue {
    .object(
      ("order", .text(part.order)), ("account", part.account.map { .integer(Int64($0)) } ?? .null),
      ("trader", part.trader.map { .text($0) } ?? .null),
      ("outcome", .text(part.outcome.rawValue)), ("side", .text(part.side.rawValue)),
      ("price", .integer(part.price.micros)), ("shares", .integer(part.shares.micros)),
      ("cash", .integer(part.cash.micros)), ("fee", .integer(part.fee.micros)))
  }
}

extension WireValue: ExpressibleByStringLiteral {
  init(stringLiteral value: String) { self = .text(value) }
}
