/// Where a price to beat comes from (hammer-model 7). The raw values are stored with decisions.
public enum StrikeSource: String, Hashable, Sendable, CaseIterable {
  /// The settling stream's tick of the boundary second.
  case stream
  /// Its first tick after the boundary, at most three seconds later, where the boundary second has none.
  case streamNext = "stream_next"
  /// The venue's price endpoint.
  case endpoint
  /// Our own mean of single observations.
  case reconstructed
  /// A price of another source.
  case spot
  case none

  /// Observed where it settles. Anything else may be near and still on the other side.
  public var isConfirmed: Bool { self == .stream || self == .streamNext || self == .endpoint }
}

/// Every reason not to look at a window further, in the order of hammer-model 7. Plain figures in, reasons out.
public struct HammerGate: Hashable, Sendable {
  public struct Limits: Hashable, Sendable {
    /// Largest and least time to the close, seconds.
    public var secondsMax: Double
    public var secondsMin: Double
    /// Seconds.
    public var feedAgeMax: Double
    public var trust: AverageTrust
    /// Deviations of a ten-second walk.
    public var shock: Double
    /// Seconds.
    public var hintAgeMax: Double
    /// Seconds.
    public var bookAgeMax: Double
    /// Dollars per share within two seconds.
    public var midChangeMax: Double

    public static let standard = Limits(
      secondsMax: 15, secondsMin: 1, feedAgeMax: 4, trust: .standard, shock: 6, hintAgeMax: 2.5, bookAgeMax: 1,
      midChangeMax: 0.1)

    public init(
      secondsMax: Double, secondsMin: Double, feedAgeMax: Double, trust: AverageTrust, shock: Double,
      hintAgeMax: Double, bookAgeMax: Double, midChangeMax: Double
    ) {
      self.secondsMax = secondsMax
      self.secondsMin = secondsMin
      self.feedAgeMax = feedAgeMax
      self.trust = trust
      self.shock = shock
      self.hintAgeMax = hintAgeMax
      self.bookAgeMax = bookAgeMax
      self.midChangeMax = midChangeMax
    }
  }

  /// The rule and its look-back were read from the market.
  public var settlementKnown = false
  public var hasStrike = false
  public var strikeSource = StrikeSource.none
  public var feesEnabled = true
  public var feeRate: Double?
  public var acceptingOrders = false
  /// Time to the close, seconds.
  public var secondsLeft = 0.0
  /// Age of the newest canonical tick, seconds; infinite without one.
  public var feedAge = Double.infinity
  /// Longest gap and seconds without a tick in the part of the mean that is fixed; infinite when it is not covered at all.
  public var gapMax = Double.infinity
  public var missing = Double.infinity
  public var sigma: Double?
  public var tenSecondReturn = 0.0
  public var hintRequired = true
  public var hintAge: Double?
  public var bookAge = Double.infinity
  /// Change of the mid within two seconds, dollars per share, either sign.
  public var midChange = 0.0
  /// Distance of the expected settling value from the strike, in the unit of `distanceMin`.
  public var distance = 0.0
  public var distanceMin = 0.0
  /// The same in deviations.
  public var z = 0.0
  public var zMin = 0.0

  public init() {}

  /// All that stand against it, the first one first.
  public func refusals(_ limits: Limits) -> [RefusalReason] {
    let checks: [(Bool, RefusalReason)] = [
      (!settlementKnown, .settlementUnknown),
      (!hasStrike, .strikeMissing),
      (!strikeSource.isConfirmed, .strikeUnconfirmed),
      (feesEnabled && (feeRate ?? 0) <= 0, .feeUnknown),
      (!acceptingOrders, .notAcceptingOrders),
      (secondsLeft > limits.secondsMax || secondsLeft < limits.secondsMin, .outsideWindow),
      (feedAge > limits.feedAgeMax, .feedStale),
      (gapMax > Double(limits.trust.gapMax) || missing > Double(limits.trust.missingMax), .gapInAverage),
      (sigma == nil, .sigmaNotReady),
      (sigma.map { abs(tenSecondReturn) > limits.shock * $0 * 10.0.squareRoot() } ?? false, .shock),
      (hintRequired && (hintAge ?? .infinity) > limits.hintAgeMax, .hintMissing),
      (bookAge > limits.bookAgeMax, .bookStale),
      (abs(midChange) >= limits.midChangeMax, .bookMoved),
      (abs(distance) <= distanceMin, .distanceBelowMin),
      (abs(z) < zMin, .zBelowMin),
    ]
    return checks.compactMap { $0.0 ? $0.1 : nil }
  }
}
