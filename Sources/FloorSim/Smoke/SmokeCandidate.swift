import Shared

/// One side of the open window with its expected value, as the hammer's own functions compute it, and what the strategy itself says of it.
///
/// The hammer is silent for most of a window and refuses most of the rest, so that "a candidate at least once" (S3-57) cannot mean that it
/// would bet. It means that its arithmetic was reached: probability, ask, the market's own fee, expected value. Where its model has no
/// word yet (a price to beat is only seen at a window's opening), or favours another side than the market, the market's own middle stands in
/// for the probability; what is left then is minus half the spread and the fee.
public struct SmokeCandidate: Hashable, Sendable {
  public enum Source: String, Hashable, Sendable {
    /// The model, blended with the market's middle as the strategy does.
    case model
    case market
  }

  public let slug: MarketSlug
  public let outcome: Outcome
  /// P of this outcome.
  public let probability: Double
  public let source: Source
  public let ask: Price
  /// Dollars a share at the ask.
  public let fee: Double
  /// Dollars a share at the ask, after the fee.
  public let expected: Double
  /// `enter`, or the reason for which the strategy would not.
  public let decision: String
  /// Of the fill-or-kill buy: the worst price, and how much.
  public let limit: Price
  public let size: Shares
  /// Market time to the window's close.
  public let left: Duration

  /// The strategy would send this order itself.
  public var isEntry: Bool { decision == SmokeCandidate.entry }
  static let entry = "enter"

  /// `nil` when nobody sells the side that is worth a word.
  /// - Parameter midChange: of the middle within two seconds, dollars per share.
  init?(_ market: MarketUpdate, feeds: HammerFeeds, midChange: Double, _ parameters: HammerParameters, now: MarketTime)
  {
    let assessment = HammerAssessment(market, feeds: feeds, midChange: midChange, parameters, now: now)
    let offer = HammerBet.Offer(
      up: market.yes, down: market.no, tick: market.tick, minimumSize: market.minimumSize, fee: market.fee)
    let modelled = assessment.probability.map {
      HammerBet(model: $0, hint: assessment.hinted, offer, parameters.bet)
    }
    let clip = parameters.bet.midClip
    let middle = min(1 - clip, max(clip, Double(HammerStrategy.mid(market.yes)) / 1e6))
    let bet: HammerBet
    if let modelled, modelled.evAtAsk != nil {
      (bet, source) = (modelled, .model)
    } else {
      (bet, source) = (HammerBet(model: middle, hint: nil, offer, parameters.bet), .market)
    }
    guard let probability = bet.blend, let ask = bet.ask, let fee = bet.feePerShare, let expected = bet.evAtAsk else {
      return nil
    }
    slug = market.slug
    outcome = bet.side
    self.probability = probability
    self.ask = ask
    self.fee = fee
    self.expected = expected
    left = market.endsAt.map { $0.since(now) } ?? .zero
    let refusal = assessment.refusal ?? (modelled == nil ? .sigmaNotReady : modelled?.refusal)
    if refusal == nil, let limit = bet.limit, let size = bet.shares(fee: market.fee, minimum: market.minimumSize) {
      decision = SmokeCandidate.entry
      self.limit = limit
      self.size = size
    } else {
      decision = (refusal ?? .belowVenueMinimum).rawValue
      limit = SmokeCandidate.limit(above: ask, market.tick, slip: parameters.bet.slipTicks)
      size = SmokeCandidate.least(at: ask, market.minimumSize)
    }
  }

  /// As many ticks above the ask as the strategy allows itself, below one dollar.
  private static func limit(above ask: Price, _ tick: PriceTick, slip: Int64) -> Price {
    let highest = 1_000_000 - tick.micros
    return max(ask, Price(micros: min(ask.micros + slip * tick.micros, highest)) ?? ask)
  }

  /// The smallest order that the venue takes at this price: its least shares, and one dollar, on the grid of a hundredth.
  private static func least(at ask: Price, _ minimum: Shares) -> Shares {
    let dollar = Int128(PositionSizing.marketableMinimum.micros) * 1_000_000
    let shares = divide(dollar, by: Int128(max(1, ask.micros)) * 10_000, rounding: .up) * 10_000
    return max(minimum, Shares(micros: Int64(clamping: shares)))
  }

  func line(_ market: Market) -> SmokeLine {
    SmokeLine("CANDIDATE").with("slug", slug).with("outcome", market.label(outcome)).with(
      "ev", Figures.text(expected, decimals: 6)
    ).with("p", Figures.text(probability, decimals: 6)).with("p_source", source.rawValue).with("ask", ask).with(
      "fee", Figures.text(fee, decimals: 6)
    ).with("decision", decision).with("left_s", Figures.text(Double(left.milliseconds) / 1000, decimals: 1))
  }

  var json: JSON {
    [
      "slug": .text(slug), "outcome": .string(outcome.rawValue), "ev_points": .double(expected),
      "p": .double(probability), "p_source": .string(source.rawValue), "ask_points": .text(ask),
      "fee_points": .double(fee), "decision": .string(decision), "left_ms": .int(left.milliseconds),
    ]
  }
}

extension Market {
  /// `Up` or `Down`, as the venue labels it.
  func label(_ outcome: Outcome) -> String { outcome == .yes ? yesLabel : noLabel }
}
