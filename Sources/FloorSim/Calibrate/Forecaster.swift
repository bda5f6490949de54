import Shared

/// Who says how likely Up is. The names are those of the hammer model (section 2).
public enum Forecaster: String, Hashable, Sendable, CaseIterable {
  /// The trading model on windows that a mean settles: what is fixed of the mean is fixed, the rest has Student's tails.
  case tailedTwap = "t3_twap"
  /// The trading model on windows that single observations settle.
  case tailedSpot = "t3_spot"
  /// The mean as in `t3_twap`, with the normal distribution and the seed's volatility.
  case normalTwap = "normal_twap"
  /// The seed's plain formula: the newest value against the *single observation* at the opening.
  case normalSpot = "normal_spot"
  /// The seed's formula with the mean at the opening as its strike: what is left of its error when only the strike is mended.
  case normalSpotOnMean = "normal_spot_mean_strike"
  /// The middle of the market's own book.
  case marketMid = "market_mid"

  /// What an agent trades on: the other forecasters are measured against it.
  public static let trading: [Forecaster] = [.tailedTwap, .tailedSpot]
}

/// What was said of one window at one moment before its close, and how it ended.
public struct ForecastSample: Hashable, Sendable {
  /// Samples of one cluster hang on one throw of the dice: they are drawn together.
  public let cluster: Int64
  /// The window's close, seconds since 1970.
  public let closes: Int64
  /// Seconds to it: the group that the sample belongs to.
  public let left: Int64
  /// P(Up), 0 … 1, of all who had something to say.
  public let forecasts: [Forecaster: Double]
  /// It ended Up.
  public let cameUp: Bool

  public init(cluster: Int64, closes: Int64, left: Int64, forecasts: [Forecaster: Double], cameUp: Bool) {
    self.cluster = cluster
    self.closes = closes
    self.left = left
    self.forecasts = forecasts
    self.cameUp = cameUp
  }
}

extension Forecaster {
  /// A market's middle as a probability: an empty side counts as its end of the scale, and certainty is not believed (hammer-model 4).
  /// - Parameters:
  ///   - bid, ask: of the Up token; `nil` where nobody stands.
  static func mid(bid: Price?, ask: Price?) -> Double {
    let low = Double(bid?.micros ?? 0) / 1e6
    let high = Double(ask?.micros ?? Price.one.micros) / 1e6
    return min(0.995, max(0.005, (low + high) / 2))
  }
}
