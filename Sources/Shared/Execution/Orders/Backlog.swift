/// Whether too much waits for the record. It has two bounds, so that the answer does not flicker: too much from `most` on, and enough
/// room again at half of it.
public struct Backlog: Hashable, Sendable {
  public let most: Int
  public private(set) var isTooLong = false

  /// - Precondition: `most` > 0.
  public init(most: Int) {
    precondition(most > 0, "a backlog has room for something")
    self.most = most
  }

  /// Takes note of how much waits now. Returns whether that is too much.
  public mutating func observe(_ count: Int) -> Bool {
    if count > most { isTooLong = true } else if count <= most / 2 { isTooLong = false }
    return isTooLong
  }
}
