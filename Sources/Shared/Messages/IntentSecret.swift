/// The 128-bit secret of one agent's epoch. The boss gives it to the agent (birth pipe) and to the gateway (control socket), so an
/// intent proves its sender whatever road it takes.
public struct IntentSecret: Hashable, Sendable {
  private let key: [UInt8]

  /// `nil` unless 32 hex digits.
  public init?(hex: String) {
    guard let bytes = Hex.bytes(hex), bytes.count == 16 else { return nil }
    key = bytes
  }

  /// HMAC-SHA256 over the canonical text, in hex.
  public func proof(of terms: IntentMessage.Terms) -> String {
    Hex.text(HMACSHA256.code(terms.canonicalText.utf8, key: key))
  }

  /// Was the message made by a holder of this secret? The comparison takes the same time wherever a difference is.
  public func verifies(_ message: IntentMessage) -> Bool {
    let expected = Array(proof(of: message.terms).utf8)
    let given = Array(message.proof.utf8)
    guard expected.count == given.count else { return false }
    var difference: UInt8 = 0
    for (a, b) in zip(expected, given) { difference |= a ^ b }
    return difference == 0
  }
}
