/// The signed structure of an order, generation V2 (protocol document, sections 2.7.1 and 2.7.3), encoded here from the document.
struct TypedOrder: Hashable, Sendable {
  var salt: String
  var maker: String
  var signer: String
  var tokenID: String
  var makerAmount: String
  var takerAmount: String
  var isSell: Bool
  var signatureType: Int64
  var timestamp: String
  var metadata: String
  var builder: String

  /// Which contract the order is signed for.
  enum Exchange: Sendable {
    case standard
    case negativeRisk

    var contract: String {
      switch self {
      case .standard: "0xE111180000d2663C0091e4f400237545B87B996B"
      case .negativeRisk: "0xe2222d279d744050d28e00520010520000310F59"
      }
    }
  }

  static let typeText =
    "Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,uint256 takerAmount,uint8 side,"
    + "uint8 signatureType,uint256 timestamp,bytes32 metadata,bytes32 builder)"
  private static let domainTypeText =
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"

  /// The order's id: the EIP-712 digest that an externally owned account signs. `nil` when a field is no number or address.
  func digest(_ exchange: Exchange, chain: Int64, keccak: ([UInt8]) -> [UInt8]) -> [UInt8]? {
    guard let structure = encoded(keccak) else { return nil }
    guard let contract = Self.address(exchange.contract), let chainWord = Hex.word(decimal: String(chain)) else {
      return nil
    }
    var domain = keccak(Array(Self.domainTypeText.utf8))
    domain += keccak(Array("Polymarket CTF Exchange".utf8))
    domain += keccak(Array("2".utf8))
    domain += chainWord
    domain += contract
    return keccak([0x19, 0x01] + keccak(domain) + keccak(structure))
  }

  private func encoded(_ keccak: ([UInt8]) -> [UInt8]) -> [UInt8]? {
    guard let salt = Hex.word(decimal: salt), let maker = Self.address(maker), let signer = Self.address(signer),
      let token = Hex.word(decimal: tokenID), let making = Hex.word(decimal: makerAmount),
      let taking = Hex.word(decimal: takerAmount), let kind = Hex.word(decimal: String(signatureType)),
      let time = Hex.word(decimal: timestamp), let metadata = Hex.bytes(metadata, count: 32),
      let builder = Hex.bytes(builder, count: 32), let side = Hex.word(decimal: isSell ? "1" : "0")
    else { return nil }
    var out = keccak(Array(Self.typeText.utf8))
    for word in [salt, maker, signer, token, making, taking, side, kind, time, metadata, builder] { out += word }
    return out
  }

  /// An address as a left-padded word.
  private static func address(_ text: String) -> [UInt8]? {
    Hex.bytes(text, count: 20).map { [UInt8](repeating: 0, count: 12) + $0 }
  }
}
