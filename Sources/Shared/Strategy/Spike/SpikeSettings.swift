/// How the spike detector is set (S0-56 to S0-61, S1-42, S1-43); the parameters of the strategy say what each means.
public struct SpikeSettings: Hashable, Sendable {
  public enum Layer: String, Hashable, Sendable, CaseIterable {
    case cusum, bands, roc
  }

  /// What deviation, slack and threshold of the CUSUM are measured in (C-05).
  public enum Unit: String, Hashable, Sendable, CaseIterable {
    /// Dollars a share of a token; of a reference price per cent of its base.
    case price
    /// Standard deviations.
    case sigma
  }

  /// What a value is held against (C-13).
  public enum Baseline: String, Hashable, Sendable, CaseIterable {
    /// Mean and deviation as they were before the value began to stray.
    case before
    /// Mean and deviation with the value in them, as the founding text has it: a spike moves its own base and hides itself.
    case latest
  }

  public let step: Duration
  public let span: Int64
  public let baseline: Baseline
  public let unit: Unit
  public let slack: Double
  public let threshold: Double
  /// Width of the bands, in deviations.
  public let bandWidth: Double
  public let rocLookback: Duration
  /// Millionths of a per cent.
  public let rocThreshold: Int64
  public let required: [Layer]
  /// Millionths: a quarter for each layer that agrees, and one for the liquidity that every order needs (S1-59, C-10).
  public let confidenceMin: Int64

  public init(_ parameters: StrategyParameters) {
    guard let baseline = Baseline(rawValue: parameters.word("baseline")),
      let unit = Unit(rawValue: parameters.word("cusum_unit"))
    else { preconditionFailure("the words of the settings and of the keys are the same") }
    self.baseline = baseline
    self.unit = unit
    step = parameters.duration("step_ms")
    span = parameters.whole("ewma_span_count")
    slack = Double(parameters.micros("cusum_slack_ratio")) / 1e6
    threshold = Double(parameters.micros("cusum_threshold_ratio")) / 1e6
    bandWidth = Double(parameters.micros("ewma_width_sigma")) / 1e6
    rocLookback = parameters.duration("roc_lookback_s")
    rocThreshold = parameters.micros("roc_threshold_pct")
    required = parameters.words("layers_required").compactMap(Layer.init(rawValue:))
    confidenceMin = parameters.micros("confidence_min_ratio")
  }

  /// A threshold of standard deviations under the unit of prices, or the reverse, would never or always alarm (C-05).
  static func problems(_ parameters: StrategyParameters, input: TradeRules.Input) -> [String] {
    let settings = SpikeSettings(parameters)
    var problems: [String] = []
    if settings.unit == .price, input == .tokenMid, settings.threshold > 0.5 {
      problems.append(
        "cusum_threshold_ratio: \(Decimal6.text(parameters.micros("cusum_threshold_ratio"))) dollars a share is more than a token "
          + "can move; did you mean standard deviations? → cusum_unit: sigma")
    }
    if settings.slack >= settings.threshold {
      problems.append("cusum_slack_ratio must be below cusum_threshold_ratio, or one step decides")
    }
    return problems
  }
}
