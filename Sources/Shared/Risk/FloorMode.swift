/// What the floor may do now. One word for all of it; several reasons at once combine to the strictest.
public enum FloorMode: String, Hashable, Sendable, CaseIterable {
  case active = "ACTIVE"
  /// No new entries.
  case reduceOnly = "REDUCE_ONLY"
  /// Nothing new at all; resting orders may be taken out.
  case cancelOnly = "CANCEL_ONLY"
  /// PostgreSQL has been away for a minute: exits and cancels go on through the journal.
  case fileFallback = "FILE_FALLBACK"
  /// Latched until a person resumes: everything resting is cancelled once.
  case halted = "HALTED"

  public func allows(_ action: IntentMessage.Action) -> Bool {
    switch (self, action) {
    case (.active, .enter), (.active, .exit): true
    case (.reduceOnly, .enter), (.fileFallback, .enter): false
    case (.reduceOnly, .exit), (.fileFallback, .exit): true
    case (.cancelOnly, .enter), (.cancelOnly, .exit), (.halted, .enter), (.halted, .exit): false
    case (.active, .cancel), (.reduceOnly, .cancel), (.cancelOnly, .cancel), (.fileFallback, .cancel),
      (.halted, .cancel):
      true
    }
  }

  /// Grows with what is forbidden.
  public var strictness: Int {
    switch self {
    case .active: 0
    case .reduceOnly: 1
    case .fileFallback: 2
    case .cancelOnly: 3
    case .halted: 4
    }
  }

  public func combined(with other: FloorMode) -> FloorMode { strictness >= other.strictness ? self : other }
}
