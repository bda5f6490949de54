/// In which way the venue does not trade as usual (protocol document, section 2.17). Raw values are the reasons in the record.
public enum VenueMode: String, Hashable, Sendable, CaseIterable {
  /// The matching engine is away: nothing passes, no cancel either.
  case restarting = "venue_restarting"
  /// For some minutes after a restart: orders that only rest, and cancels.
  case postOnly = "venue_post_only_mode"
  /// Cancels only.
  case cancelOnly = "venue_cancel_only"
  /// Nothing at all.
  case disabled = "venue_trading_disabled"
}

/// The venue's mode as its refusals tell it: nobody announces it, so it is believed until the time that came with the refusal, and shortly
/// without one; then the next order finds out. Pure: time comes in.
public struct VenueModeMirror: Hashable, Sendable {
  /// Without a time of the venue's own.
  public static let holdUntold: Duration = .seconds(5)
  /// However long the venue asks to wait.
  public static let holdMost: Duration = .seconds(600)

  private var mode: VenueMode?
  private var until = MonotonicTime(nanoseconds: 0)

  public init() {}

  /// `nil`: it trades as usual, as far as we know.
  public func current(_ now: MonotonicTime) -> VenueMode? { now < until ? mode : nil }

  /// What the answer to an order says about it. What proves nothing about the venue changes nothing.
  public mutating func heard(_ outcome: SubmitOutcome, _ now: MonotonicTime) {
    switch outcome {
    case .notTrading(let mode, let seconds):
      self.mode = mode
      let told = seconds.map { Duration.seconds(max(1, $0)) } ?? Self.holdUntold
      until = now.advanced(by: min(told, Self.holdMost))
    // Our orders take: one that was taken, or refused for itself, has met an engine that works.
    case .live, .matched, .delayed, .duplicated, .rejected: mode = nil
    case .throttled, .unknown: break
    }
  }
}
