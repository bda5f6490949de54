/// The signed structure of an order, generations V2 and V3 (protocol document, sections 2.7.1 and 2.7.3), encoded here from the document.
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
  enum Exchange: String, Hashable, Sendable, CaseIterable {
    case standard
    case negativeRisk = "neg_risk"
    /// Of markets of protocol v2.
    case third = "v3"

    /// - Parameter chain: 137 is Polygon, 80002 the test chain.
    func contract(chain: Int64) -> String {
      switch self {
      case .standard: "0xE111180000d2663C0091e4f400237545B87B996B"
      case .negativeRisk: "0xe2222d279d744050d28e00520010520000310F59"
      case .third:
        chain == 80002
          ? "0x9fE6e61422AdB6F610d8597F9684b16912D50C3D" : "0xe3333700cA9d93003F00f0F71f8515005F6c00Aa"
      }
    }

    var version: String { self == .third ? "3" : "2" }
  }

  /// What belongs to one order: its id, and what its key signs, which differ for deposit wallets alone.
  struct Hashes: Hashable, Sendable {
    var order: [UInt8]
    var domain: [UInt8]
    var structure: [UInt8]
  }

  static let typeText =
    "Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,uint256 takerAmount,uint8 side,"
    + "uint8 signatureType,uint256 timestamp,bytes32 metadata,bytes32 builder)"

  /// The order's id is the EIP-712 digest of the plain order. `nil` when a field is no number or address.
  func digests(_ exchange: Exchange, _ domains: SigningDomains) -> Hashes? {
    guard let encoded = encoded(domains.orderType) else { return nil }
    let domain = domains[exchange]
    let structure = domains.keccak(encoded)
    return Hashes(order: domains.keccak([0x19, 0x01] + domain + structure), domain: domain, structure: structure)
  }

  /// What the owner of a deposit wallet signs: the order inside a structure that names the wallet (ERC-7739).
  func nestedDigest(_ digests: Hashes, _ domains: SigningDomains) -> [UInt8]? {
    guard let wallet = Self.address(maker) else { return nil }
    let structure = domains.keccak(
      domains.nestedType + digests.structure + domains.walletName + domains.walletVersion + domains.chainWord + wallet
        + [UInt8](repeating: 0, count: 32))
    return domains.keccak([0x19, 0x01] + digests.domain + structure)
  }

  /// What follows the 65 bytes in a deposit wallet's signature.
  func nestedTrailer(_ digests: Hashes) -> [UInt8] {
    let type = Array(Self.typeText.utf8)
    return digests.domain + digests.structure + type + [UInt8(type.count >> 8), UInt8(type.count & 255)]
  }

  private func encoded(_ type: [UInt8]) -> [UInt8]? {
    guard let salt = Hex.word(decimal: salt), let maker = Self.address(maker), let signer = Self.address(signer),
      let token = Hex.word(decimal: tokenID), let making = Hex.word(decimal: makerAmount),
      let taking = Hex.word(decimal: takerAmount), let kind = Hex.word(decimal: String(signatureType)),
      let time = Hex.word(decimal: timestamp), let metadata = Hex.bytes(metadata, count: 32),
      let builder = Hex.bytes(builder, count: 32), let side = Hex.word(decimal: isSell ? "1" : "0")
    else { return nil }
    var out = type
    out.reserveCapacity(12 * 32)
    for word in [salt, maker, signer, token, making, taking, side, kind, time, metadata, builder] { out += word }
    return out
  }

  /// An address as a left-padded word.
  static func address(_ text: String) -> [UInt8]? {
    Hex.bytes(text, count: 20).map { [UInt8](repeating: 0, count: 12) + $0 }
  }
}
