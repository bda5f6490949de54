import Shared

/// The eleven signed members of an order (protocol document, section 2.7.1).
public struct ExchangeOrder: Hashable, Sendable {
  /// Which kind of wallet holds the funds (section 2.7.5).
  public enum Wallet: UInt8, Hashable, Sendable {
    case plain = 0
    case proxy = 1
    case safe = 2
    /// A wallet that is a contract and checks the signature itself.
    case deposit = 3
  }

  /// Below 2⁵³, so that it survives a JSON number.
  public var salt: UInt64
  /// The wallet that holds the funds.
  public var maker: EthereumAddress
  /// The account that signs; equals `maker` for plain and deposit wallets.
  public var signer: EthereumAddress
  public var token: TokenID
  public var amounts: OrderAmounts
  public var side: Side
  public var wallet: Wallet
  /// Creation, in milliseconds. Makes the order unique; is no expiry.
  public var createdAtMilliseconds: UInt64
  public var metadata: Word256
  public var builder: Word256

  public init(
    salt: UInt64, maker: EthereumAddress, signer: EthereumAddress, token: TokenID, amounts: OrderAmounts, side: Side,
    wallet: Wallet = .plain, createdAtMilliseconds: UInt64, metadata: Word256 = .zero, builder: Word256 = .zero
  ) {
    precondition(amounts.maker > 0 && amounts.taker > 0, "an order gives and wants something")
    self.salt = salt
    self.maker = maker
    self.signer = signer
    self.token = token
    self.amounts = amounts
    self.side = side
    self.wallet = wallet
    self.createdAtMilliseconds = createdAtMilliseconds
    self.metadata = metadata
    self.builder = builder
  }

  public func structHash() throws(SigningError) -> Word256 {
    EIP712.structHash(
      EIP712.orderTypeHash,
      [
        Word256(salt), Word256(maker), Word256(signer), try Word256(token), Word256(UInt64(amounts.maker)),
        Word256(UInt64(amounts.taker)), Word256(side == .buy ? 0 : 1), Word256(UInt64(wallet.rawValue)),
        Word256(createdAtMilliseconds), metadata, builder,
      ])
  }
}
