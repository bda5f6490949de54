import Shared

extension SmokeRun {
  /// The whole run for programs, once it has ended.
  public var json: JSON {
    var failure: JSON?
    if case .noGo(let step, let asked, let came) = verdict {
      failure = [
        "step": .string(step.rawValue), "asked": .string(asked), "came": .string(came), "remedy": .string(step.remedy),
      ]
    }
    let steps = SmokeStep.allCases.map { step -> JSON in
      ["step": .string(step.rawValue), "passed_after_ms": .optional(time(of: step).map { .int($0.milliseconds) })]
    }
    let endpoints = settings.endpoints
    return [
      "verdict": .string(verdict?.word ?? "none"), "profile": "paper", "dry_run": .bool(true),
      "series": .text(settings.series),
      "venue": [
        "gamma_url": .string(endpoints.gamma), "clob_url": .string(endpoints.clob),
        "market_ws_url": .string(endpoints.marketStream), "reference_ws_url": .string(endpoints.referenceStream),
      ],
      "markets": .array(keepers.keys.sorted().map { .text($0) }), "steps": .array(steps),
      "rtds_events": .int(referenceEvents), "clob_events": .int(marketEvents), "looks": .int(looks),
      "candidate": .optional(candidate?.json), "orders": .int(orders.count), "order": .optional(orders.last),
      "failure": .optional(failure), "lasted_ms": .optional(lasted.map { .int($0.milliseconds) }),
    ]
  }
}
