/// How an up/down window ends (protocol document, section 1.6): Up when the closing value is at least the opening one, so a tie is Up. Both
/// are values of the series that settles the market (`GammaMarket.CryptoRule`): single observations, or the source's own mean.
public enum UpDownSettlement {
  public enum Verdict: Hashable, Sendable {
    case decided(Outcome, opening: ReferenceValue, closing: ReferenceValue)
    /// The values that decide are not known, and nothing is guessed.
    case unprovable(Missing)

    public var outcome: Outcome? {
      if case .decided(let outcome, _, _) = self { return outcome }
      return nil
    }
  }

  public enum Missing: String, Hashable, Sendable {
    case opening
    case closing
    case both
  }

  /// A boundary second without a tick is decided by the first tick stamped after it: a report covers the time since the one before. With
  /// a gap of more than so many seconds the official value matched neither neighbour (hammer-model 1; measured on the source's single
  /// observations, assumed for its means).
  public static let patience: Int64 = 3

  public static func outcome(opening: ReferenceValue, closing: ReferenceValue) -> Outcome {
    closing >= opening ? .yes : .no
  }

  /// - Parameters:
  ///   - opens: first second of the window.
  ///   - closes: its end, where the next one opens.
  ///   - strike: the venue's own word for the opening value, when it gave one; otherwise the series must have it.
  public static func verdict(
    opens: Int64, closes: Int64, series: ReferenceSeries, strike: ReferenceValue? = nil
  ) -> Verdict {
    precondition(opens < closes, "a window has a length")
    func value(_ second: Int64) -> ReferenceValue? { series.first(from: second, within: patience)?.value }
    switch (strike ?? value(opens), value(closes)) {
    case (let opening?, let closing?):
      return .decided(outcome(opening: opening, closing: closing), opening: opening, closing: closing)
    case (nil, nil): return .unprovable(.both)
    case (nil, _): return .unprovable(.opening)
    case (_, nil): return .unprovable(.closing)
    }
  }
}
