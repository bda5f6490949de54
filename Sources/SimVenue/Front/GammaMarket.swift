import Shared

/// Markets and events as Gamma shows them: numbers as numbers, three fields as JSON inside a string.
enum GammaMarket {
  static func resolution(_ market: Int, _ state: VenueState) -> (TruthEntry.Resolution, at: MarketTime)? {
    if case .resolved(let resolution, let at) = state.clients.phases[state.spec(market).slug] {
      return (resolution, at)
    }
    return nil
  }

  static func market(_ index: Int, _ state: VenueState) -> WireValue {
    let spec = state.spec(index)
    let live = state.live[index]
    let resolved = resolution(index, state)
    let steps = state.clients.oracle[spec.slug] ?? []
    // Closed without a result: what a careless reader takes for one.
    let isEmpty = steps.last?.status == .empty
    let payouts = isEmpty ? [0, 0] : resolved?.0.payouts
    let bid = live.book.bestBid(.yes)
    let ask = live.book.bestAsk(.yes)
    let words = steps.filter { $0.status != .empty }.map(\.status.rawValue)
    var fields: [(String, WireValue)] = [
      ("id", .text(String(spec.number))), ("question", .text(spec.question)), ("conditionId", .text(spec.conditionID)),
      ("slug", .text(spec.slug)), ("startDate", .text(text(spec.listed))), ("endDate", .text(text(spec.end))),
      ("description", .text(spec.details)), ("outcomes", inside(spec.labels)),
      ("outcomePrices", inside(prices(live, payouts))),
      ("volume", .text(live.volume.description)), ("volumeNum", .number(live.volume.description)),
      ("volume24hr", .number(live.volume.description)), ("active", .flag(true)), ("closed", .flag(payouts != nil)),
      ("archived", .flag(false)), ("acceptingOrders", .flag(live.isOpen)), ("enableOrderBook", .flag(true)),
      ("acceptingOrdersTimestamp", .text(text(spec.listed))), ("questionID", .text(spec.questionID)),
      ("orderPriceMinTickSize", .number(live.tick.description)),
      ("orderMinSize", .number(spec.minimumSize.description)),
      ("negRisk", .flag(spec.exchange == .negativeRisk)), ("feesEnabled", .flag(spec.feeRate > 0)),
      ("makerBaseFee", .integer(1000)), ("takerBaseFee", .integer(1000)),
      ("umaResolutionStatus", .text(words.last ?? "")), ("umaResolutionStatuses", inside(words)),
      ("automaticallyResolved", .flag(spec.isUpDown)),
    ]
    if spec.exchange == .third {
      fields += [
        ("version", "v2"), ("positionIds", .texts(spec.tokens)),
        ("resolutionStatus", resolved == nil ? "active" : "resolved"),
      ]
    } else {
      fields += [("version", "v1"), ("clobTokenIds", inside(spec.tokens))]
    }
    if let group = spec.group { fields.append(("groupItemTitle", .text(group.item))) }
    if spec.exchange == .negativeRisk {
      fields += [("negRiskMarketID", .text(spec.groupID)), ("negRiskRequestID", .text(spec.questionID))]
    }
    if let bid { fields.append(("bestBid", .number(bid.description))) }
    if let ask { fields.append(("bestAsk", .number(ask.description))) }
    if let bid, let ask { fields.append(("spread", .number(WireDecimal.text(ask.micros - bid.micros)))) }
    if let last = live.lastPrice {
      fields.append(("lastTradePrice", .number((live.lastOutcome == .yes ? last : last.complement).description)))
    }
    if let resolved { fields.append(("closedTime", .text(text(resolved.at)))) }
    if spec.feeRate > 0 {
      fields.append(("feeType", .text(spec.isUpDown ? "crypto_fees_v2" : "general_fees_v2")))
      fields.append(
        (
          "feeSchedule",
          .object(
            ("exponent", .integer(1)), ("rate", .number(WireDecimal.text(spec.feeRate))), ("takerOnly", .flag(true)),
            ("rebateRate", .number(spec.isUpDown ? "0.2" : "0.25")))
        ))
    }
    if case .upDown(let asset, let seconds) = spec.kind {
      let name = "\(asset)-\(seconds / 60)m-twap-60"
      fields += [
        ("eventStartTime", .text(text(spec.start))),
        ("resolutionSource", .text("https://data.chain.link/streams/\(asset)-usd-twap-60s-streams")),
        ("cryptoMarketConfigId", .text(name)),
        (
          "cryptoMarketConfig",
          .object(
            ("id", .text(name)), ("asset", .text(asset)), ("duration", .text("\(seconds / 60)m")),
            ("twapEnabled", .flag(true)), ("twapLookbackSeconds", .integer(60)))
        ),
      ]
    }
    fields.append(
      (
        "events",
        .list([
          .object(
            ("id", .text(String(spec.eventNumber))), ("slug", .text(spec.eventSlug)), ("title", .text(spec.eventTitle)))
        ])
      ))
    return .record(fields.map { .init(name: $0.0, value: $0.1) })
  }

  /// The markets of the event that a market belongs to, in the order of their listing.
  static func siblings(_ index: Int, _ state: VenueState) -> [Int] {
    guard let group = state.spec(index).group else { return [index] }
    return state.live.indices.filter { state.spec($0).group?.slug == group.slug }
  }

  static func event(_ index: Int, _ state: VenueState, withMarkets: Bool) -> WireValue {
    let spec = state.spec(index)
    let resolved = resolution(index, state)
    let markets = siblings(index, state)
    let isOver = markets.allSatisfy { resolution($0, state) != nil }
    let volume = markets.reduce(USD.zero) { $0 + state.live[$1].volume }
    var fields: [(String, WireValue)] = [
      ("id", .text(String(spec.eventNumber))), ("ticker", .text(spec.eventSlug)), ("slug", .text(spec.eventSlug)),
      ("title", .text(spec.eventTitle)), ("description", .text(spec.details)), ("startDate", .text(text(spec.listed))),
      ("creationDate", .text(text(spec.listed))), ("startTime", .text(text(spec.start))),
      ("endDate", .text(text(spec.end))), ("active", .flag(true)), ("closed", .flag(isOver)),
      ("archived", .flag(false)), ("volume", .number(volume.description)),
      ("volume24hr", .number(volume.description)), ("negRisk", .flag(spec.exchange == .negativeRisk)),
      ("enableOrderBook", .flag(true)), ("automaticallyResolved", .flag(spec.isUpDown)),
      ("version", spec.exchange == .third ? "v2" : "v1"),
    ]
    if spec.exchange == .negativeRisk { fields.append(("negRiskMarketID", .text(spec.groupID))) }
    if case .upDown(let asset, let seconds) = spec.kind {
      let series = "\(asset)-up-or-down-\(seconds / 60)m"
      let name = "\(asset.uppercased()) Up or Down \(seconds / 60)m"
      fields += [
        ("seriesSlug", .text(series)),
        (
          "series",
          .list([
            .object(
              ("id", .text(String(10_000 + seconds + Int64(asset.utf8.first ?? 0)))), ("slug", .text(series)),
              ("title", .text(name)), ("seriesType", "single"), ("recurrence", .text("\(seconds / 60)m")),
              ("active", .flag(true)), ("closed", .flag(false)))
          ])
        ),
        (
          "tags",
          .list([
            .object(("id", "102892"), ("label", .text("\(seconds / 60)M")), ("slug", .text("\(seconds / 60)M"))),
            .object(("id", "102127"), ("label", "Up or Down"), ("slug", "up-or-down")),
          ])
        ),
      ]
    }
    if let resolved {
      fields.append(("closedTime", .text(text(resolved.at))))
      if let opening = resolved.0.opening, let closing = resolved.0.closing {
        fields.append(
          (
            "eventMetadata",
            .object(
              ("priceToBeat", .number(WireAttos.text(opening))), ("finalPrice", .number(WireAttos.text(closing))))
          ))
      }
    }
    if withMarkets { fields.append(("markets", .list(markets.map { market($0, state) }))) }
    return .record(fields.map { .init(name: $0.0, value: $0.1) })
  }

  /// Current middle prices, or the payouts once it is over.
  private static func prices(_ live: VenueState.LiveMarket, _ payouts: [Int64]?) -> [String] {
    if let payouts { return payouts.map(WireDecimal.text) }
    guard let bid = live.book.bestBid(.yes), let ask = live.book.bestAsk(.yes) else { return ["0.5", "0.5"] }
    let middle = Price.middle(bid, ask)
    return [middle.description, middle.complement.description]
  }

  private static func inside(_ values: [String]) -> WireValue { .text(WireValue.texts(values).string) }
  private static func text(_ time: MarketTime) -> String { CivilTime.iso8601(nanoseconds: time.nanoseconds) }
}
