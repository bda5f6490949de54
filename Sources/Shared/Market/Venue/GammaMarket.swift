/// A market as the venue's discovery service describes it (protocol document, section 1.4): what it asks, its tokens, its grid, its
/// fee, its state and what settles it. Two-outcome markets only.
public struct GammaMarket: Hashable, Sendable {
  /// Which price series settles an up/down market.
  public struct CryptoRule: Hashable, Sendable {
    /// `btc`, `eth`.
    public let asset: String
    /// `5m`, `15m`; `nil` where only the settling series is named.
    public let duration: String?
    /// `nil`: single observations at start and end settle it.
    public let twapSeconds: Int?

    public init(asset: String, duration: String?, twapSeconds: Int?) {
      self.asset = asset
      self.duration = duration
      self.twapSeconds = twapSeconds
    }
  }

  /// One of the two outcomes.
  public struct OutcomeToken: Hashable, Sendable {
    public let token: TokenID
    /// The venue's label: `Up`, `Yes`, a team.
    public let label: String
    /// The last cached price; 0 or 1 after resolution.
    public let price: Price?

    public init(token: TokenID, label: String, price: Price?) {
      self.token = token
      self.label = label
      self.price = price
    }
  }

  public let id: String
  public let slug: MarketSlug
  public let question: String
  public let condition: ConditionID
  /// Index 0 is `Outcome.yes`, index 1 `Outcome.no`. Up/down markets are put into that order by label, all others by position.
  public let tokens: [OutcomeToken]
  public let active: Bool
  public let closed: Bool
  public let acceptingOrders: Bool
  public let hasOrderBook: Bool
  public let negRisk: Bool
  /// The listing's generation: orders of `v2` markets are signed for another contract.
  public let version: String
  public let tick: PriceTick
  public let minimumSize: Shares
  public let fee: TakerFee
  /// Window start of an up/down market (game start of a sports market); `nil` when not told.
  public let windowStart: MarketTime?
  /// Window end of an up/down market; when trading ends.
  public let end: MarketTime?
  /// `resolved` and `settled` are final; otherwise `""`, `requested`, `proposed`, `disputed`.
  public let resolutionStatus: String
  public let cryptoRule: CryptoRule?
  public let event: MarketSlug?
  /// In the venue's words; where it names none, the one whose fee schedule it has.
  public let category: String?
  /// The taker's hold of a sports market, in seconds; 0 for others.
  public let takerDelaySeconds: Int
  /// Names the set of mutually exclusive questions that a negative-risk market belongs to.
  public let negRiskMarket: String?
  /// The question's short name among its event's: `Above 25 bps`; empty outside events of several markets.
  public let groupTitle: String
  /// The "any other" of a set: what it stands for changes when an outcome gets a name of its own.
  public let isOther: Bool

  public init(
    id: String, slug: MarketSlug, question: String, condition: ConditionID, tokens: [OutcomeToken], active: Bool,
    closed: Bool, acceptingOrders: Bool, hasOrderBook: Bool, negRisk: Bool, version: String, tick: PriceTick,
    minimumSize: Shares, fee: TakerFee, windowStart: MarketTime?, end: MarketTime?, resolutionStatus: String,
    cryptoRule: CryptoRule?, event: MarketSlug?, takerDelaySeconds: Int = 0, negRiskMarket: String? = nil,
    groupTitle: String = "", isOther: Bool = false, category: String? = nil
  ) {
    precondition(tokens.count == 2, "a binary market has two tokens")
    self.id = id
    self.slug = slug
    self.question = question
    self.condition = condition
    self.tokens = tokens
    self.active = active
    self.closed = closed
    self.acceptingOrders = acceptingOrders
    self.hasOrderBook = hasOrderBook
    self.negRisk = negRisk
    self.version = version
    self.tick = tick
    self.minimumSize = minimumSize
    self.fee = fee
    self.windowStart = windowStart
    self.end = end
    self.resolutionStatus = resolutionStatus
    self.cryptoRule = cryptoRule
    self.event = event
    self.category = category
    self.takerDelaySeconds = takerDelaySeconds
    self.negRiskMarket = negRiskMarket
    self.groupTitle = groupTitle
    self.isOther = isOther
  }

  public func token(of outcome: Outcome) -> TokenID { tokens[outcome.index].token }

  public func outcome(of token: TokenID) -> Outcome? {
    Outcome.allCases.first { tokens[$0.index].token == token }
  }

  /// The outcome that paid, once the venue says so beyond doubt: closed, resolved, and prices of exactly one and zero. A market that
  /// resolved half and half has none; `isResolved` tells.
  public var winner: Outcome? {
    guard isResolved else { return nil }
    return Outcome.allCases.first {
      tokens[$0.index].price == .one && tokens[$0.other.index].price == .zero
    }
  }

  public var isResolved: Bool { closed && (resolutionStatus == "resolved" || resolutionStatus == "settled") }
}

extension GammaMarket {
  /// Why a listing cannot be used.
  public enum Refusal: Error, Hashable, Sendable {
    /// A field that everything else needs is missing or impossible.
    case field(String)
    /// Other than two outcomes, or their three lists disagree in length.
    case notBinary
    /// Listed, but its tokens do not exist yet.
    case notDeployed
  }

  public init(_ json: JSON) throws(Refusal) {
    func text(_ key: String) -> String? { json[key]?.string.flatMap { $0.isEmpty ? nil : $0 } }
    func time(_ key: String) -> MarketTime? {
      text(key).flatMap { CivilTime.nanoseconds(parsing: $0) }.map(MarketTime.init(nanoseconds:))
    }
    guard let slug = text("slug").flatMap(MarketSlug.init) else { throw .field("slug") }
    guard let condition = text("conditionId").flatMap(ConditionID.init) else {
      if text("conditionId") == nil { throw .notDeployed }
      throw .field("conditionId")
    }
    guard let labels = GammaMarket.list(json["outcomes"]) else { throw .field("outcomes") }
    let positions = GammaMarket.list(json["positionIds"]) ?? []
    guard let ids = positions.isEmpty ? GammaMarket.list(json["clobTokenIds"]) : positions else {
      throw .notDeployed
    }
    if ids.contains("") || ids.isEmpty { throw .notDeployed }
    guard labels.count == 2, ids.count == 2 else { throw .notBinary }
    let prices = GammaMarket.list(json["outcomePrices"]) ?? []
    var tokens: [OutcomeToken] = []
    for (index, id) in ids.enumerated() {
      guard let token = TokenID(id) else { throw .field("clobTokenIds") }
      let price = prices.count == 2 ? try? Price(parsing: prices[index]) : nil
      tokens.append(OutcomeToken(token: token, label: labels[index], price: price))
    }
    guard tokens[0].token != tokens[1].token else { throw .field("clobTokenIds") }
    // Up/down outcomes are mapped by label, never by position (section 1.6).
    if tokens[0].label.lowercased() == "down" || tokens[0].label.lowercased() == "no" { tokens.reverse() }
    guard let tick = json["orderPriceMinTickSize"].flatMap(PriceTick.init(venue:)) else {
      throw .field("orderPriceMinTickSize")
    }
    guard let minimumSize = json["orderMinSize"]?.shares, minimumSize >= .zero else { throw .field("orderMinSize") }
    let fee = try GammaMarket.fee(json)
    self.init(
      id: json["id"]?.decimalText ?? "", slug: slug, question: json["question"]?.string ?? "", condition: condition,
      tokens: tokens, active: json["active"]?.bool ?? false, closed: json["closed"]?.bool ?? false,
      acceptingOrders: json["acceptingOrders"]?.bool ?? false, hasOrderBook: json["enableOrderBook"]?.bool ?? false,
      negRisk: json["negRisk"]?.bool ?? false, version: text("version") ?? "v1", tick: tick,
      minimumSize: minimumSize, fee: fee, windowStart: time("eventStartTime") ?? time("gameStartTime"),
      end: time("endDate"), resolutionStatus: text("umaResolutionStatus") ?? text("resolutionStatus") ?? "",
      cryptoRule: try GammaMarket.rule(json),
      event: json["events"]?.array?.first?["slug"]?.string.flatMap(MarketSlug.init),
      takerDelaySeconds: json["secondsDelay"]?.int.map { Int($0) } ?? 0, negRiskMarket: text("negRiskMarketID"),
      groupTitle: text("groupItemTitle") ?? "", isOther: json["negRiskOther"]?.bool ?? false,
      category: GammaMarket.category(json))
  }

  /// The market's or its event's own; else of `sports_fees_v3` the `sports`.
  private static func category(_ json: JSON) -> String? {
    let told = [json["category"], json["events"]?.array?.first?["category"]].compactMap { $0?.string }
    if let told = told.first(where: { !$0.isEmpty }) { return told }
    guard let type = json["feeType"]?.string, let end = type.utf8.firstIndex(of: UInt8(ascii: "_")) else { return nil }
    return String(type[..<end])
  }

  /// Three of the lists arrive as JSON inside a string, one as a plain array: both forms are read for all.
  private static func list(_ json: JSON?) -> [String]? {
    guard let json else { return nil }
    if let items = json.array { return items.compactMap(\.decimalText) }
    guard let text = json.string, !text.isEmpty, let inner = try? JSON.parse(text), let items = inner.array else {
      return nil
    }
    return items.compactMap(\.decimalText)
  }

  /// Enabled fees without a usable schedule, or with one that charges makers too, refuse the market: trading with a guessed fee would be
  /// trading blind.
  private static func fee(_ json: JSON) throws(Refusal) -> TakerFee {
    guard json["feesEnabled"]?.bool == true else { return .none }
    guard let schedule = json["feeSchedule"], let rateText = schedule["rate"]?.decimalText,
      let rate = try? Decimal6.parse(rateText), let exponent = schedule["exponent"]?.int,
      let fee = TakerFee(rateMicros: rate, exponent: Int(exponent)), schedule["takerOnly"]?.bool != false
    else { throw .field("feeSchedule") }
    return fee
  }

  /// Both places that name the settling series are read. Where they contradict each other the market is refused: it would be valued by the
  /// wrong one.
  private static func rule(_ json: JSON) throws(Refusal) -> CryptoRule? {
    let source = json["resolutionSource"]?.string.flatMap { SettlementSource(url: $0) }
    guard let config = json["cryptoMarketConfig"], let asset = config["asset"]?.string,
      let duration = config["duration"]?.string
    else { return source.map { CryptoRule(asset: $0.asset, duration: nil, twapSeconds: $0.twapSeconds) } }
    var twap: Int?
    if config["twapEnabled"]?.bool == true {
      guard let seconds = config["twapLookbackSeconds"]?.int, (1...86_400).contains(seconds) else {
        throw .field("cryptoMarketConfig")
      }
      twap = Int(seconds)
    }
    if let source, source.asset != asset.lowercased() || source.twapSeconds != twap { throw .field("resolutionSource") }
    return CryptoRule(asset: asset, duration: duration, twapSeconds: twap)
  }
}
