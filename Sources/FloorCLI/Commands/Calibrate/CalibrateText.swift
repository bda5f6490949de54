import FloorSim
import Shared

/// A calibration for the terminal.
enum CalibrateText {
  static func text(_ study: CalibrationStudy) -> String {
    [scores(study), differences(study), weights(study), favourites(study), end(study)].filter { !$0.isEmpty }.joined(
      separator: "\n\n")
  }

  static func estimate(_ estimate: ClusterBootstrap.Estimate) -> String {
    let figures = [estimate.value, estimate.low, estimate.high].map { Figures.text($0, decimals: 3) }
    return "\(figures[0]) [\(figures[1]) \(figures[2])]"
  }

  private static func scores(_ study: CalibrationStudy) -> String {
    var table = Table(["s before", "forecaster", "samples", "clusters", "Brier [95 %]", "log loss [95 %]"])
    for row in study.rows {
      for score in row.scores {
        table.rows.append([
          "\(row.left)", score.forecaster.rawValue, "\(score.samples)", "\(row.clusters)", estimate(score.brier),
          estimate(score.logLoss),
        ])
      }
    }
    return table.text
  }

  private static func differences(_ study: CalibrationStudy) -> String {
    var table = Table(["s before", "worse by", "than", "samples", "Brier [95 %]", "log loss [95 %]"])
    for row in study.rows {
      for difference in row.differences {
        table.rows.append([
          "\(row.left)", difference.forecaster.rawValue, difference.than.rawValue, "\(difference.samples)",
          estimate(difference.brier), estimate(difference.logLoss),
        ])
      }
    }
    return table.rows.isEmpty ? "" : table.text
  }

  private static func weights(_ study: CalibrationStudy) -> String {
    var table = Table(["s before", "forecaster", "samples", "weight of its logit [95 %]", "of the middle's [95 %]"])
    for row in study.rows {
      guard let weights = row.weights else { continue }
      table.rows.append([
        "\(row.left)", weights.model.rawValue, "\(weights.samples)", estimate(weights.ofModel), estimate(weights.ofMid),
      ])
    }
    return table.rows.isEmpty ? "" : table.text
  }

  private static func favourites(_ study: CalibrationStudy) -> String {
    var table = Table(["s before", "forecaster", "favourite's claim", "samples", "mean claim", "won [95 %]"])
    for favourite in study.favourites {
      let times = favourite.before.map { "\($0)" }.joined(separator: ",")
      for reliability in favourite.reliability {
        for bin in reliability.bins {
          table.rows.append([
            times, reliability.forecaster.rawValue,
            "\(Figures.text(bin.range.lowerBound)) to \(Figures.text(bin.range.upperBound))", "\(bin.count)",
            Figures.text(bin.claimed, decimals: 4), estimate(bin.came),
          ])
        }
      }
    }
    return table.text
  }

  private static func end(_ study: CalibrationStudy) -> String {
    let labels = ForecastTape.Label.allCases.compactMap { label in
      study.sampled.labels[label].map { "\($0) \(label.rawValue)" }
    }
    var lines = [
      "\(study.sampled.samples.count) of \(study.sampled.asked) moments judged; ends of windows: \(labels.joined(separator: ", "))",
      "intervals: \(study.bootstrap.draws) resamples of whole windows, seed \(study.bootstrap.seed)",
    ]
    let missing = missing(study.sampled)
    if missing != "nothing was asked" { lines.append("left out: \(missing)") }
    return lines.joined(separator: "\n")
  }

  /// Why moments are not among the samples, or the models not among those who spoke.
  static func missing(_ sampled: ForecastSamples) -> String {
    var parts = WindowForecasts.Silence.allCases.compactMap { silence in
      sampled.silences[silence].map { "\($0) without the models (\(silence.rawValue))" }
    }
    if sampled.unprovable > 0 { parts.append("\(sampled.unprovable) whose window's end is not known") }
    if sampled.broken > 0 { parts.append("\(sampled.broken) with a gap in the stream before the close") }
    return parts.isEmpty ? "nothing was asked" : parts.joined(separator: ", ")
  }
}
