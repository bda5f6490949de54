/// Whether the auditor sees the books: an auditor that cannot read them must not look like one that finds nothing.
public struct AuditSight: Hashable, Sendable {
  /// So many passes in a row without a result, and the auditor is blind.
  public static let failuresMax = 3

  /// Passes in a row that failed, for whatever reason: the books may not have been reached, not read, or not understood.
  public private(set) var failures = 0
  private var hasSeen = false
  private var isTold = false

  public init() {}

  public var isBlind: Bool { failures >= AuditSight.failuresMax }

  /// There was a result, and the last ones were not all failures.
  public var isReady: Bool { hasSeen && !isBlind }

  /// It is blind, and nobody has been told of this time yet.
  public var mustTell: Bool { isBlind && !isTold }

  public mutating func failed() { failures += 1 }

  /// The record has taken the event.
  public mutating func told() { isTold = true }

  public mutating func passed() { self = AuditSight(hasSeen: true) }

  private init(hasSeen: Bool) { self.hasSeen = hasSeen }
}
