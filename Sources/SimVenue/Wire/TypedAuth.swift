/// The statement with which a wallet asks for API credentials: level 1 (protocol document, section 2.5), encoded here from the document.
struct TypedAuth: Hashable, Sendable {
  /// As the header has it, any case.
  var address: String
  /// Unix seconds, the very digits of the header.
  var timestamp: String
  /// Decimal.
  var nonce: String

  private static let typeText = "ClobAuth(address address,string timestamp,uint256 nonce,string message)"
  private static let domainTypeText = "EIP712Domain(string name,string version,uint256 chainId)"
  private static let message = "This message attests that I control the given wallet"

  /// The digest that the wallet signs; `nil` when a field is no address or number.
  func digest(chain: Int64, keccak: ([UInt8]) -> [UInt8]) -> [UInt8]? {
    guard let account = Hex.bytes(address, count: 20), let number = Hex.word(decimal: nonce),
      let chainWord = Hex.word(decimal: String(chain))
    else { return nil }
    func hash(_ text: String) -> [UInt8] { keccak(Array(text.utf8)) }
    let domain = keccak(hash(Self.domainTypeText) + hash("ClobAuthDomain") + hash("1") + chainWord)
    let structure = keccak(
      hash(Self.typeText) + [UInt8](repeating: 0, count: 12) + account + hash(timestamp) + number + hash(Self.message))
    return keccak([0x19, 0x01] + domain + structure)
  }
}
