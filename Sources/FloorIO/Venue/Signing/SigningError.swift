/// Why something could not be signed. None of them is worth a retry: the same input fails again.
public enum SigningError: Error, Hashable, Sendable {
  /// Not 32 bytes, zero, or not below the curve's order.
  case invalidKey
  /// More than 256 bits.
  case tokenOutOfRange
  /// 65 bytes that are no recoverable signature.
  case invalidSignature
  /// An API secret that is not base64.
  case invalidSecret
  /// The C library refused; cannot happen with a valid key.
  case libraryFailure
}
