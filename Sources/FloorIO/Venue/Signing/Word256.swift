import Shared

/// 32 bytes, big-endian: a Keccak digest, a `bytes32`, or a `uint256` as the ABI writes it.
public struct Word256: Hashable, Sendable, CustomStringConvertible {
  /// Always 32.
  public let bytes: [UInt8]

  public static let zero = Word256(digest: [UInt8](repeating: 0, count: 32))

  init(digest: [UInt8]) {
    precondition(digest.count == 32, "a word has 32 bytes")
    bytes = digest
  }

  /// `nil` unless there are 32.
  public init?(bytes: [UInt8]) {
    guard bytes.count == 32 else { return nil }
    self.bytes = bytes
  }

  public init(_ number: UInt64) {
    var out = [UInt8](repeating: 0, count: 24)
    for shift in stride(from: UInt64(56), through: 0, by: -8) {
      out.append(UInt8(truncatingIfNeeded: number >> shift))
    }
    bytes = out
  }

  /// An address, left-padded as the ABI does.
  public init(_ address: EthereumAddress) { bytes = [UInt8](repeating: 0, count: 12) + address.bytes }

  /// Exactly 64 hex digits, with or without `0x`.
  public init?(hex text: String) {
    guard let bytes = Hex.bytes(text.hasPrefix("0x") ? text.dropFirst(2) : text[...]) else { return nil }
    self.init(bytes: bytes)
  }

  /// An unsigned number in decimal: token ids come so. `nil` when it is none or needs more than 256 bits.
  public init?(decimal text: String) {
    guard !text.isEmpty else { return nil }
    var out = [UInt8](repeating: 0, count: 32)
    for character in text.utf8 {
      guard character >= 48, character <= 57 else { return nil }
      var carry = UInt16(character - 48)
      for index in stride(from: 31, through: 0, by: -1) {
        carry += UInt16(out[index]) * 10
        out[index] = UInt8(truncatingIfNeeded: carry)
        carry >>= 8
      }
      if carry != 0 { return nil }
    }
    bytes = out
  }

  public init(_ token: TokenID) throws(SigningError) {
    guard let word = Word256(decimal: token.text) else { throw .tokenOutOfRange }
    self = word
  }

  /// `0x` and 64 digits.
  public var hex: String { "0x" + Hex.text(bytes) }
  public var description: String { hex }
}
