/// What the order book service says of a market's rules (protocol document, section 2.4): the second witness beside its listing. Both forms are
/// read, the compact one with its short keys and the long one.
public struct VenueMarketInfo: Hashable, Sendable {
  public struct Token: Hashable, Sendable {
    /// `nil` until the market is made at the venue: then it cannot be traded (requirement V-13).
    public let token: TokenID?
    public let label: String
    /// The long form only, after resolution.
    public let isWinner: Bool
  }

  public let condition: ConditionID
  public let tokens: [Token]
  public let tick: PriceTick
  public let minimumSize: Shares
  public let negRisk: Bool
  /// `nil`: the long form does not tell it.
  public let fee: TakerFee?
  public let acceptingOrders: Bool
  /// Taking orders are held before they are matched (section 2.9.4).
  public let holdsTakers: Bool
  /// How long a sports market holds them.
  public let takerDelaySeconds: Int
  /// `v1` or `v2`; `nil` where it is not told.
  public let version: String?
  /// The rest is told by the long form only.
  public let active: Bool
  public let hasOrderBook: Bool
  public let closed: Bool
  public let archived: Bool

  /// Every token has an id and orders are taken.
  public var isTradable: Bool {
    acceptingOrders && active && hasOrderBook && !closed && !archived && tokens.count == 2
      && tokens.allSatisfy { $0.token != nil }
  }

  /// `/clob-markets/{condition}`. `nil` when a needed member is missing or impossible.
  public init?(compact json: JSON) {
    guard let condition = json["c"]?.string.flatMap({ ConditionID($0) }), let items = json["t"]?.array, !items.isEmpty,
      let tick = json["mts"].flatMap(PriceTick.init(venue:)), let minimumSize = json["mos"]?.shares
    else { return nil }
    var tokens: [Token] = []
    for item in items {
      guard let id = item["t"]?.string, let label = item["o"]?.string else { return nil }
      tokens.append(Token(token: TokenID(id), label: label, isWinner: false))
    }
    let details = json["fd"].flatMap { $0.isNull ? nil : $0 }
    if let details {
      guard let rate = details["r"]?.decimalText.flatMap({ try? Decimal6.parse($0) }), let exponent = details["e"]?.int,
        let fee = TakerFee(rateMicros: rate, exponent: Int(exponent)), details["to"]?.bool != false
      else { return nil }
      self.fee = fee
    } else {
      fee = TakerFee.none
    }
    self.condition = condition
    self.tokens = tokens
    self.tick = tick
    self.minimumSize = minimumSize
    negRisk = json["nr"]?.bool ?? false
    acceptingOrders = json["ao"]?.bool ?? false
    holdsTakers = json["itode"]?.bool ?? false
    takerDelaySeconds = json["sd"]?.int.map { Int($0) } ?? 0
    version = json["v"]?.string
    active = true
    hasOrderBook = true
    closed = false
    archived = false
  }

  /// `/markets/{condition}` and the lists. `nil` when a needed member is missing or impossible.
  public init?(long json: JSON) {
    guard let condition = json["condition_id"]?.string.flatMap({ ConditionID($0) }),
      let items = json["tokens"]?.array, !items.isEmpty,
      let tick = json["minimum_tick_size"].flatMap(PriceTick.init(venue:)),
      let minimumSize = json["minimum_order_size"]?.shares
    else { return nil }
    var tokens: [Token] = []
    for item in items {
      guard let id = item["token_id"]?.string, let label = item["outcome"]?.string else { return nil }
      tokens.append(Token(token: TokenID(id), label: label, isWinner: item["winner"]?.bool ?? false))
    }
    self.condition = condition
    self.tokens = tokens
    self.tick = tick
    self.minimumSize = minimumSize
    negRisk = json["neg_risk"]?.bool ?? false
    fee = nil
    acceptingOrders = json["accepting_orders"]?.bool ?? false
    active = json["active"]?.bool ?? false
    hasOrderBook = json["enable_order_book"]?.bool ?? false
    archived = json["archived"]?.bool ?? false
    takerDelaySeconds = json["seconds_delay"]?.int.map { Int($0) } ?? 0
    holdsTakers = takerDelaySeconds > 0
    version = nil
    closed = json["closed"]?.bool ?? false
  }
}
