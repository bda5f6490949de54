import Shared

extension CalibrationStudy {
  public static let version = 1

  /// For programs: every figure with its interval. Statistics are numbers.
  /// - Parameter about: what was calibrated on, by the command.
  public func json(about: JSON) -> JSON {
    [
      "report": "calibration", "version": .int(CalibrationStudy.version), "about": about,
      "bootstrap": [
        "draws": .int(bootstrap.draws), "seed": .string(String(bootstrap.seed)), "interval_pct": .int(95),
        "clusters": "window",
      ],
      "samples": .int(sampled.samples.count), "asked": .int(sampled.asked),
      "labels": CalibrationStudy.counts(sampled.labels.map { ($0.key.rawValue, $0.value) }),
      "silent": CalibrationStudy.counts(sampled.silences.map { ($0.key.rawValue, $0.value) }),
      "unprovable": .int(sampled.unprovable), "gap_before_close": .int(sampled.broken),
      "rows": .array(rows.map(\.json)), "favourites": .array(favourites.map(\.json)),
    ]
  }

  private static func counts(_ pairs: [(String, Int)]) -> JSON {
    .object(pairs.sorted { $0.0 < $1.0 }.map { JSON.Member($0.0, .int($0.1)) })
  }

  /// A line a time to the close and forecaster.
  public var csv: String {
    let head = "before_s,forecaster,samples,clusters,brier,brier_low,brier_high,log_loss,log_loss_low,log_loss_high"
    let lines = rows.flatMap { row in
      row.scores.map { score in
        ["\(row.left)", score.forecaster.rawValue, "\(score.samples)", "\(row.clusters)"].joined(separator: ",") + ","
          + [score.brier, score.logLoss].flatMap { [$0.value, $0.low, $0.high] }
          .map { Figures.text($0, decimals: 6) }.joined(separator: ",")
      }
    }
    return ([head] + lines).joined(separator: "\n") + "\n"
  }
}

extension ClusterBootstrap.Estimate {
  var json: JSON { ["value": .double(value), "low": .double(low), "high": .double(high)] }
}

extension CalibrationStudy.Row {
  var json: JSON {
    [
      "before_s": .int(left), "samples": .int(samples), "clusters": .int(clusters), "up_share": .double(upShare),
      "scores": .array(
        scores.map {
          [
            "forecaster": .string($0.forecaster.rawValue), "samples": .int($0.samples), "brier": $0.brier.json,
            "log_loss": $0.logLoss.json,
          ]
        }),
      "differences": .array(
        differences.map {
          [
            "forecaster": .string($0.forecaster.rawValue), "than": .string($0.than.rawValue),
            "samples": .int($0.samples), "brier": $0.brier.json, "log_loss": $0.logLoss.json,
          ]
        }), "reliability": .array(reliability.map(\.json)), "weights": .optional(weights?.json),
    ]
  }
}

extension LogitWeights {
  var json: JSON {
    [
      "forecaster": .string(model.rawValue), "samples": .int(samples), "of_model": ofModel.json, "of_mid": ofMid.json,
    ]
  }
}

extension CalibrationStudy.Favourite {
  var json: JSON {
    ["before_s": .array(before.map { .int($0) }), "reliability": .array(reliability.map(\.json))]
  }
}

extension CalibrationStudy.Reliability {
  var json: JSON {
    [
      "forecaster": .string(forecaster.rawValue),
      "bins": .array(
        bins.map {
          [
            "from": .double($0.range.lowerBound), "to": .double($0.range.upperBound), "samples": .int($0.count),
            "claimed": .double($0.claimed), "came": $0.came.json,
          ]
        }),
    ]
  }
}
