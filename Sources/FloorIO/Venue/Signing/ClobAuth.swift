import Shared

/// Level 1 authentication: the wallet attests that it asks for API credentials (protocol document, section 2.5).
public struct ClobAuth: Hashable, Sendable {
  public static let message = "This message attests that I control the given wallet"

  public let address: EthereumAddress
  public let chainID: UInt64
  /// Whole seconds.
  public let timestamp: Int64
  /// A 256-bit number in decimal; each nonce of a wallet has its own credentials.
  public let nonce: String
  private let nonceWord: Word256

  /// `nil` when the nonce is no 256-bit number.
  public init?(address: EthereumAddress, chainID: UInt64, timestamp: Int64, nonce: String = "0") {
    guard let word = Word256(decimal: nonce) else { return nil }
    self.address = address
    self.chainID = chainID
    self.timestamp = timestamp
    self.nonce = nonce
    nonceWord = word
  }

  static func domainSeparator(chainID: UInt64) -> Word256 {
    EIP712.structHash(
      EIP712.authDomainTypeHash, [EIP712.text("ClobAuthDomain"), EIP712.text("1"), Word256(chainID)])
  }

  public var digest: Word256 {
    let structHash = EIP712.structHash(
      EIP712.authTypeHash,
      [Word256(address), EIP712.text(String(timestamp)), nonceWord, EIP712.text(ClobAuth.message)])
    return EIP712.digest(domain: ClobAuth.domainSeparator(chainID: chainID), structHash: structHash)
  }

  public func headers(signedBy key: EthereumKey) throws(SigningError) -> [(name: String, value: String)] {
    [
      ("POLY_ADDRESS", address.checksummed), ("POLY_SIGNATURE", "0x" + Hex.text(try key.sign(digest))),
      ("POLY_TIMESTAMP", String(timestamp)), ("POLY_NONCE", nonce),
    ]
  }
}
