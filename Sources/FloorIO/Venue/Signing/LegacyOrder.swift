import Shared

/// An order of the first generation (protocol document, section 2.7.2): twelve signed members. The venue has refused them since
/// 2026-04-28; they are kept to read and check what was signed before, never to trade.
public struct LegacyOrder: Hashable, Sendable {
  public static let type =
    "Order(uint256 salt,address maker,address signer,address taker,uint256 tokenId,uint256 makerAmount,"
    + "uint256 takerAmount,uint256 expiration,uint256 nonce,uint256 feeRateBps,uint8 side,uint8 signatureType)"
  private static let typeHash = Keccak256.hash(Array(type.utf8))

  public var salt: UInt64
  public var maker: EthereumAddress
  public var signer: EthereumAddress
  /// All zero for an order that anybody may meet.
  public var taker: EthereumAddress
  public var token: TokenID
  public var amounts: OrderAmounts
  public var side: Side
  public var wallet: ExchangeOrder.Wallet
  /// Whole seconds, 0 for none; signed, unlike that of later generations.
  public var expiration: UInt64
  /// The on-chain number below which everything is cancelled.
  public var nonce: UInt64
  public var feeRateBps: UInt64

  public init(
    salt: UInt64, maker: EthereumAddress, signer: EthereumAddress, taker: EthereumAddress, token: TokenID,
    amounts: OrderAmounts, side: Side, wallet: ExchangeOrder.Wallet, expiration: UInt64, nonce: UInt64,
    feeRateBps: UInt64
  ) {
    self.salt = salt
    self.maker = maker
    self.signer = signer
    self.taker = taker
    self.token = token
    self.amounts = amounts
    self.side = side
    self.wallet = wallet
    self.expiration = expiration
    self.nonce = nonce
    self.feeRateBps = feeRateBps
  }

  /// Domain version 1, on Polygon.
  public static func domain(negRisk: Bool) -> ExchangeDomain {
    let text = negRisk ? "0xC5d563A36AE78145C45a50134d48A1215220f80a" : "0x4bFb41d5B3570DeFd03C39a9A4D8dE6Bd8B8982E"
    guard let contract = EthereumAddress(text) else { preconditionFailure("the contract address \(text) is mistyped") }
    return ExchangeDomain(version: "1", chainID: ExchangeDomain.polygon, contract: contract)
  }

  public func structHash() throws(SigningError) -> Word256 {
    EIP712.structHash(
      LegacyOrder.typeHash,
      [
        Word256(salt), Word256(maker), Word256(signer), Word256(taker), try Word256(token),
        Word256(UInt64(amounts.maker)), Word256(UInt64(amounts.taker)), Word256(expiration), Word256(nonce),
        Word256(feeRateBps), Word256(side == .buy ? 0 : 1), Word256(UInt64(wallet.rawValue)),
      ])
  }

  /// The order's id, which is also what its key signs.
  public func digest(negRisk: Bool) throws(SigningError) -> Word256 {
    EIP712.digest(domain: LegacyOrder.domain(negRisk: negRisk).separator, structHash: try structHash())
  }

  /// The text that its client posted.
  public func body(
    signature: [UInt8], owner: String, timeInForce: TimeInForce, postOnly: Bool = false
  ) -> [UInt8] {
    let signed: JSON = [
      "salt": .int(salt), "maker": .text(maker), "signer": .text(signer), "taker": .text(taker),
      "tokenId": .text(token), "makerAmount": .string(String(amounts.maker)),
      "takerAmount": .string(String(amounts.taker)), "expiration": .string(String(expiration)),
      "nonce": .string(String(nonce)), "feeRateBps": .string(String(feeRateBps)), "side": .string(side.rawValue),
      "signatureType": .int(wallet.rawValue), "signature": .string("0x" + Hex.text(signature)),
    ]
    let body: JSON = [
      "order": signed, "owner": .string(owner), "orderType": .string(timeInForce.rawValue), "postOnly": .bool(postOnly),
    ]
    return body.bytes
  }
}
