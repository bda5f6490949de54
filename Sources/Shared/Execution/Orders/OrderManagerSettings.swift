extension OrderManager {
  /// How patient the core is. Every duration is wall time.
  public struct Settings: Hashable, Sendable {
    public var limits = RiskLimits()
    /// What each strategy lives from, by its name; one that is not named is directional.
    public var classes: [String: StrategyClass] = [:]
    /// An answer to a post that has not come by then never will. The shell's own deadline is shorter.
    public var answerDeadline: Duration = .seconds(5)
    /// Waits before the second, third, … round of look-ups; the last one repeats.
    public var lookUpDelays: [Duration] = [
      .seconds(1), .seconds(2), .seconds(5), .seconds(10), .seconds(15), .seconds(30),
    ]
    /// After so long an absence of the venue all look-ups begin anew when it is back.
    public var venueAbsence: Duration = .seconds(1)
    /// Proof of absence: so many rounds that found nothing …
    public var absenceRounds = 3
    /// … over so long a time: longer than the venue's slowest view lags (60 to 70 s were reported).
    public var absenceSpan: Duration = .seconds(90)
    /// The same for an order that once lived and is listed no more: the venue forgets ended orders.
    public var vanishedSpan: Duration = .seconds(15)
    /// A fill that the venue counted but nobody delivered is asked for after this.
    public var missingFillGrace: Duration = .milliseconds(250)
    /// A cancel without effect is sent again.
    public var cancelRetry: Duration = .seconds(3)
    /// An exit waits so long for orders of the same wallet in its way to end; then being locked in is worse than trading with ourselves.
    public var selfCrossWait: Duration = .seconds(3)
    /// A look-up that never ended is given up.
    public var lookUpDeadline: Duration = .seconds(15)
    /// How long ended orders are remembered for late fills and repeated intents.
    public var retention: Duration = .seconds(600)
    /// How long orders that were proven absent are watched for.
    public var voidWatch: Duration = .seconds(86_400)
    /// How far before the first byte trades are asked for, in market time.
    public var tradeOverlap: Duration = .seconds(60)
    /// How long entries may work at the venue while nothing can be recorded; then they are taken out. Exits stay.
    public var entriesOutAfter: Duration = .seconds(15)
    /// How far a reading of the newest trades goes back before the one before it, in market time: for what the venue lists late. Once
    /// in `tradeOverlap` it goes back by that.
    public var newTradesOverlap: Duration = .seconds(5)
    /// Posts refused for their rate are sent again so often.
    public var repostsMax = 3

    public init() {}
  }
}
