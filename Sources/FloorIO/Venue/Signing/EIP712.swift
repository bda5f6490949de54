/// Typed-data hashing (EIP-712), as much as the venue uses. Type strings stand as the contract writes them; their hashes are computed
/// once.
public enum EIP712 {
  public static let orderType =
    "Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,uint256 takerAmount,"
    + "uint8 side,uint8 signatureType,uint256 timestamp,bytes32 metadata,bytes32 builder)"
  public static let exchangeDomainType =
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
  public static let authDomainType = "EIP712Domain(string name,string version,uint256 chainId)"
  public static let authType = "ClobAuth(address address,string timestamp,uint256 nonce,string message)"
  /// Wraps an order for a wallet that is itself a contract (ERC-7739).
  public static let typedDataSignType =
    "TypedDataSign(Order contents,string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
    + orderType

  static let orderTypeHash = Keccak256.hash(Array(orderType.utf8))
  static let exchangeDomainTypeHash = Keccak256.hash(Array(exchangeDomainType.utf8))
  static let authDomainTypeHash = Keccak256.hash(Array(authDomainType.utf8))
  static let authTypeHash = Keccak256.hash(Array(authType.utf8))
  static let typedDataSignTypeHash = Keccak256.hash(Array(typedDataSignType.utf8))

  /// The hash of a struct: its type hash and its encoded members.
  static func structHash(_ typeHash: Word256, _ members: [Word256]) -> Word256 {
    var bytes = typeHash.bytes
    bytes.reserveCapacity(32 * (members.count + 1))
    for member in members { bytes += member.bytes }
    return Keccak256.hash(bytes)
  }

  /// What is signed: 0x19 0x01, the domain, the struct.
  public static func digest(domain: Word256, structHash: Word256) -> Word256 {
    Keccak256.hash([0x19, 0x01] + domain.bytes + structHash.bytes)
  }

  static func text(_ text: String) -> Word256 { Keccak256.hash(Array(text.utf8)) }
}
