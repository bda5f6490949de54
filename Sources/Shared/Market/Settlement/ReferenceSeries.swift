/// One reference price second by second, as its source stamped it: what settles an up/down market (protocol document, section 1.6).
public struct ReferenceSeries: Sendable {
  private struct Observation: Hashable, Sendable {
    var value: ReferenceValue
    var received: Int64
  }

  private var observations: [Int64: Observation] = [:]

  public init() {}

  /// Takes an observation. Of two with the same stamp the one received later counts: the source corrects itself that way.
  /// - Parameters:
  ///   - second: of market time, the source's own stamp.
  ///   - received: any clock that runs forward; only compared.
  public mutating func put(_ value: ReferenceValue, at second: Int64, received: Int64) {
    if let known = observations[second], known.received > received { return }
    observations[second] = Observation(value: value, received: received)
  }

  /// The value stamped with exactly this second.
  public subscript(second: Int64) -> ReferenceValue? { observations[second]?.value }

  /// The first value stamped at or after this second, and how many seconds after; `nil` when none is within `patience` seconds.
  public func first(from second: Int64, within patience: Int64) -> (value: ReferenceValue, delay: Int64)? {
    for delay in 0...max(0, patience) {
      if let value = self[second + delay] { return (value, delay) }
    }
    return nil
  }

  public var count: Int { observations.count }
}
