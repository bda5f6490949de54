/// What the venue sends and our decoders knowingly pass over, with the reason: anything else that is not read fails the test by its name.
/// A name covers what is inside it.
enum IgnoredFields {
  /// Read only where another member does not say the same better.
  static let sometimes: Set<String> = ["price payload.value"]

  static func reason(_ kind: String, _ path: String) -> String? {
    for (kinds, reason, names) in table where kinds.contains(kind) {
      for name in names.split(whereSeparator: \.isWhitespace)
      where path == name || path.hasPrefix(name + ".") || path.hasPrefix(name + "[]") {
        return reason
      }
    }
    return nil
  }

  private static let shown = "a text, a picture or a place on the venue's pages"
  private static let statistics = "a figure of the venue's pages, minutes old; what counts comes from books and trades"
  private static let legacyFee = "of the first generation, always 0 or 1000; the fee is the schedule's (protocol 3.2)"
  private static let twice = "said a second time by a member that is read"
  private static let ours = "known before: the order's record holds what was signed"

  private static let table: [(kinds: Set<String>, reason: String, names: String)] = [
    // MARK: The market channel
    (
      ["price_change"],
      "the check sum of the whole book after the change: it cannot be made again without a member that the stream leaves out, and the "
        + "next snapshot's levels are compared instead", "price_changes[].hash"
    ),
    (["last_trade_price"], legacyFee, "fee_rate_bps"),
    (["last_trade_price"], "nobody joins the tape with the chain; the recording keeps it", "transaction_hash"),
    (["tick_size_change"], "the new one counts", "old_tick_size"),
    (["best_bid_ask"], "the difference of two members that are read", "spread"),
    (
      ["new_market"], "a hint to look at the listing, which says all of it",
      """
      id question description event_message tags condition_id active clob_token_ids sports_market_type line game_start_time
      order_price_min_tick_size group_item_title taker_base_fee fees_enabled fee_schedule
      """
    ),
    (
      ["market_resolved"], "a hint to look at the listing, which says all of it",
      "id question slug description outcomes event_message tags"
    ),
    // MARK: Ours
    (
      ["user order", "order"], ours,
      "owner order_owner maker_address outcome expiration"
    ),
    (
      ["user order"], "an order's states follow from what matched and what is final, in any order of arrival",
      "timestamp"
    ),
    (["user trade", "trade"], legacyFee, "fee_rate_bps maker_orders[].fee_rate_bps"),
    (
      ["user trade", "trade"], "whose part is whose is told by the order ids",
      "owner trade_owner maker_address maker_orders[].maker_address"
    ),
    (["user trade", "trade"], twice, "outcome maker_orders[].outcome maker_orders[].outcome_index type"),
    (["user trade", "trade"], "how a match was cut into chain transactions", "bucket_index"),
    (["user trade"], "a trade's states have an order of their own (protocol 4.5)", "timestamp"),
    (["holding"], "one number where the venue now tells one for each contract (protocol 2.13)", "allowance"),
    // MARK: Reference prices
    (["price"], "when it was sent, not observed", "timestamp payload.received_at"),
    (["price"], "update or first dump: the payload's shape tells", "type connection_id"),
    (["price"], "named by the topic", "payload.window_s"),
    // MARK: The order book service
    (["market, compact"], legacyFee, "mbf tbf"),
    (["market, compact", "market, long"], "liquidity rewards are not sought", "r rewards"),
    (
      ["market, compact"], "says nothing about whether or how an order is taken now", "aot gst cbos ibce rfqe oas"
    ),
    (["market, long"], shown, "question description icon image tags fpmm notifications_enabled market_slug"),
    (["market, long"], legacyFee, "maker_base_fee taker_base_fee"),
    (
      ["market, long"], "read from the listing",
      "question_id end_date_iso game_start_time accepting_order_timestamp neg_risk_market_id neg_risk_request_id"
    ),
    (["market, long"], "a price of the venue's pages", "tokens[].price"),
    (["market, long"], "payouts are read from the listing's prices", "is_50_50_outcome"),
    // MARK: Discovery
    (
      ["listing"], shown,
      """
      description image icon twitterCardImage category marketType seriesColor mailchimpTag showGmpSeries showGmpOutcome gmpChartMode
      featured new hasReviewedDates requiresTranslation pagerDutyNotificationEnabled wideFormat sentDiscord chartColor
      groupItemThreshold groupItemRange formatType
      """
    ),
    (
      ["listing"], statistics,
      """
      volume volumeNum volumeClob volumeAmm volume24hr volume24hrClob volume24hrAmm volume1wk volume1wkClob volume1wkAmm volume1mo
      volume1moClob volume1moAmm volume1yr volume1yrClob volume1yrAmm liquidity liquidityNum liquidityClob liquidityAmm competitive
      bestBid bestAsk lastTradePrice spread oneHourPriceChange oneDayPriceChange oneWeekPriceChange oneMonthPriceChange
      oneYearPriceChange commentCount openInterest
      """
    ),
    (["listing"], legacyFee, "makerBaseFee takerBaseFee makerRebatesFeeShareBps fee"),
    (
      ["listing"], "what makers are paid back comes by the day, outside any order", "feeSchedule.rebateRate"
    ),
    (
      ["listing"], "liquidity rewards are not sought",
      "clobRewards rewardsMinSize rewardsMaxSpread holdingRewardsEnabled"
    ),
    (
      ["listing"], "how the listing came about and how its oracle works; its result is in members that are read",
      """
      createdAt updatedAt creator updatedBy submitted_by approved deploying deployingTimestamp pendingDeployment manualActivation
      readyForCron ready funded fpmmLive active_at automaticallyActive automaticallyResolved resolvedBy questionID umaBond umaReward
      umaEndDate umaResolutionStatuses customLiveness closedTime archived restricted marketMakerAddress acceptingOrdersTimestamp
      negRiskRequestID cyom comboStatus rfqEnabled startDate startDateIso endDateIso scheduledDeploymentTimestamp
      requestId onchainEventId
      """
    ),
    (
      ["listing"], "of sports; the match's market is traded like any other",
      "gameId sportsMarketType line teamAID teamBID"
    ),
    (["listing"], "the venue takes orders off itself, and tells", "clearBookOnStart"),
    (["listing"], "of the markets before books, which are refused", "lowerBound upperBound denominationToken fpmm"),
    (["listing"], twice, "cryptoMarketConfigId cryptoMarketConfig.id"),
    (["listing"], shown, "tags series"),
    (
      ["event"], shown,
      """
      ticker subtitle description category subcategory image icon featured featuredOrder new sortBy showAllOutcomes showMarketImages
      gmpChartMode requiresTranslation countryName electionType estimateValue carouselMap tags eventCreators pagerDuty
      eventMetadata.context_description eventMetadata.context_requires_regen eventMetadata.context_updated_at
      eventMetadata.league eventMetadata.leagueTier eventMetadata.tournament commentsEnabled tweetCount
      """
    ),
    (
      ["event"], statistics,
      """
      volume volume24hr volume1wk volume1mo volume1yr liquidity liquidityClob liquidityAmm openInterest commentCount competitive
      """
    ),
    (
      ["event"], "how the event came about; its markets say how they stand",
      """
      createdAt updatedAt creationDate createdBy updatedBy startDate published_at archived restricted closedTime automaticallyActive
      automaticallyResolved deploying deployingTimestamp pendingDeployment cumulativeMarkets cyom resolutionSource
      negRiskFeeBips finishedTimestamp parentEventId templateVariables
      """
    ),
    (["event"], twice, "enableNegRisk"),
    (
      ["event"], "of sports",
      "live ended score elapsed period gameId gameStatus eventDate eventWeek teams homeTeamName awayTeamName"
    ),
    (["event"], "its series is named by `seriesSlug`, and read as a series", "series"),
    (
      ["series"], shown + ", or a figure of them",
      """
      ticker seriesType image icon layout createdAt updatedAt createdBy updatedBy publishedAt startDate commentCount commentsEnabled
      competitive featured new restricted archived requiresTranslation liquidity volume volume24hr pythTokenID cgAssetName
      """
    ),
    // MARK: The data service
    (
      ["wallet trade", "wallet position", "wallet activity"], "what a person calls himself, and pictures",
      "name pseudonym bio profileImage profileImageOptimized icon title"
    ),
    (["wallet trade", "wallet position", "wallet activity"], twice, "outcomeIndex eventSlug eventId oppositeOutcome"),
    (
      ["wallet position"], "follows from size, average and current price",
      "initialValue currentValue cashPnl percentPnl percentRealizedPnl"
    ),
    (["wallet position"], "what went through the position before now", "totalBought"),
    (["wallet position"], "the market's own listing says it to the second", "endDate timestamp"),
  ]
}
