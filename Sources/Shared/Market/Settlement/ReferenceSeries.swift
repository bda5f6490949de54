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

  /// The value stamped with exactly this second, and no other: which neighbour would stand in for a missing one is not known.
  public subscript(second: Int64) -> ReferenceValue? { observations[second]?.value }

  public var count: Int { observations.count }
}
