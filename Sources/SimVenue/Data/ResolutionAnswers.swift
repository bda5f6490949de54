import Shared

/// How markets ended, and how far the oracle is with those that have not (protocol document, section 6.2: `/v2/resolutions`).
enum ResolutionAnswers {
  static func resolutions(_ query: DataQuery, _ state: VenueState) throws(DataProblem) -> Answer {
    let question = query.text("question_id")?.lowercased()
    let named = try query.markets(["condition_id"], events: ["event_id"], most: 20, state)
    guard (question == nil) != (named == nil) else {
      throw DataProblem("provide exactly one of question_id, condition_id, or event_id")
    }
    let markets = named ?? Set(state.live.indices.filter { state.spec($0).questionID == question })
    return DataPage.single(.list(markets.sorted().map { row($0, state) }))
  }

  private static func row(_ market: Int, _ state: VenueState) -> WireValue {
    let spec = state.spec(market)
    let steps = (state.clients.oracle[spec.slug] ?? []).filter { $0.status != .empty }
    let resolved = GammaMarket.resolution(market, state)
    let proposed = steps.first { $0.status == .proposed }
    var fields: [(String, WireValue)] = [
      ("question_id", .text(spec.questionID)), ("condition_id", .text(DataText.condition(spec))),
      ("status", .text(steps.last?.status.rawValue ?? "initialized")), ("extended_review", .flag(false)),
      ("was_disputed", .flag(steps.contains { $0.status == .disputed })), ("new_version_q", .flag(false)),
      // The oracle's price of a question is 1 for Yes, 0 for No and a half for neither.
      ("proposed_price", proposed.map { DataText.number($0.payouts[0]) } ?? .null),
      ("price", resolved.map { DataText.number($0.0.payouts[0]) } ?? .null),
      ("last_update_timestamp", .integer((resolved?.at ?? spec.end).seconds)),
      ("market_type", spec.exchange == .negativeRisk ? "INCREMENTAL_NEGRISK" : "BINARY"),
      ("reporter", spec.isUpDown ? "CHAINLINK" : "UMA_OO"),
    ]
    if let (resolution, at) = resolved {
      fields += [
        ("payouts", .list(resolution.payouts.map { .integer($0) })), ("resolution_source", "reported"),
        ("resolved_at", .integer(at.seconds)),
      ]
    }
    return .pairs(fields)
  }
}
