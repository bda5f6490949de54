import Shared

extension Gate {
  /// An order whose signature and owner have been verified, before it is known which account pays for it.
  struct SignedOrder: Hashable, Sendable {
    var posted: OrderRules.Posted
    var wallet: WalletKind
    /// Lower case.
    var maker: String
  }

  /// Reads a posted order and verifies that the key's owner signed it for the contract that settles its market.
  func order(
    _ value: WireValue, key: Key, exchange wanted: TypedOrder.Exchange
  ) throws(OrderRefusal) -> SignedOrder {
    guard let order = value["order"], let salt = order["salt"]?.asIntegerText, let maker = order["maker"]?.asText,
      let signer = order["signer"]?.asText, let token = order["tokenId"]?.asText,
      let makerText = order["makerAmount"]?.asText, let takerText = order["takerAmount"]?.asText,
      let signature = order["signature"]?.asText, let kindNumber = order["signatureType"]?.asInteger
    else { throw OrderRefusal(text: "Invalid order payload") }
    guard let side = order["side"]?.asText.flatMap(Side.init(rawValue:)) else {
      throw OrderRefusal(text: "Invalid side")
    }
    // The older generation had a fee rate in the signed structure and no time of creation.
    guard let timestamp = order["timestamp"]?.asText, order["feeRateBps"] == nil else {
      throw OrderRefusal(text: "order_version_mismatch")
    }
    guard let type = value["orderType"]?.asText.flatMap(TimeInForce.init(rawValue:)) else {
      throw OrderRefusal(text: "invalid order params payload")
    }
    guard value["owner"]?.asText == key.apiKey else {
      throw OrderRefusal(text: "the order owner has to be the owner of the API KEY")
    }
    guard let wallet = WalletKind(rawValue: kindNumber) else { throw OrderRefusal(text: "Invalid signature_type") }
    // A deposit wallet signs its orders itself, by its owner's key.
    guard signer.lowercased() == (wallet == .deposit ? maker.lowercased() : key.address) else {
      throw OrderRefusal(text: "the order signer address has to be the address of the API KEY")
    }
    guard wallet.addresses(of: key.address, keccak: keccak).contains(maker.lowercased()) else {
      throw OrderRefusal(text: "maker address not allowed, please use the deposit wallet flow")
    }
    let typed = TypedOrder(
      salt: salt, maker: maker, signer: signer, tokenID: token, makerAmount: makerText, takerAmount: takerText,
      isSell: side == .sell, signatureType: kindNumber, timestamp: timestamp,
      metadata: order["metadata"]?.asText ?? "", builder: order["builder"]?.asText ?? "")
    guard let hashes = typed.digests(wanted, domains), let making = Int64(makerText),
      let taking = Int64(takerText), making < 1_000_000_000_000_000, taking < 1_000_000_000_000_000,
      let bytes = Hex.bytes(signature)
    else { throw OrderRefusal(text: "Invalid order payload") }
    guard isSigned(typed, hashes, wallet, bytes, by: key.address) else {
      let isOfAnotherKind = TypedOrder.Exchange.allCases.contains { other in
        guard other != wanted, let hashes = typed.digests(other, domains) else { return false }
        return isSigned(typed, hashes, wallet, bytes, by: key.address)
      }
      throw OrderRefusal(text: isOfAnotherKind ? "order_version_mismatch" : "invalid signature")
    }
    guard let expiration = (order["expiration"] ?? .text("0")).asInteger, expiration >= 0 else {
      throw OrderRefusal(text: "invalid expiration")
    }
    return SignedOrder(
      posted: OrderRules.Posted(
        id: "0x" + Hex.text(hashes.order), account: 0, token: token, side: side, makerAmount: making,
        takerAmount: taking, timeInForce: type, postOnly: value["postOnly"]?.asFlag ?? false, expiration: expiration),
      wallet: wallet, maker: maker.lowercased())
  }

  private func isSigned(
    _ order: TypedOrder, _ hashes: TypedOrder.Hashes, _ wallet: WalletKind, _ signature: [UInt8], by address: String
  ) -> Bool {
    guard wallet == .deposit else { return signature.count == 65 && recover(hashes.order, signature) == address }
    // Which keys a wallet has lent trading to is not kept here: its owner's is taken in that form, too, and no other.
    let delegated = DelegatedSignature(signature)
    if let delegated, delegated.delegate != address { return false }
    let signature = delegated?.signature ?? signature
    guard signature.count > 65, Array(signature[65...]) == order.nestedTrailer(hashes),
      let digest = order.nestedDigest(hashes, domains)
    else { return false }
    return recover(digest, Array(signature[..<65])) == address
  }
}

extension WireValue {
  /// The digits of a whole number that may be larger than 64 bits.
  fileprivate var asIntegerText: String? {
    switch self {
    case .number(let value), .text(let value):
      !value.isEmpty && value.utf8.allSatisfy { (48...57).contains($0) } ? value : nil
    default: nil
    }
  }
}
