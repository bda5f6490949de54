import Shared

/// How much a model's word is worth beside the market's: the weights with which the logits of both foretell the result best,
///
///     P(Up) = 1 / (1 + e^−z)     z = a · logit(model) + b · logit(mid)
///
/// by maximum likelihood (Newton's steps), without a constant: Up and Down are alike. A weight near nought says that who knows the other
/// learns nothing from this one. A faint pull towards nought (a normal prior of deviation 10) keeps the weights finite where all results can
/// be told from the logits; it moves others by less than a thousandth part of their interval.
public struct LogitWeights: Hashable, Sendable {
  public typealias Estimate = ClusterBootstrap.Estimate

  /// Below so many samples nothing is said.
  public static let fewest = 30
  private static let prior = 1.0 / 100

  /// The model whose weight it is.
  public let model: Forecaster
  public let samples: Int
  public let ofModel: Estimate
  public let ofMid: Estimate

  struct Point {
    let model: Double
    let mid: Double
    let cameUp: Bool
  }

  /// Whole clusters are drawn and both weights fitted anew. `nil` where the two spoke together too seldom.
  init?(_ model: Forecaster, _ samples: [ForecastSample], _ bootstrap: ClusterBootstrap) {
    var clusters: [Int64: [Point]] = [:]
    for sample in samples {
      guard let p = sample.forecasts[model], let mid = sample.forecasts[.marketMid] else { continue }
      clusters[sample.cluster, default: []].append(
        Point(model: LogitWeights.logit(p), mid: LogitWeights.logit(mid), cameUp: sample.cameUp))
    }
    let groups = clusters.sorted { $0.key < $1.key }.map(\.value)
    let all = groups.flatMap { $0 }
    guard all.count >= LogitWeights.fewest else { return nil }
    let fitted = LogitWeights.fit(all)
    var ofModel: [Double] = []
    var ofMid: [Double] = []
    bootstrap.resample(groups.count) { drawn in
      let weights = LogitWeights.fit(drawn.flatMap { groups[$0] })
      ofModel.append(weights.model)
      ofMid.append(weights.mid)
    }
    self.model = model
    self.samples = all.count
    self.ofModel = ClusterBootstrap.estimate(fitted.model, of: ofModel)
    self.ofMid = ClusterBootstrap.estimate(fitted.mid, of: ofMid)
  }

  static func logit(_ p: Double) -> Double {
    let kept = min(1 - CalibrationStudy.doubt, max(CalibrationStudy.doubt, p))
    return Elementary.log(kept / (1 - kept))
  }

  /// The likelihood has one maximum; steps that overshoot it are halved.
  static func fit(_ points: [Point]) -> (model: Double, mid: Double) {
    var a = 0.0
    var b = 0.0
    var least = loss(points, a, b)
    for _ in 0..<100 {
      var (ga, gb) = (prior * a, prior * b)
      var (haa, hab, hbb) = (prior, 0.0, prior)
      for point in points {
        let p = 1 / (1 + Elementary.exp(-(a * point.model + b * point.mid)))
        let miss = p - (point.cameUp ? 1 : 0)
        let bend = p * (1 - p)
        ga += miss * point.model
        gb += miss * point.mid
        haa += bend * point.model * point.model
        hab += bend * point.model * point.mid
        hbb += bend * point.mid * point.mid
      }
      let determinant = haa * hbb - hab * hab
      let (da, db) = ((hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant)
      if abs(da) < 1e-9, abs(db) < 1e-9 { break }
      var part = 1.0
      var next = loss(points, a - da, b - db)
      while next > least, part > 1e-6 {
        part /= 2
        next = loss(points, a - part * da, b - part * db)
      }
      a -= part * da
      b -= part * db
      least = next
    }
    return (a, b)
  }

  private static func loss(_ points: [Point], _ a: Double, _ b: Double) -> Double {
    points.reduce(prior * (a * a + b * b) / 2) { sum, point in
      let z = a * point.model + b * point.mid
      // ln(1 + e^−t) without e^ of something large.
      let t = point.cameUp ? z : -z
      return sum + max(0, -t) + Elementary.log(1 + Elementary.exp(-abs(t)))
    }
  }
}
