import Shared

/// How well said probabilities fit what came: of the round trips whose evidence has `p_up` (the hammer's), against their markets' results.
/// Only trips are judged, not the moments at which nobody traded: the sample is the strategy's own choice.
public struct Calibration: Hashable, Sendable {
  /// Of one kind of forecast of "YES wins".
  public struct Forecast: Hashable, Sendable {
    /// Forecasts in one tenth of [0, 1], the upper edge belonging to the next, 1 to the last.
    public struct Bin: Hashable, Sendable {
      public let range: Range<Double>
      public internal(set) var count = 0
      /// Of them, those whose market was won by YES.
      public internal(set) var hits = 0
      var sum = 0.0

      /// Mean forecast; `nil` without any.
      public var mean: Double? { count > 0 ? sum / Double(count) : nil }
      public var rate: Double? { count > 0 ? Double(hits) / Double(count) : nil }
      /// Of the rate, 95 %, after Wilson.
      public var interval: ClosedRange<Double>? { TripStatistics.wilson(hits, of: count) }
    }

    public static let binCount = 10
    /// A forecast nearer to certainty than this counts as this in the logarithm.
    public static let doubt = 1e-6

    public let bins: [Bin]
    /// Mean of (p − result)², 0 best, 0.25 for always one half (Brier, Monthly Weather Review 78, 1950).
    public let brier: Double
    /// Mean of −ln of the probability given to what came, 0 best, 0.693 for always one half.
    public let logLoss: Double

    /// - Parameter pairs: forecast, 0 … 1, and whether it came. At least one.
    init(_ pairs: [(probability: Double, came: Bool)]) {
      let width = 1 / Double(Forecast.binCount)
      var bins = (0..<Forecast.binCount).map { Bin(range: Double($0) * width..<Double($0 + 1) * width) }
      var squares = 0.0
      var logs = 0.0
      for (p, came) in pairs {
        // Ten times a tenth is whole in binary too: 0.3 · 10 = 3, where 0.3 / 0.1 is not.
        let index = min(Forecast.binCount - 1, Int(p * Double(Forecast.binCount)))
        bins[index].count += 1
        bins[index].sum += p
        if came { bins[index].hits += 1 }
        let miss = came ? 1 - p : p
        squares += miss * miss
        logs -= Elementary.log(max(Forecast.doubt, 1 - miss))
      }
      self.bins = bins
      brier = squares / Double(pairs.count)
      logLoss = logs / Double(pairs.count)
    }
  }

  /// Trips that are judged.
  public let trips: Int
  /// Of so many markets: trips of one market are one throw of the dice.
  public let markets: Int
  /// Trips with a probability whose market has no result, or is split.
  public let undecided: Int
  /// Of the judged ones, those whose result is only inferred from the last price.
  public let inferred: Int
  /// The model's word.
  public let model: Forecast
  /// What was paid, read as a probability: the average entry price of YES, or one less that of NO. Fees left out.
  public let price: Forecast

  /// `nil` when no trip with a probability has a market with a result.
  public init?(_ trips: [RoundTrip], _ results: [MarketSlug: BacktestReport.Result]) {
    var model: [(probability: Double, came: Bool)] = []
    var price: [(probability: Double, came: Bool)] = []
    var markets: Set<MarketSlug> = []
    var undecided = 0
    var inferred = 0
    for trip in trips {
      guard let p = Calibration.probability(trip) else { continue }
      guard let result = results[trip.market], result.payout == .one || result.payout == .zero else {
        undecided += 1
        continue
      }
      let came = result.payout == .one
      let paid = trip.outcome == .yes ? trip.entryPrice : trip.entryPrice.complement
      model.append((p, came))
      price.append((Double(paid.micros) / 1e6, came))
      markets.insert(trip.market)
      if result.from == .inferred { inferred += 1 }
    }
    guard !model.isEmpty else { return nil }
    self.trips = model.count
    self.markets = markets.count
    self.undecided = undecided
    self.inferred = inferred
    self.model = Forecast(model)
    self.price = Forecast(price)
  }

  /// P(YES) that the entry was decided on.
  static func probability(_ trip: RoundTrip) -> Double? {
    trip.evidence["p_up"]?.double.flatMap { (0...1).contains($0) ? $0 : nil }
  }
}
