import Shared

/// How well each forecaster's words fit what came, by the time to the close, with intervals clustered by window.
public struct CalibrationStudy: Hashable, Sendable {
  public typealias Estimate = ClusterBootstrap.Estimate

  /// One forecaster at one time before the close.
  public struct Score: Hashable, Sendable {
    public let forecaster: Forecaster
    public let samples: Int
    /// Mean of (p − result)² (Brier, Monthly Weather Review 78, 1950).
    public let brier: Estimate
    /// Mean of −ln of the probability given to what came, p kept from 0 and 1 by `CalibrationStudy.doubt`.
    public let logLoss: Estimate
  }

  /// How much worse one is than another, over the moments at which both spoke.
  public struct Difference: Hashable, Sendable {
    public let forecaster: Forecaster
    /// The one that it is measured against.
    public let than: Forecaster
    public let samples: Int
    /// Above 0: `forecaster` is worse.
    public let brier: Estimate
    public let logLoss: Estimate
  }

  public struct Row: Hashable, Sendable {
    /// Seconds before the close.
    public let left: Int64
    public let samples: Int
    public let clusters: Int
    /// Share of Up among the results.
    public let upShare: Double
    public let scores: [Score]
    public let differences: [Difference]
    /// In tenths of the stated P(Up).
    public let reliability: [Reliability]
    /// Of the trading model beside the market's middle; `nil` where they spoke together too seldom.
    public let weights: LogitWeights?
  }

  /// What was claimed against what came, in bins.
  public struct Reliability: Hashable, Sendable {
    public struct Bin: Hashable, Sendable {
      public let range: ClosedRange<Double>
      public let count: Int
      /// Mean claim.
      public let claimed: Double
      /// How often it came, with its clustered interval.
      public let came: Estimate
    }

    public let forecaster: Forecaster
    /// Bins with at least one sample, from below.
    public let bins: [Bin]
  }

  /// The favourite's claim, max(p, 1 − p), against how often the favourite won, over several times to the close together.
  public struct Favourite: Hashable, Sendable {
    public let before: [Int64]
    public let reliability: [Reliability]
  }

  /// In the log loss a probability is at least this far from 0 and from 1 (hammer-model 3).
  public static let doubt = 1e-4
  public static let favouriteEdges = [0.5, 0.7, 0.9, 0.97, 0.99, 1]
  /// Nearer to the close than this is counted as one group, further away as another (hammer-model 3).
  public static let lateBefore: Int64 = 30

  /// The longest time before the close first.
  public let rows: [Row]
  public let favourites: [Favourite]
  public let bootstrap: ClusterBootstrap
  public let sampled: ForecastSamples

  public init(_ sampled: ForecastSamples, _ bootstrap: ClusterBootstrap) {
    self.sampled = sampled
    self.bootstrap = bootstrap
    let groups = Dictionary(grouping: sampled.samples, by: \.left)
    let times = groups.keys.sorted(by: >)
    rows = times.map { CalibrationStudy.row($0, groups[$0] ?? [], bootstrap) }
    let early = times.filter { $0 >= CalibrationStudy.lateBefore }
    let late = times.filter { $0 < CalibrationStudy.lateBefore }
    favourites = [early, late].filter { !$0.isEmpty }.map { before in
      let samples = before.flatMap { groups[$0] ?? [] }
      return Favourite(
        before: before,
        reliability: CalibrationStudy.speakers(samples).map {
          CalibrationStudy.reliability(
            $0, samples, edges: CalibrationStudy.favouriteEdges, isFavourite: true, bootstrap)
        })
    }
  }

  // MARK: One time to the close

  /// Who said anything, in the order of their declaration.
  private static func speakers(_ samples: [ForecastSample]) -> [Forecaster] {
    Forecaster.allCases.filter { forecaster in samples.contains { $0.forecasts[forecaster] != nil } }
  }

  private static func row(_ left: Int64, _ samples: [ForecastSample], _ bootstrap: ClusterBootstrap) -> Row {
    let speakers = speakers(samples)
    let scores = speakers.compactMap { forecaster -> Score? in
      let said = samples.compactMap { sample in
        sample.forecasts[forecaster].map { (sample, brier($0, sample.cameUp), logLoss($0, sample.cameUp)) }
      }
      guard let brier = estimate(said.map { ($0.0.cluster, $0.1) }, samples, bootstrap),
        let logLoss = estimate(said.map { ($0.0.cluster, $0.2) }, samples, bootstrap)
      else { return nil }
      return Score(forecaster: forecaster, samples: said.count, brier: brier, logLoss: logLoss)
    }
    let measures = speakers.filter { Forecaster.trading.contains($0) || $0 == .marketMid }
    let pairs = measures.flatMap { than in
      speakers.filter { $0 != than && !($0 == .marketMid && Forecaster.trading.contains(than)) }.map { ($0, than) }
    }
    let tenths = (0...10).map { Double($0) / 10 }
    return Row(
      left: left, samples: samples.count, clusters: Set(samples.map(\.cluster)).count,
      upShare: Double(samples.count(where: \.cameUp)) / Double(max(1, samples.count)), scores: scores,
      differences: pairs.compactMap { difference($0, than: $1, samples, bootstrap) },
      reliability: speakers.map { reliability($0, samples, edges: tenths, isFavourite: false, bootstrap) },
      weights: speakers.first { Forecaster.trading.contains($0) }.flatMap { LogitWeights($0, samples, bootstrap) })
  }

  private static func difference(
    _ forecaster: Forecaster, than other: Forecaster, _ samples: [ForecastSample], _ bootstrap: ClusterBootstrap
  ) -> Difference? {
    let both = samples.compactMap { sample -> (Int64, Double, Double)? in
      guard let a = sample.forecasts[forecaster], let b = sample.forecasts[other] else { return nil }
      return (
        sample.cluster, brier(a, sample.cameUp) - brier(b, sample.cameUp),
        logLoss(a, sample.cameUp) - logLoss(b, sample.cameUp)
      )
    }
    guard let brier = estimate(both.map { ($0.0, $0.1) }, samples, bootstrap),
      let logLoss = estimate(both.map { ($0.0, $0.2) }, samples, bootstrap)
    else { return nil }
    return Difference(forecaster: forecaster, than: other, samples: both.count, brier: brier, logLoss: logLoss)
  }

  // MARK: Scores

  public static func brier(_ p: Double, _ cameUp: Bool) -> Double {
    let miss = cameUp ? 1 - p : p
    return miss * miss
  }

  public static func logLoss(_ p: Double, _ cameUp: Bool) -> Double {
    let given = cameUp ? p : 1 - p
    return -Elementary.log(min(1 - doubt, max(doubt, given)))
  }

  /// A mean over values of clusters; all clusters of the samples are drawn, so that means of one row are resampled alike.
  private static func estimate(
    _ values: [(cluster: Int64, value: Double)], _ samples: [ForecastSample], _ bootstrap: ClusterBootstrap
  ) -> Estimate? {
    var clusters: [Int64: ClusterBootstrap.Cluster] = [:]
    for sample in samples where clusters[sample.cluster] == nil {
      clusters[sample.cluster] = ClusterBootstrap.Cluster()
    }
    for (cluster, value) in values { clusters[cluster]?.put(value) }
    return bootstrap.mean(clusters.sorted { $0.key < $1.key }.map(\.value))
  }

  // MARK: Reliability

  private static func reliability(
    _ forecaster: Forecaster, _ samples: [ForecastSample], edges: [Double], isFavourite: Bool,
    _ bootstrap: ClusterBootstrap
  ) -> Reliability {
    struct Filling {
      var claims = 0.0
      var count = 0
      var values: [(cluster: Int64, value: Double)] = []
    }
    var bins = Array(repeating: Filling(), count: edges.count - 1)
    for sample in samples {
      guard let p = sample.forecasts[forecaster] else { continue }
      let isTurned = isFavourite && p < 0.5
      let claim = isTurned ? 1 - p : p
      let came = sample.cameUp != isTurned
      // An edge belongs to the bin above it, the last one to the last bin.
      let index = min(bins.count - 1, max(0, (edges.lastIndex { $0 <= claim } ?? 0)))
      bins[index].claims += claim
      bins[index].count += 1
      bins[index].values.append((sample.cluster, came ? 1 : 0))
    }
    return Reliability(
      forecaster: forecaster,
      bins: bins.enumerated().compactMap { index, bin in
        guard bin.count > 0, let came = estimate(bin.values, samples, bootstrap) else { return nil }
        return Reliability.Bin(
          range: edges[index]...edges[index + 1], count: bin.count, claimed: bin.claims / Double(bin.count), came: came)
      })
  }
}
