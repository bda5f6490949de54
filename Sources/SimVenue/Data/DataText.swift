import Shared

/// Rows of the Data API: each value once, its name in either version's spelling (protocol document, sections 6.3 and 6.4).
enum DataText {
  /// The first version writes `camelCase`, the second `snake_case` and some words of its own.
  enum Version {
    case first
    case second

    func pick(_ first: String, _ second: String) -> String { self == .first ? first : second }
  }

  /// 32 bytes: the 31 of protocol v2 get one behind them.
  static func condition(_ spec: MarketSpec) -> String {
    spec.conditionID.utf8.count == 64 ? spec.conditionID + "00" : spec.conditionID
  }

  static func number(_ micros: Int64) -> WireValue { .number(WireDecimal.text(micros)) }

  /// What the market is, in any row about it.
  static func market(_ spec: MarketSpec) -> [(String, WireValue)] {
    [("title", .text(spec.question)), ("slug", .text(spec.slug)), ("icon", "")]
  }

  static func profile(_ wallet: ChainWallet, _ version: Version) -> [(String, WireValue)] {
    [
      ("name", .text(wallet.name)), ("pseudonym", .text(wallet.pseudonym)), ("bio", ""),
      (version.pick("profileImage", "profile_image"), ""),
      (version.pick("profileImageOptimized", "profile_image_optimized"), ""),
    ]
  }

  static func trade(_ event: ChainEvent, _ state: VenueState, _ version: Version) -> WireValue {
    let wallet = state.chain.wallets[event.wallet]
    return .pairs(
      [
        (version.pick("proxyWallet", "proxy_wallet"), .text(wallet.address)),
        (version.pick("timestamp", "timestamp"), .integer(event.now.market.seconds)),
        (version.pick("transactionHash", "transaction_hash"), .text(event.hash)),
      ] + tokens(event, state, version) + [("side", .text(event.side?.rawValue ?? ""))] + profile(wallet, version))
  }

  static func activity(_ event: ChainEvent, _ state: VenueState, _ version: Version) -> WireValue {
    let wallet = state.chain.wallets[event.wallet]
    var fields: [(String, WireValue)] = [
      (version.pick("proxyWallet", "proxy_wallet"), .text(wallet.address)),
      ("timestamp", .integer(event.now.market.seconds)), ("type", .text(event.kind.rawValue)),
      (version.pick("transactionHash", "transaction_hash"), .text(event.hash)),
      (version.pick("usdcSize", "usdc_size"), number(event.cash.micros)),
    ]
    if version == .second, event.kind == .trade { fields.append(("is_combo", .flag(false))) }
    if let market = event.market {
      if event.outcome != nil {
        fields += tokens(event, state, version)
      } else {
        let spec = state.spec(market)
        fields += [
          (version.pick("conditionId", "condition_id"), .text(condition(spec))),
          (version.pick("eventSlug", "event_slug"), .text(spec.eventSlug)),
        ]
        fields += self.market(spec)
      }
    }
    if event.kind == .trade {
      fields.append(("side", .text(event.side?.rawValue ?? "")))
    } else if version == .first {
      // The first version has every field in every row.
      if event.outcome == nil { fields += [("asset", ""), ("price", .integer(0)), ("outcomeIndex", .integer(999))] }
      fields += [("side", "")]
      if event.outcome == nil { fields += [("size", number(event.shares.micros)), ("outcome", "")] }
    }
    return .pairs(fields + profile(wallet, version))
  }

  /// Token, size and price of an event about one outcome.
  private static func tokens(_ event: ChainEvent, _ state: VenueState, _ version: Version) -> [(String, WireValue)] {
    guard let market = event.market, let outcome = event.outcome else { return [] }
    let spec = state.spec(market)
    return [
      (version.pick("asset", "token_id"), .text(spec.tokens[outcome.index])),
      (version.pick("conditionId", "condition_id"), .text(condition(spec))),
      ("size", number(event.shares.micros)), ("price", number(event.price?.micros ?? 0)),
      ("outcome", .text(spec.labels[outcome.index])),
      (version.pick("outcomeIndex", "outcome_index"), .integer(Int64(outcome.index))),
      (version.pick("eventSlug", "event_slug"), .text(spec.eventSlug)),
    ] + self.market(spec)
  }
}

extension WireValue {
  static func pairs(_ fields: [(String, WireValue)]) -> WireValue {
    .record(fields.map { Field(name: $0.0, value: $0.1) })
  }
}
