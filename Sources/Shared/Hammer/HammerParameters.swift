/// The hammer's settings, from the strategy's parameters. Defaults are those of the hammer model for paper trading (section 6); the seed's
/// own values can all be set.
public struct HammerParameters: Hashable, Sendable {
  /// Which probability is traded on. On a window settled on single observations the two for means become their counterparts.
  public enum Model: String, Hashable, Sendable, CaseIterable {
    case tailedTwap = "t3_twap"
    case normalTwap = "normal_twap"
    case normalSpot = "normal_spot"
    case tailedSpot = "t3_spot"
  }

  /// At least one is more than nothing (C-32): what is set must all hold.
  public struct Distance: Hashable, Sendable {
    public var usd: Double
    public var basisPoints: Double
    public var deviations: Double

    public init(usd: Double, basisPoints: Double, deviations: Double) {
      self.usd = usd
      self.basisPoints = basisPoints
      self.deviations = deviations
    }
  }

  public let model: Model
  public let bet: HammerBet.Settings
  public let limits: HammerGate.Limits
  public let tail: UpProbability.Tail
  public let volatility: StepVolatility.Settings
  public let endLag: Int64
  public let distanceMin: Distance
  public let zMin: Double
  public let hintRequired: Bool
  public let watchRequired: Bool
  /// Relative; 0 is off.
  public let watchReturn: Double
  /// Deviations of a sixty-second walk; 0 is off.
  public let watchDeviations: Double
  public let watchHold: Int64
  public let fallback: Bool
  public let fallbackOrders: Bool
  /// Relative.
  public let fallbackDivergenceMax: Double
  public let driftCheck: Bool
  public let feeFreeAllowed: Bool
  public let entriesMax: Int64
  public let entriesPerHourMax: Int64
  public let closesTogetherMax: Int64
  public let retryPause: Duration
  public let usefulFor: Duration

  public init(_ parameters: StrategyParameters) throws(StrategyParameters.Refusal) {
    func ratio(_ key: String) -> Double { Double(parameters.micros(key)) / 1e6 }
    func dollars(_ key: String) -> USD { USD(micros: parameters.micros(key)) }
    func seconds(_ key: String) -> Double { Double(parameters.whole(key)) / 1000 }
    guard let model = Model(rawValue: parameters.word("model")),
      let entryPriceMax = Price(micros: parameters.micros("entry_price_max_points"))
    else { preconditionFailure("the words and ranges of the types and of the keys are the same") }
    self.model = model
    bet = HammerBet.Settings(
      alpha: ratio("alpha_ratio"), extraCost: ratio("extra_cost_bps") / 1e4, evMin: ratio("ev_min_points"),
      evTooGood: ratio("ev_too_good_points"), entryPriceMax: entryPriceMax,
      slipTicks: parameters.whole("slip_ticks_count"), bankroll: dollars("bankroll_usd"),
      kellyFraction: ratio("kelly_fraction_ratio"), standardErrors: ratio("standard_errors_ratio"),
      calibrationCount: Double(parameters.whole("calibration_count")), perTradeMax: dollars("per_trade_max_usd"),
      quoteSize: parameters.size, bankrollShareMax: ratio("bankroll_share_max_pct") / 100)
    limits = HammerGate.Limits(
      secondsMax: Double(parameters.whole("hammer_s")), secondsMin: seconds("entry_cutoff_ms"),
      feedAgeMax: seconds("feed_age_max_ms"),
      trust: AverageTrust(gapMax: parameters.whole("gap_max_s"), missingMax: parameters.whole("missing_max_count")),
      shock: ratio("shock_sigma"), hintAgeMax: seconds("hint_age_max_ms"), bookAgeMax: seconds("book_age_max_ms"),
      midChangeMax: ratio("mid_change_max_points"))
    tail = UpProbability.Tail(
      degrees: Int(parameters.whole("tail_degrees_count")), scale: ratio("tail_scale_ratio"),
      jitter: ratio("jitter_bps") / 1e4, doubt: ratio("doubt_pct") / 100)
    volatility = StepVolatility.Settings(
      step: StepVolatility.Settings.standard.step, halfLife: Double(parameters.whole("volatility_half_life_s")),
      gapMax: StepVolatility.Settings.standard.gapMax, countMin: parameters.whole("volatility_min_count"),
      floor: StepVolatility.Settings.standard.floor)
    endLag = parameters.whole("end_lag_s")
    distanceMin = Distance(
      usd: ratio("d_min_usd"), basisPoints: ratio("d_min_bps"), deviations: ratio("d_min_sigma"))
    zMin = ratio("z_min_sigma")
    hintRequired = parameters.flag("hint_required")
    watchRequired = parameters.flag("watch_required")
    watchReturn = ratio("watch_return_pct") / 100
    watchDeviations = ratio("watch_return_sigma")
    watchHold = parameters.whole("watch_hold_s")
    fallback = parameters.flag("fallback_enabled")
    fallbackOrders = parameters.flag("fallback_orders")
    fallbackDivergenceMax = ratio("fallback_divergence_max_bps") / 1e4
    driftCheck = parameters.flag("drift_check")
    feeFreeAllowed = parameters.flag("fee_free_allowed")
    entriesMax = parameters.whole("entries_max_count")
    entriesPerHourMax = parameters.whole("entries_per_hour_max_count")
    closesTogetherMax = parameters.whole("closes_together_max_count")
    retryPause = parameters.duration("retry_pause_ms")
    usefulFor = parameters.duration("useful_for_ms")
    // The seed refuses to start without a distance or a trigger (S3-46); prices and times are bounded by their keys (S3-43, S3-44).
    var problems: [String] = []
    if distanceMin.usd == 0, distanceMin.basisPoints == 0, distanceMin.deviations == 0 {
      problems.append("one of d_min_usd, d_min_bps and d_min_sigma must be more than 0")
    }
    if watchReturn == 0, watchDeviations == 0 {
      problems.append("one of watch_return_pct and watch_return_sigma must be more than 0")
    }
    if limits.secondsMin >= limits.secondsMax {
      problems.append("entry_cutoff_ms must be shorter than hammer_s, or there is no time to enter")
    }
    guard problems.isEmpty else { throw StrategyParameters.Refusal(problems: problems) }
  }
}
