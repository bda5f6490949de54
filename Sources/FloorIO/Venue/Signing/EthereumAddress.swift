import Shared

/// 20 bytes that name an account. Printed with the mixed-case check sum of EIP-55.
public struct EthereumAddress: Hashable, Sendable, CustomStringConvertible {
  /// Always 20.
  public let bytes: [UInt8]

  init(digestTail bytes: ArraySlice<UInt8>) {
    precondition(bytes.count == 20, "an address has 20 bytes")
    self.bytes = Array(bytes)
  }

  /// `0x` and 40 hex digits. Digits in mixed case must carry the right check sum: a typing error is refused here, not at the venue.
  public init?(_ text: String) {
    guard text.hasPrefix("0x"), text.utf8.count == 42, let bytes = Hex.bytes(text.dropFirst(2)) else { return nil }
    self.bytes = bytes
    let digits = text.dropFirst(2)
    let isMixed = digits.contains(where: \.isUppercase) && digits.contains(where: \.isLowercase)
    if isMixed && text != checksummed { return nil }
  }

  /// EIP-55.
  public var checksummed: String {
    let lower = Array(Hex.text(bytes).utf8)
    let hash = Keccak256.hash(lower).bytes
    var out: [UInt8] = Array("0x".utf8)
    for (index, digit) in lower.enumerated() {
      let nibble = index % 2 == 0 ? hash[index / 2] >> 4 : hash[index / 2] & 15
      out.append(digit > 57 && nibble >= 8 ? digit - 32 : digit)
    }
    return String(decoding: out, as: UTF8.self)
  }

  public var description: String { checksummed }
}
