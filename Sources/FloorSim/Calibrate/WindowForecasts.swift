import Shared

/// What each model says of one window at one moment, from the ticks received until then, by the functions that the hammer trades on.
public struct WindowForecasts: Hashable, Sendable {
  /// What keeps the models from saying anything: the hammer's own reasons (hammer-model 7).
  public enum Silence: String, Hashable, Sendable, CaseIterable {
    case feedStale = "feed_stale"
    case sigmaNotReady = "sigma_not_ready"
    case strikeMissing = "strike_missing"
    case gapInAverage = "gap_in_average"
  }

  /// Values of the price to beat, dollars.
  struct Strikes: Hashable, Sendable {
    /// The single observation at the opening.
    var single: Double?
    /// The mean at the opening; `nil` on windows that single observations settle.
    var mean: Double?
  }

  public internal(set) var forecasts: [Forecaster: Double] = [:]
  /// `nil` when the trading model spoke.
  public internal(set) var silence: Silence?

  /// - Parameters:
  ///   - closes: the window's end, seconds since 1970.
  ///   - now: seconds since 1970.
  init(_ feed: SingleFeed, _ strikes: Strikes, closes: Int64, now: Int64, _ plan: ForecastPlan) {
    guard let newest = feed.grid.newest, let last = feed.grid.last, now - newest <= plan.feedAgeMax else {
      silence = .feedStale
      return
    }
    guard let sigma = feed.volatility.sigma, let seedSigma = SeedVolatility.sigma(feed.grid) else {
      silence = .sigmaNotReady
      return
    }
    let left = closes - newest
    if let strike = strikes.single {
      forecasts[.normalSpot] = UpProbability.normalSpot(last: last, strike: strike, sigma: seedSigma, seconds: left)
    }
    guard let lookback = plan.lookback else {
      guard let strike = strikes.single else {
        silence = .strikeMissing
        return
      }
      let deviation = UpProbability.deviation(last: last, sigma: sigma, variance: Double(max(1, left)), .spot)
      forecasts[.tailedSpot] = UpProbability.tailed(distance: last - strike, deviation: deviation, .spot)
      return
    }
    guard let strike = strikes.mean else {
      silence = .strikeMissing
      return
    }
    guard let average = WindowAverage(feed.grid, close: closes, window: lookback, endLag: plan.endLag),
      plan.trust.holds(gaps: average.gaps, missing: average.missing)
    else {
      silence = .gapInAverage
      return
    }
    let distance = average.expected - strike
    forecasts[.normalSpotOnMean] = UpProbability.normalSpot(
      last: last, strike: strike, sigma: seedSigma, seconds: left)
    forecasts[.normalTwap] = UpProbability.normalTwap(
      distance: distance, last: last, sigma: seedSigma, variance: average.variance)
    let deviation = UpProbability.deviation(
      last: last, sigma: sigma, variance: average.variance + average.bridgeVariance, .twap)
    forecasts[.tailedTwap] = UpProbability.tailed(distance: distance, deviation: deviation, .twap)
  }
}

/// The single observations of one source as they came: what models look at.
struct SingleFeed: Sendable {
  var grid = SecondGrid()
  var volatility = StepVolatility()

  mutating func put(_ value: ReferenceValue, at second: Int64) {
    let dollars = Double(value.attos) / 1e18
    guard dollars > 0, grid.put(dollars, at: second) else { return }
    volatility.put(dollars, at: second)
  }
}
