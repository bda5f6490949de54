/// Judges the venue's balance against the books. The venue's view runs ahead of or behind ours by what is in flight, so one difference
/// proves nothing: a drift is certain when the same difference stood in three readings over two minutes (`reliability` rule for stale
/// balance answers).
public struct BalanceDrift: Sendable {
  public struct Reading: Hashable, Sendable {
    /// The evidence's number, so that none counts twice.
    public let id: Int64
    public let at: WallTime
    /// Venue minus books.
    public let difference: USD
    public init(id: Int64, at: WallTime, difference: USD) {
      self.id = id
      self.at = at
      self.difference = difference
    }
  }

  public static let readingsMin = 3
  public let span: Duration
  private var equal: [Reading] = []

  /// - Parameter span: how long the same difference must stand.
  public init(span: Duration = .seconds(120)) { self.span = span }

  /// The difference, once it is certain; `nil` while there is none or doubt.
  public mutating func judge(_ reading: Reading) -> USD? {
    if let last = equal.last {
      guard reading.id > last.id else { return standing }
      if last.difference != reading.difference { equal.removeAll() }
    }
    if reading.difference == .zero { return nil }
    equal.append(reading)
    // The first and the latest are what counts; the middle only as a number.
    if equal.count > 1000 { equal.remove(at: 1) }
    return standing
  }

  private var standing: USD? {
    guard equal.count >= BalanceDrift.readingsMin, let first = equal.first, let last = equal.last,
      last.at.since(first.at) >= span
    else { return nil }
    return last.difference
  }
}
