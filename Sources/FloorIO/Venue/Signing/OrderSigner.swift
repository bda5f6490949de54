import Shared

/// An order ready to be sent: its id is known before the first byte leaves.
public struct SignedOrder: Hashable, Sendable {
  public let order: ExchangeOrder
  /// The EIP-712 digest of the plain order, for every kind of wallet.
  public let id: VenueOrderID
  public let signature: [UInt8]

  /// The exact text of the request's body (section 2.9.2). What is recorded is what is sent: the bytes are made once.
  /// - Parameters:
  ///   - owner: the API key that posts it.
  ///   - expiration: whole seconds; only for `GTD`, which the venue ends 60 s before.
  public func body(
    owner: String, timeInForce: TimeInForce, expiration: Int64? = nil, postOnly: Bool = false
  ) -> [UInt8] {
    precondition((timeInForce == .goodTillDate) == (expiration != nil), "an expiration belongs to GTD, and to it only")
    precondition(!postOnly || timeInForce.rests, "only a resting order can be post-only")
    let signed: JSON = [
      "salt": .int(order.salt), "maker": .text(order.maker), "signer": .text(order.signer),
      "tokenId": .text(order.token), "makerAmount": .string(String(order.amounts.maker)),
      "takerAmount": .string(String(order.amounts.taker)), "side": .string(order.side.rawValue),
      "expiration": .string(String(expiration ?? 0)), "signatureType": .int(order.wallet.rawValue),
      "timestamp": .string(String(order.createdAtMilliseconds)), "metadata": .text(order.metadata),
      "builder": .text(order.builder), "signature": .string("0x" + Hex.text(signature)),
    ]
    let body: JSON = [
      "order": signed, "owner": .string(owner), "orderType": .string(timeInForce.rawValue), "deferExec": false,
      "postOnly": .bool(postOnly),
    ]
    return body.bytes
  }
}

/// Signs orders with one key. Pure: salt and time come with the order.
public struct OrderSigner: Sendable {
  public let key: EthereumKey
  /// The wallet's owner has lent trading to this key (a session key, section 2.7.5), and the signature says so.
  public let isDelegate: Bool

  public init(key: EthereumKey, isDelegate: Bool = false) {
    self.key = key
    self.isDelegate = isDelegate
  }

  /// - Precondition: a delegate signs for deposit wallets only.
  public func sign(_ order: ExchangeOrder, for domain: ExchangeDomain) throws(SigningError) -> SignedOrder {
    precondition(!isDelegate || order.wallet == .deposit, "only a deposit wallet knows delegates")
    let contents = try order.structHash()
    let digest = EIP712.digest(domain: domain.separator, structHash: contents)
    guard let id = VenueOrderID(digest.hex) else { throw .libraryFailure }
    switch order.wallet {
    case .plain, .proxy, .safe:
      return SignedOrder(order: order, id: id, signature: try key.sign(digest))
    case .deposit:
      return SignedOrder(order: order, id: id, signature: try delegated(nested(order, contents, domain)))
    }
  }

  /// A delegate's signature names its key: `abi.encode(bytes32 address, bytes32 0, bytes signature)` and a mark of 32 bytes.
  private func delegated(_ signature: [UInt8]) -> [UInt8] {
    guard isDelegate else { return signature }
    let padding = [UInt8](repeating: 0, count: (32 - signature.count % 32) % 32)
    // The bytes begin after three words.
    var out = Word256(key.address).bytes + Word256.zero.bytes + Word256(96).bytes
    out += Word256(UInt64(signature.count)).bytes + signature + padding
    return out + (0..<16).flatMap { _ in [0x64, 0x92] as [UInt8] }
  }

  /// The signature a deposit wallet accepts: over the order wrapped in the wallet's own domain, followed by all that the contract needs
  /// to rebuild it (section 2.7.5).
  private func nested(
    _ order: ExchangeOrder, _ contents: Word256, _ domain: ExchangeDomain
  ) throws(SigningError) -> [UInt8] {
    let wrapped = EIP712.structHash(
      EIP712.typedDataSignTypeHash,
      [
        contents, EIP712.text("DepositWallet"), EIP712.text("1"), Word256(domain.chainID), Word256(order.maker), .zero,
      ])
    var out = try key.sign(EIP712.digest(domain: domain.separator, structHash: wrapped))
    out += domain.separator.bytes
    out += contents.bytes
    out += Array(EIP712.orderType.utf8)
    let length = EIP712.orderType.utf8.count
    out += [UInt8(length >> 8), UInt8(length & 255)]
    return out
  }
}
