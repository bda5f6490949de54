/// Whether this process may act as the holder of a lease. The lease itself is a row judged by the database's clock; this side must stop
/// acting before the row can expire, by its own monotonic clock, counted from when it *sent* its last successful renewal.
public struct LeaseKeeper: Hashable, Sendable {
  public struct Terms: Hashable, Sendable {
    public var renewEvery: Duration = .seconds(2)
    /// The holder acts no longer than this after sending; less than the six seconds that the claim statements ask for, so there is a gap
    /// and never an overlap.
    public var actFor: Duration = .seconds(4)
    public init() {}
  }

  public let terms: Terms
  /// Epoch of the lease as last granted; kept for reference after it ran out.
  public private(set) var epoch: Epoch?
  private var heldSince: MonotonicTime?  // when the last successful claim was sent
  private var inFlight: MonotonicTime?
  private var nextClaim: MonotonicTime

  public init(terms: Terms = Terms(), now: MonotonicTime) {
    self.terms = terms
    self.nextClaim = now
  }

  /// Whether a claim should be sent now. At most one is under way.
  public func shouldClaim(now: MonotonicTime) -> Bool { inFlight == nil && now >= nextClaim }

  /// A claim leaves now.
  public mutating func claimSent(now: MonotonicTime) {
    inFlight = now
    nextClaim = now.advanced(by: terms.renewEvery)
  }

  /// The claim was answered: granted with an epoch, or `nil` when another holds the lease.
  public mutating func claimAnswered(_ granted: Epoch?, now: MonotonicTime) {
    defer { inFlight = nil }
    guard let sent = inFlight else { return }
    if let granted {
      epoch = granted
      heldSince = sent
    } else {
      heldSince = nil
    }
  }

  /// The claim failed: nobody knows whether it was granted. Acting goes on until the deadline of the last known success.
  public mutating func claimFailed(now: MonotonicTime) {
    inFlight = nil
    nextClaim = min(nextClaim, now.advanced(by: .milliseconds(500)))
  }

  /// The holder in the way is proven dead: the next claim need not wait.
  public mutating func claimAtOnce(now: MonotonicTime) {
    if inFlight == nil { nextClaim = now }
  }

  /// To be asked before every effect.
  public func mayAct(now: MonotonicTime) -> Bool {
    guard let heldSince else { return false }
    return now.since(heldSince) < terms.actFor
  }

  /// When something is next due: a claim, or the end of acting.
  public func nextDeadline(now: MonotonicTime) -> MonotonicTime {
    let claim = inFlight == nil ? nextClaim : now.advanced(by: terms.renewEvery)
    guard let heldSince, mayAct(now: now) else { return claim }
    return min(claim, heldSince.advanced(by: terms.actFor))
  }
}
