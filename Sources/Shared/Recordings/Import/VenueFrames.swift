/// Writes imported rows as a recording: what was recorded as a frame stays as it is, the rest is written in the venue's own shapes
/// (protocol document, sections 4.3 and 5.1), so that everything which reads recordings reads it.
public struct VenueFrames: Sendable {
  private var conditions: [TokenID: ConditionID] = [:]
  private var markets: [MarketSlug: (condition: ConditionID, tokens: [TokenID])] = [:]
  private var hasBegun = false

  public init() {}

  /// The lines for one row. Rows come in the order of their times.
  public mutating func lines(for row: ImportedRow) throws(ImportError) -> [RecordedFrame] {
    var frames: [RecordedFrame] = []
    func add(_ stream: String, _ frame: [UInt8]) {
      frames.append(RecordedFrame(receivedAt: row.at, stream: stream, frame: frame))
    }
    if !hasBegun {
      hasBegun = true
      // Of the live venue, whose market time is the wall's.
      add(FeedMark.stream, FeedMark.clock(.live).json.bytes)
      add(FeedMark.stream, FeedMark.opened.json.bytes)
    }
    switch row.fact {
    case .market(let slug, let condition, let yes, let no, let ends):
      for token in [yes, no] { conditions[token] = condition }
      markets[slug] = (condition, [yes, no])
      add(FeedMark.stream, FeedMark.following(slug, condition: condition, yes: yes, no: no, ends: ends).json.bytes)
    case .frame(let stream, let bytes): add(stream, bytes)
    case .book(let token, let bids, let asks, let hash):
      let book = VenueBook(
        market: try condition(token), token: token, time: row.stamp, hash: hash, bids: bids, asks: asks)
      add("market", book.json.with("event_type", "book").bytes)
    case .levels(let token, let levels, let hash):
      let changes = levels.map { item -> JSON in
        [
          "asset_id": .text(token), "price": .text(item.level.price), "size": .text(item.level.size),
          "side": .string(item.side.rawValue), "hash": .string(hash),
        ]
      }
      add("market", try event("price_change", token, row, ["price_changes": .array(changes)]))
    case .trade(let token, let side, let level):
      add(
        "market",
        try event(
          "last_trade_price", token, row,
          [
            "asset_id": .text(token), "price": .text(level.price), "size": .text(level.size), "fee_rate_bps": "0",
            "side": .string(side.rawValue),
          ]))
    case .top(let token, let bid, let ask):
      add(
        "market",
        try event(
          "best_bid_ask", token, row,
          [
            "asset_id": .text(token), "best_bid": .string(bid?.description ?? ""),
            "best_ask": .string(ask?.description ?? ""),
          ]))
    case .grid(let token, let tick):
      add(
        "market", try event("tick_size_change", token, row, ["asset_id": .text(token), "new_tick_size": .text(tick)]))
    case .price(let tick): add("reference", try VenueFrames.price(tick, sent: row.at).bytes)
    case .resolved(let slug, let winner):
      guard let market = markets[slug], market.tokens.contains(winner) else {
        throw ImportError(line: 0, "the result of \(slug) names a market or a token that no row above has")
      }
      add(
        "market",
        try event(
          "market_resolved", winner, row,
          [
            "assets_ids": .array(market.tokens.map { .text($0) }), "winning_asset_id": .text(winner),
            "winning_outcome": winner == market.tokens[0] ? "Yes" : "No",
          ]))
    }
    return frames
  }

  private func condition(_ token: TokenID) throws(ImportError) -> ConditionID {
    guard let condition = conditions[token] else {
      throw ImportError(line: 0, "token \(token) belongs to no market: put a market row before its rows")
    }
    return condition
  }

  private func event(
    _ type: String, _ token: TokenID, _ row: ImportedRow, _ more: JSON
  ) throws(ImportError) -> [UInt8] {
    let head: [JSON.Member] = [.init("event_type", .string(type)), .init("market", .text(try condition(token)))]
    let tail = JSON.Member("timestamp", .string(String(row.stamp.milliseconds)))
    return JSON.object(head + (more.members ?? []) + [tail]).bytes
  }

  static func price(_ tick: ReferenceTick, sent: WallTime) throws(ImportError) -> JSON {
    var payload: [JSON.Member] = [
      .init("symbol", .string(tick.symbol)), .init("timestamp", .int(tick.observedAt.milliseconds)),
      .init("value", .number(tick.value.description)),
    ]
    let topic: String
    switch tick.series {
    case .exchangeSpot: topic = "crypto_prices"
    case .oracleSpot: topic = "crypto_prices_chainlink"
    case .publisherSpot: throw ImportError(line: 0, "the reference stream does not carry Pyth's prices")
    case .oracleTWAP(let seconds):
      topic = seconds == 30 ? "crypto_prices_twap_thirty" : "crypto_prices_twap_sixty"
      payload += [
        .init("window_s", .int(seconds)), .init("full_accuracy_value", .string(String(tick.value.attos))),
      ]
    }
    return [
      "topic": .string(topic), "type": "update", "timestamp": .int(sent.milliseconds), "payload": .object(payload),
    ]
  }
}
