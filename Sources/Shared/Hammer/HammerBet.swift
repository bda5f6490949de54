/// Turns a probability and a book into a fill-or-kill buy of the favourite, or into the first reason why not (hammer-model 4 and the last
/// row of 7). The figures on the way are kept: they explain the decision.
public struct HammerBet: Hashable, Sendable {
  public struct Settings: Hashable, Sendable {
    /// Weight of the model against the market's mid, 0…1.
    public var alpha: Double
    /// Cost on top of the fee, share of a dollar per share: 10 basis points are 0.001.
    public var extraCost: Double
    /// Least expected value per share, dollars.
    public var evMin: Double
    /// Beyond this much per share the model is taken to be wrong.
    public var evTooGood: Double
    public var entryPriceMax: Price
    /// Ticks above the best ask that the limit may lie.
    public var slipTicks: Int64
    /// What the Kelly share is taken of.
    public var bankroll: USD
    public var kellyFraction: Double
    /// Standard errors of the calibration sample taken off the probability before it is sized.
    public var standardErrors: Double
    /// Size of the calibration sample.
    public var calibrationCount: Double
    public var perTradeMax: USD
    /// What one entry wants to spend.
    public var quoteSize: USD
    /// Largest share of the bankroll in one entry.
    public var bankrollShareMax: Double
    /// Least and largest mid believed are this and one minus this.
    public var midClip: Double

    public init(
      alpha: Double, extraCost: Double, evMin: Double, evTooGood: Double, entryPriceMax: Price, slipTicks: Int64,
      bankroll: USD, kellyFraction: Double, standardErrors: Double, calibrationCount: Double, perTradeMax: USD,
      quoteSize: USD, bankrollShareMax: Double, midClip: Double = 0.005
    ) {
      self.alpha = alpha
      self.extraCost = extraCost
      self.evMin = evMin
      self.evTooGood = evTooGood
      self.entryPriceMax = entryPriceMax
      self.slipTicks = slipTicks
      self.bankroll = bankroll
      self.kellyFraction = kellyFraction
      self.standardErrors = standardErrors
      self.calibrationCount = calibrationCount
      self.perTradeMax = perTradeMax
      self.quoteSize = quoteSize
      self.bankrollShareMax = bankrollShareMax
      self.midClip = midClip
    }
  }

  /// What the market says.
  public struct Offer: Hashable, Sendable {
    public var up: BookTop
    public var down: BookTop
    public var tick: PriceTick
    public var minimumSize: Shares
    public var fee: TakerFee

    public init(up: BookTop, down: BookTop, tick: PriceTick, minimumSize: Shares, fee: TakerFee) {
      self.up = up
      self.down = down
      self.tick = tick
      self.minimumSize = minimumSize
      self.fee = fee
    }
  }

  /// Half-way between Up's best prices; an empty side counts as 0 or 1.
  public private(set) var mid = 0.0
  /// The model's side: `yes` is Up.
  public private(set) var side = Outcome.yes
  /// Of the side: the model, lowered by the hint, blended with the mid.
  public private(set) var blend: Double?
  public private(set) var ask: Price?
  /// Fee of one share at the ask, dollars.
  public private(set) var feePerShare: Double?
  public private(set) var evAtAsk: Double?
  /// The highest price on the grid at which the bet is still worth it.
  public private(set) var limit: Price?
  /// The blend less its standard errors.
  public private(set) var sizingProbability: Double?
  /// Share of the bankroll at risk by Kelly.
  public private(set) var kelly: Double?
  /// Dollars to spend, fee included.
  public private(set) var stake: Double?
  /// Dollars for shares, on whole cents.
  public private(set) var amount: USD?
  public private(set) var walk: AskWalk?
  /// Dollars per share, fee included.
  public private(set) var costPerShare: Double?
  public private(set) var evPerShare: Double?
  public private(set) var refusal: RefusalReason?

  /// - Parameters:
  ///   - model: P(Up).
  ///   - hint: P(Up) with the exchange's newest price, where there is one.
  public init(model: Double, hint: Double?, _ offer: Offer, _ settings: Settings) {
    refusal = judge(model, hint, offer, settings)
  }

  public var evUSD: Double? { evPerShare.flatMap { ev in walk.map { ev * $0.shares } } }

  /// The shares of its fill-or-kill order: what the amount buys, and no more than the stake pays for at the limit with the highest fee.
  /// `nil` for a bet that was refused before it was sized, and where so few could not be sold again.
  public func shares(fee: TakerFee, minimum: Shares) -> Shares? {
    guard let walk, let limit, let ask, let stake else { return nil }
    let bought = Shares(micros: Int64((walk.shares * 1e6).rounded(.down))).cut(decimals: 2)
    let budget = USD(micros: Int64((stake * 1e6).rounded(.down)))
    return PositionSizing.entry(budget: budget, limit: limit, ask: ask, fee: fee, minimum: minimum, atMost: bought)
  }

  private mutating func judge(
    _ model: Double, _ hint: Double?, _ offer: Offer, _ settings: Settings
  ) -> RefusalReason? {
    let bid = offer.up.bestBid.map { Double($0.price.micros) / 1e6 } ?? 0
    let offered = offer.up.bestAsk.map { Double($0.price.micros) / 1e6 } ?? 1
    mid = min(1 - settings.midClip, max(settings.midClip, (bid + offered) / 2))
    side = model >= 0.5 ? .yes : .no
    let up = side == .yes
    let ofSide = up ? mid : 1 - mid
    guard ofSide >= 0.5 else { return .sidesDisagree }
    let modelled = up ? model : 1 - model
    let claimed = hint.map { min(modelled, up ? $0 : 1 - $0) } ?? modelled
    let blend = Odds.probability(settings.alpha * Odds.logit(claimed) + (1 - settings.alpha) * Odds.logit(ofSide))
    self.blend = blend
    let asks = (up ? offer.up : offer.down).asks
    guard let ask = asks.first?.price, ask > .zero, ask < .one else { return .noAsk }
    self.ask = ask
    let price = Double(ask.micros) / 1e6
    let fee = PositionSizing.fee(of: ask, offer.fee)
    feePerShare = fee
    let ev = PositionSizing.expectedValue(chance: blend, price: price, fee: fee, extra: settings.extraCost)
    evAtAsk = ev
    guard ask <= settings.entryPriceMax else { return .aboveMaxEntry }
    guard claimed - price - fee <= settings.evTooGood else { return .evTooGood }
    guard ev >= settings.evMin else { return .evBelowMin }
    let limit = HammerBet.limit(blend, above: ask, offer, settings)
    self.limit = limit
    // Log-utility is linear in the probability, so uncertainty enters through the estimate.
    let spread = settings.standardErrors * (blend * (1 - blend) / settings.calibrationCount).squareRoot()
    let cautious = blend - spread
    sizingProbability = cautious
    let cost = price + fee + settings.extraCost
    let kelly = PositionSizing.kelly(chance: cautious, cost: cost)
    self.kelly = kelly
    guard kelly > 0 else { return .kellyZero }
    return size(kelly, ask: ask, asks: asks, limit: limit, blend, offer, settings)
  }

  private mutating func size(
    _ kelly: Double, ask: Price, asks: [BookLevel], limit: Price, _ blend: Double, _ offer: Offer, _ settings: Settings
  ) -> RefusalReason? {
    func dollars(_ usd: USD) -> Double { Double(usd.micros) / 1e6 }
    let stake = PositionSizing.stake(
      kelly: kelly, fraction: settings.kellyFraction, bankroll: settings.bankroll, shareMax: settings.bankrollShareMax,
      caps: settings.perTradeMax, settings.quoteSize)
    self.stake = stake
    let available = USD(micros: Int64(max(0, (stake * 1e6 + 1e-6).rounded(.down))))
    // `stake / (1 + fee(1, ask)/ask)`, down to whole cents.
    let spent = MarketBuyBudget(available: available, price: ask, fee: offer.fee)?.affordable(available) ?? .zero
    let amount = USD(micros: spent.micros / 10_000 * 10_000)
    self.amount = amount
    // Five shares at the ask, or the venue's least in dollars: below that it takes nothing.
    let least = Int128(offer.minimumSize.micros) * Int128(ask.micros)
    guard amount >= PositionSizing.marketableMinimum, Int128(amount.micros) * 1_000_000 >= least else {
      return .belowVenueMinimum
    }
    guard let walk = AskWalk(spending: amount, asks: asks, limit: limit, fee: offer.fee) else { return .depth }
    self.walk = walk
    let cost = (dollars(amount) + dollars(walk.fee)) / walk.shares
    costPerShare = cost
    let ev = blend - cost - settings.extraCost
    evPerShare = ev
    return ev >= settings.evMin ? nil : .evBelowMinAfterWalk
  }

  /// The largest price on the grid from the ask on that leaves the least expected value, within the settings' reach. Price and fee
  /// together rise with the price, so the first that fits from above is it; the ask itself is known to fit.
  private static func limit(_ blend: Double, above ask: Price, _ offer: Offer, _ settings: Settings) -> Price {
    let reach = ask.micros + settings.slipTicks * offer.tick.micros
    var micros = min(reach, settings.entryPriceMax.micros, 1_000_000 - offer.tick.micros)
    micros -= (micros - ask.micros) % offer.tick.micros
    while micros > ask.micros {
      let price = Price(unchecked: micros)
      let ev = PositionSizing.expectedValue(
        chance: blend, price: Double(micros) / 1e6, fee: PositionSizing.fee(of: price, offer.fee),
        extra: settings.extraCost)
      if ev >= settings.evMin { return price }
      micros -= offer.tick.micros
    }
    return ask
  }
}
