import Shared

/// Gamma's part: looking markets and events up (protocol document, sections 1.1 to 1.6).
enum GammaAnswers {
  /// `nil` when the path is none of these.
  static func answer(_ call: Call, _ state: VenueState) -> Answer? {
    guard call.method == "GET" else { return nil }
    if let slug = call.rest("/markets/slug/") {
      guard let market = state.clients.marketIndex[slug] else { return notFound }
      return .ok(GammaMarket.market(market, state))
    }
    if let slug = call.rest("/events/slug/") {
      guard let market = state.clients.markets.firstIndex(where: { $0.eventSlug == slug }) else { return notFound }
      return .ok(GammaMarket.event(market, state, withMarkets: true))
    }
    switch call.path {
    case "/markets": return list(call, state) { GammaMarket.market($0, state) }
    case "/events": return list(call, state, isEvents: true) { GammaMarket.event($0, state, withMarkets: true) }
    case "/markets/keyset": return pages(call, state, "markets") { GammaMarket.market($0, state) }
    case "/events/keyset":
      return pages(call, state, "events", isEvents: true) { GammaMarket.event($0, state, withMarkets: true) }
    default: break
    }
    if let id = call.rest("/markets/").flatMap({ Int64($0) }) {
      guard let market = state.clients.markets.firstIndex(where: { $0.number == id }) else { return notFound }
      return .ok(GammaMarket.market(market, state))
    }
    if let id = call.rest("/events/").flatMap({ Int64($0) }) {
      guard let market = state.clients.markets.firstIndex(where: { $0.eventNumber == id }) else { return notFound }
      return .ok(GammaMarket.event(market, state, withMarkets: true))
    }
    return nil
  }

  private static let notFound = Answer.refused(404, "not found")

  private static func list(
    _ call: Call, _ state: VenueState, isEvents: Bool = false, _ show: (Int) -> WireValue
  ) -> Answer {
    let found = selection(call, state, isEvents)
    let offset = max(0, call.first("offset").flatMap { Int($0) } ?? 0)
    return .ok(.list(found.dropFirst(offset).prefix(limit(call)).map(show)))
  }

  /// Keyset pages; the cursor is the base64 of the next place. The last page has none.
  private static func pages(
    _ call: Call, _ state: VenueState, _ name: String, isEvents: Bool = false, _ show: (Int) -> WireValue
  ) -> Answer {
    guard call.first("offset") == nil else { return .refused(400, "offset is not supported on keyset endpoints") }
    let found = selection(call, state, isEvents)
    var start = 0
    if let cursor = call.first("after_cursor") {
      guard let bytes = Base64URL.decode(cursor), let place = Int(String(decoding: bytes, as: UTF8.self)), place >= 0
      else {
        return .refused(400, "invalid cursor")
      }
      start = place
    }
    let page = found.dropFirst(start).prefix(limit(call))
    var fields: [WireValue.Field] = [.init(name: name, value: .list(page.map(show)))]
    if start + page.count < found.count {
      fields.append(.init(name: "next_cursor", value: .text(Base64URL.encode(Array(String(start + page.count).utf8)))))
    }
    return .ok(.record(fields))
  }

  private static func limit(_ call: Call) -> Int { min(100, max(1, call.first("limit").flatMap { Int($0) } ?? 20)) }

  /// Markets that pass the filters, in the order of their listing unless asked otherwise. A slug names closed markets too; otherwise
  /// closed ones appear only with `closed=true`. An event is named by the first of its markets that passes.
  private static func selection(_ call: Call, _ state: VenueState, _ isEvents: Bool) -> [Int] {
    let slugs = call.all("slug")
    let conditions = call.all("condition_ids").map { $0.lowercased() }
    let numbers = call.all("id")
    let tokens = call.all("clob_token_ids") + call.all("position_ids")
    let versions = call.all("version")
    let closed = call.first("closed").map { $0 == "true" }
    let latestEnd = call.first("end_date_max").flatMap { CivilTime.nanoseconds(parsing: $0) }
    let earliestEnd = call.first("end_date_min").flatMap { CivilTime.nanoseconds(parsing: $0) }
    var found = state.live.indices.filter { index in
      let spec = state.spec(index)
      if !slugs.isEmpty, !slugs.contains(isEvents ? spec.eventSlug : spec.slug) { return false }
      if !conditions.isEmpty, !conditions.contains(spec.conditionID), !conditions.contains(spec.conditionID + "00") {
        return false
      }
      if !numbers.isEmpty, !numbers.contains(String(isEvents ? spec.eventNumber : spec.number)) { return false }
      if !tokens.isEmpty, !spec.tokens.contains(where: tokens.contains) { return false }
      if !versions.isEmpty, !versions.contains(spec.exchange == .third ? "v2" : "v1") { return false }
      if let latestEnd, spec.end.nanoseconds > latestEnd { return false }
      if let earliestEnd, spec.end.nanoseconds < earliestEnd { return false }
      let isClosed = GammaMarket.resolution(index, state) != nil
      if let closed { return closed == isClosed }
      return !isClosed || !slugs.isEmpty || !numbers.isEmpty || !conditions.isEmpty || !tokens.isEmpty
    }
    let ascending = call.first("ascending") != "false"
    switch call.first("order") {
    case "endDate": found.sort { (state.spec($0).end, $0) < (state.spec($1).end, $1) }
    case "startDate": found.sort { (state.spec($0).listed, $0) < (state.spec($1).listed, $1) }
    case "volumeNum": found.sort { (state.live[$0].volume, $0) < (state.live[$1].volume, $1) }
    default: break
    }
    if !ascending { found.reverse() }
    guard isEvents else { return found }
    var seen: Set<Int64> = []
    return found.filter { seen.insert(state.spec($0).eventNumber).inserted }
  }
}
