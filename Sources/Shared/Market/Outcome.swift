/// Which of a binary market's two tokens. `yes` is the venue's outcome 0 (Yes, Up), `no` outcome 1 (No, Down).
public enum Outcome: String, Hashable, Sendable, CaseIterable {
  case yes = "YES"
  case no = "NO"

  public var other: Outcome { self == .yes ? .no : .yes }
  /// The venue's position in its outcome arrays.
  public var index: Int { self == .yes ? 0 : 1 }
}
