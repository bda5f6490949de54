/// A password, key or token. Prints, reflects and interpolates as `«redacted»`; the text comes out only through `reveal()`, so a
/// search for that word finds every place where a secret leaves its type.
public struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  private let text: String

  public init(_ text: String) { self.text = text }

  /// The secret itself. Never put the result into a log field, an error or a command line.
  public func reveal() -> String { text }

  public var isEmpty: Bool { text.isEmpty }
  public var description: String { "«redacted»" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }

  /// Compares in time that depends on the lengths alone.
  public func matches(_ other: Secret) -> Bool {
    let a = Array(text.utf8)
    let b = Array(other.text.utf8)
    guard a.count == b.count else { return false }
    var difference: UInt8 = 0
    for index in a.indices { difference |= a[index] ^ b[index] }
    return difference == 0
  }
}
