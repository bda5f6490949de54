/// Checks a directional decision against a recording, by the definition and not by the indicators: it scans the whole history anew. Shares
/// no code with `RollingWindow` or `RollingMean` on purpose.
public enum SignalRecomputation {
  public enum Verdict: Hashable, Sendable {
    /// The recording gives the very figures of the decision, and they cross the threshold to the decision's side.
    case confirmed
    /// The recording crosses the threshold to the same side with another base: the agent had missed a message.
    case crossedFromAnotherBase(recorded: Int64)
    /// By the recording there was no signal, or one to the other side.
    case notCrossed(base: Int64, value: Int64)
    /// The recording does not hold the observation on which was decided, or does not reach back far enough.
    case notRecorded(String)
  }

  /// - Parameters:
  ///   - decision: the row's reason and detail.
  ///   - observations: the figure of the decision's series (reference price, or middle of the YES book) at 10⁻⁶, in the order of arrival.
  ///   - grain: as the indicators' (`RollingWindow`).
  public static func check(
    reason: String, detail: JSON, observations: [RollingWindow.Sample], grain: Duration = .milliseconds(50)
  ) throws(MessageError) -> Verdict {
    let evidence = try SignalEvidence(detail)
    guard let wanted = side(of: reason) else { throw .invalid("reason") }
    // What the agent had heard by then, as steps: each holds until the next.
    var steps: [RollingWindow.Sample] = []
    var latest: MarketTime?
    for observation in observations {
      if let latest, observation.time < latest { continue }
      if observation.time > evidence.valueTime { break }
      latest = observation.time
      if let last = steps.last, last.value != observation.value,
        observation.time == last.time || observation.time.since(last.time) < grain
      {
        steps[steps.count - 1] = .init(time: last.time, value: observation.value)
      } else if steps.last?.value != observation.value {
        steps.append(observation)
      }
      if observation.time == evidence.valueTime, observation.value == evidence.value { break }
    }
    guard latest == evidence.valueTime, steps.last?.value == evidence.value else {
      return .notRecorded("no observation of \(evidence.value) at \(evidence.valueTime)")
    }
    let start = evidence.valueTime.advanced(by: .zero - evidence.lookback)
    guard let inForce = steps.lastIndex(where: { $0.time <= start }) else {
      return .notRecorded("nothing known at \(start)")
    }
    let base: Int64
    switch evidence.base {
    case .lastKnown: base = steps[inForce].value
    case .mean: base = mean(Array(steps[inForce...]), from: start, to: evidence.valueTime)
    }
    guard evidence.threshold.side(of: evidence.value, from: base) == wanted else {
      return .notCrossed(base: base, value: evidence.value)
    }
    return base == evidence.baseValue ? .confirmed : .crossedFromAnotherBase(recorded: base)
  }

  /// +1 when the figure must lie above its base, −1 below.
  private static func side(of reason: String) -> Int? {
    switch reason {
    case "momentum_up", "reversion_down": 1
    case "momentum_down", "reversion_up": -1
    default: nil
    }
  }

  private static func mean(_ steps: [RollingWindow.Sample], from start: MarketTime, to end: MarketTime) -> Int64 {
    var sum: Int128 = 0
    for (index, step) in steps.enumerated() {
      let until = index + 1 < steps.count ? steps[index + 1].time : end
      sum += Int128(step.value) * Int128(until.since(max(start, step.time)).nanoseconds)
    }
    return Int64(divide(sum, by: Int128(end.since(start).nanoseconds), rounding: .nearestEven))
  }
}
