// Market: what the venue trades and how it stands. May use Values and Runtime. No clock, no socket: events and times are handed in.
//
//   Market         one market's fixed facts          MarketSeries    contracts that follow each other, slugs from the clock
//   OrderBook      one token's book, any arrival     BookTop         its best five levels, and the mirror
//   BookKeeper     both books, freshness, demands    MarketCatalog   which listings to ask for, and when
//   MarketState    pending … resolved                TakerFee        the venue's fee curve
//   StandingMarket a followed market, to go on from  MarketClock     its form in JSON
//   MarketGroups   what markets have in common
//   FeedMark       what the feed notes in its recording between the raw messages
//   Venue/         the venue's own events and listings as plain values

/// What is fixed about a market for as long as it lives: its names, tokens, window, grid, fee and what settles it. A venue fact, read from
/// its discovery service; only the tick changes later.
public struct Market: Hashable, Sendable {
  /// What decides an up/down contract.
  public struct Settlement: Hashable, Sendable {
    /// `btc/usd`.
    public let symbol: String
    /// Look-back of the mean whose values are compared; `nil` for single observations.
    public let twapSeconds: Int?

    public init(symbol: String, twapSeconds: Int?) {
      self.symbol = symbol
      self.twapSeconds = twapSeconds
    }
  }

  public let slug: MarketSlug
  public let condition: ConditionID
  public let question: String
  /// `YES` (Up) and `NO` (Down), mapped by label.
  public let yesToken: TokenID
  public let noToken: TokenID
  public let yesLabel: String
  public let noLabel: String
  public let series: MarketSeries?
  public let groups: MarketGroups
  public let startsAt: MarketTime?
  public let endsAt: MarketTime?
  public var tick: PriceTick
  public let minimumSize: Shares
  public let fee: TakerFee
  public let negRisk: Bool
  /// `v1` or `v2`: which contract its orders are signed for.
  public let version: String
  public let settlement: Settlement?

  /// A market that no listing tells of, as in a recording: its names are known, its terms are stated. A window's times are its slug's;
  /// `ends` is for others.
  public init(
    slug: MarketSlug, condition: ConditionID, yes: TokenID, no: TokenID, tick: PriceTick, minimumSize: Shares,
    fee: TakerFee, settlementTWAP: Int?, ends: MarketTime? = nil
  ) {
    let contract = MarketSeries.contract(slug)
    self.slug = slug
    self.condition = condition
    question = slug.text
    yesToken = yes
    noToken = no
    yesLabel = contract == nil ? "Yes" : "Up"
    noLabel = contract == nil ? "No" : "Down"
    series = contract?.series
    groups = MarketGroups(slug)
    startsAt = contract.map { MarketTime(seconds: $0.start) }
    endsAt = contract.map { MarketTime(seconds: $0.start + $0.series.length.seconds) } ?? ends
    self.tick = tick
    self.minimumSize = minimumSize
    self.fee = fee
    negRisk = false
    version = "v2"
    settlement = contract.map { Settlement(symbol: $0.series.symbol, twapSeconds: settlementTWAP) }
  }

  public init(_ listing: GammaMarket) {
    slug = listing.slug
    condition = listing.condition
    question = listing.question
    yesToken = listing.token(of: .yes)
    noToken = listing.token(of: .no)
    yesLabel = listing.tokens[Outcome.yes.index].label
    noLabel = listing.tokens[Outcome.no.index].label
    let contract = MarketSeries.contract(listing.slug)
    series = contract?.series
    groups = MarketGroups(listing.slug, category: listing.category, event: listing.event)
    // The slug is the contract's own clock; the listing's dates are only as good as its cache.
    startsAt = contract.map { MarketTime(seconds: $0.start) } ?? listing.windowStart
    endsAt = contract.map { MarketTime(seconds: $0.start + $0.series.length.seconds) } ?? listing.end
    tick = listing.tick
    minimumSize = listing.minimumSize
    fee = listing.fee
    negRisk = listing.negRisk
    version = listing.version
    settlement = listing.cryptoRule.map { Settlement(symbol: $0.asset + "/usd", twapSeconds: $0.twapSeconds) }
  }

  public func token(of outcome: Outcome) -> TokenID { outcome == .yes ? yesToken : noToken }

  public func outcome(of token: TokenID) -> Outcome? {
    if token == yesToken { return .yes }
    return token == noToken ? .no : nil
  }

  /// The members that key `market:<slug>` has beyond the update, without braces.
  public var members: [UInt8] {
    let members: [JSON.Member] = [
      JSON.Member("condition", .string(condition.text)), JSON.Member("question", .string(question)),
      JSON.Member("yes_token", .string(yesToken.text)), JSON.Member("no_token", .string(noToken.text)),
      JSON.Member("yes_label", .string(yesLabel)), JSON.Member("no_label", .string(noLabel)),
      JSON.Member("neg_risk", .bool(negRisk)), JSON.Member("version", .string(version)),
    ]
    return Array(JSON.object(members).bytes.dropFirst().dropLast())
  }
}
