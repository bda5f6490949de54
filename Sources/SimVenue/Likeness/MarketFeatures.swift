import Shared

/// What makes one up/down market look as it does, measured second by second from its book, its trades and the reference price. The same
/// measure is taken of recorded markets and of the synthetic ones.
struct MarketFeatures: Sendable {
  enum Feature: String, CaseIterable, Hashable, Sendable {
    /// Best ask less best bid, cents.
    case spread
    /// Shares at the best price.
    case bestSize = "size at the best"
    /// Shares two levels behind the best.
    case secondSize = "size two behind"
    /// Shares five levels behind the best.
    case deepSize = "size five behind"
    /// Priced levels of one side, as a share of those between the best price and the end of the scale.
    case levels = "levels filled"
    /// Whole-book messages of a second: one for each trade.
    case updates = "book messages a second"
    /// Shares of a trade.
    case tradeSize = "trade size"
    /// Cents by which the middle price moves in a second, without sign.
    case move = "move of a second"

    var unit: String {
      switch self {
      case .spread, .move: "cents"
      case .bestSize, .secondSize, .deepSize, .tradeSize: "shares"
      case .levels: "share"
      case .updates: "messages"
      }
    }
  }

  /// One priced level of a side.
  struct Level: Hashable, Sendable {
    var price: Price
    var size: Shares
  }

  /// A second in which both prices are known.
  struct Pair: Hashable, Sendable {
    /// The market's, in cents.
    var market: Double
    /// Dollars.
    var reference: Double
  }

  private(set) var samples: [Feature: [Double]] = [:]
  /// One pair a second, in runs without a gap.
  private(set) var runs: [[Pair]] = []
  private var lastMiddle: Double?

  func distribution(_ feature: Feature) -> EmpiricalDistribution { EmpiricalDistribution(samples[feature] ?? []) }

  mutating func add(_ feature: Feature, _ value: Double) { samples[feature, default: []].append(value) }

  /// One second of a market's book, the best level first; a book that lacks a side, or is crossed, breaks the run of moves and is not
  /// measured.
  mutating func addSecond(bids: [Level], asks: [Level]) {
    guard let bid = bids.first?.price, let ask = asks.first?.price, ask > bid else {
      lastMiddle = nil
      return
    }
    add(.spread, Double(ask.micros - bid.micros) / 10_000)
    for side in [bids, asks] {
      for (feature, depth) in [(Feature.bestSize, 0), (.secondSize, 2), (.deepSize, 5)] where side.count > depth {
        add(feature, Double(side[depth].size.micros) / 1_000_000)
      }
    }
    addLevels(bids.map { $0.price.micros / 10_000 }, room: bid.micros / 10_000)
    addLevels(asks.map { $0.price.complement.micros / 10_000 }, room: ask.complement.micros / 10_000)
    let middle = Double(bid.micros + ask.micros) / 20_000
    if let lastMiddle { add(.move, abs(middle - lastMiddle)) }
    lastMiddle = middle
  }

  /// Whole cents only: the finer grid near the ends would count tenfold.
  private mutating func addLevels(_ cents: [Int64], room: Int64) {
    guard room > 0 else { return }
    add(.levels, min(1, Double(Set(cents).count) / Double(room)))
  }

  /// The next market's seconds do not follow this one's.
  mutating func breakRun() {
    lastMiddle = nil
    runs.append([])
  }

  /// A second in which both the market's price (cents) and the reference price are known.
  mutating func add(_ pair: Pair) {
    if runs.isEmpty { runs.append([]) }
    runs[runs.count - 1].append(pair)
  }

  /// How the market's moves of a second follow the reference's: the correlation at each lag, in seconds; a positive lag is a market that
  /// comes later.
  func reaction(lags: ClosedRange<Int>) -> [(lag: Int, correlation: Double)] {
    lags.map { lag in
      var pairs: [(Double, Double)] = []
      for run in runs where run.count > 30 {
        for index in 1..<run.count where (1..<run.count).contains(index + lag) {
          pairs.append(
            (
              run[index].reference - run[index - 1].reference,
              run[index + lag].market - run[index + lag - 1].market
            ))
        }
      }
      return (lag, Self.correlation(pairs))
    }
  }

  /// Pearson's; 0 when either side does not vary.
  static func correlation(_ pairs: [(Double, Double)]) -> Double {
    guard pairs.count > 1 else { return 0 }
    let count = Double(pairs.count)
    let meanA = pairs.reduce(0) { $0 + $1.0 } / count
    let meanB = pairs.reduce(0) { $0 + $1.1 } / count
    var (both, a, b) = (0.0, 0.0, 0.0)
    for pair in pairs {
      both += (pair.0 - meanA) * (pair.1 - meanB)
      a += (pair.0 - meanA) * (pair.0 - meanA)
      b += (pair.1 - meanB) * (pair.1 - meanB)
    }
    return a > 0 && b > 0 ? both / (a * b).squareRoot() : 0
  }
}
