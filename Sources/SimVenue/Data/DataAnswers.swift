import Shared

/// The Data API: what wallets did and hold, public (protocol document, section 6). Both versions: the second one of the official client,
/// and the first one, which third-party programs speak.
enum DataAnswers {
  /// `nil` when the path is none of these.
  static func answer(_ call: Call, _ state: VenueState) -> Answer? {
    guard call.method == "GET", let route = routes[call.path] else { return nil }
    do throws(DataProblem) {
      return try route(DataQuery(call: call), state)
    } catch {
      return .refused(400, error.text)
    }
  }

  private typealias Route = @Sendable (DataQuery, VenueState) throws(DataProblem) -> Answer

  private static let routes: [String: Route] = [
    "/v2/trades": FeedAnswers.trades, "/v2/activity": FeedAnswers.activity,
    "/v2/positions": PositionAnswers.positions, "/v2/value": PositionAnswers.value,
    "/v2/holders": MarketDataAnswers.holders, "/v2/oi": MarketDataAnswers.openInterest,
    "/v2/live-volume": MarketDataAnswers.liveVolume, "/v2/prices-history": MarketDataAnswers.priceHistory,
    "/v2/tokens": MarketDataAnswers.tokens, "/v2/resolutions": ResolutionAnswers.resolutions,
    "/v2/leaderboard": StandingAnswers.leaderboard,
    "/v2/biggest-winners": StandingAnswers.biggestWinners, "/v2/user-stats": StandingAnswers.statistics,
    "/v2/user-pnl": StandingAnswers.profit, "/v2/user-volume": StandingAnswers.volume,
    // Combinations of markets and builders do not exist here.
    "/v2/activity/combos": nobody, "/v2/positions/combos": nobody, "/v2/builders/leaderboard": nobody,
    "/v2/builders/volume": { (_, _) throws(DataProblem) in DataPage.single(.list([])) },
    "/v2/status": { (_, state) throws(DataProblem) in
      DataPage.single(
        .object(("status", "ok"), ("indexed_events", .integer(Int64(state.chain.shown)))))
    },
    "/trades": FeedAnswers.firstTrades, "/activity": FeedAnswers.firstActivity,
    "/positions": PositionAnswers.firstPositions, "/closed-positions": PositionAnswers.firstClosed,
    "/value": PositionAnswers.firstValue, "/holders": MarketDataAnswers.firstHolders,
    "/oi": MarketDataAnswers.firstOpenInterest, "/live-volume": MarketDataAnswers.firstLiveVolume,
    "/traded": StandingAnswers.firstTraded, "/v1/leaderboard": StandingAnswers.firstLeaderboard,
  ]

  private static func nobody(_ query: DataQuery, _ state: VenueState) throws(DataProblem) -> Answer {
    try DataPage.answer(query, [])
  }
}
