/// What the venue demands of an order in one market: read from the venue, never assumed.
public struct MarketTerms: Hashable, Sendable {
  public let slug: MarketSlug
  public let condition: ConditionID
  public let yes: TokenID
  public let no: TokenID
  public let tick: PriceTick
  /// The least size of an order that may rest.
  public let minimumSize: Shares
  public let fee: TakerFee
  /// Signed against the other exchange contract.
  public let negativeRisk: Bool
  /// When trading ends, in market time; `nil` when the venue names none.
  public let closes: MarketTime?
  /// What it has in common with other markets.
  public let groups: MarketGroups
  /// The venue takes orders now.
  public let accepting: Bool

  public init(
    slug: MarketSlug, condition: ConditionID, yes: TokenID, no: TokenID, tick: PriceTick, minimumSize: Shares,
    fee: TakerFee,
    negativeRisk: Bool = false, closes: MarketTime? = nil, accepting: Bool = true, groups: MarketGroups? = nil
  ) {
    self.slug = slug
    self.condition = condition
    self.yes = yes
    self.no = no
    self.tick = tick
    self.minimumSize = minimumSize
    self.fee = fee
    self.negativeRisk = negativeRisk
    self.closes = closes
    self.accepting = accepting
    self.groups = groups ?? MarketGroups(slug)
  }

  public func token(_ outcome: Outcome) -> TokenID { outcome == .yes ? yes : no }
  public func outcome(_ token: TokenID) -> Outcome? { token == yes ? .yes : token == no ? .no : nil }
}
