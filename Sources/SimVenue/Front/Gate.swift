import Shared

/// Who may come in: keys, request signatures, order signatures. The two primitives of the curve are handed in; everything around them is
/// done here.
struct Gate: Sendable {
  struct Key: Hashable, Sendable {
    var apiKey: String
    /// Decoded.
    var secret: [UInt8]
    var passphrase: String
    /// Lower case.
    var address: String
  }

  var keys: [Key]
  var chain: Int64 = 137
  /// Seconds that a request's stamp may be away from the venue's clock.
  var tolerance: Int64 = 60
  let keccak: @Sendable ([UInt8]) -> [UInt8]
  /// Address (lower case) that signed a digest; `nil` when the signature is none.
  let recover: @Sendable (_ digest: [UInt8], _ signature: [UInt8]) -> String?

  static let unauthorized = Answer.refused(401, "Unauthorized/Invalid api key")

  /// The key that a request proves to hold.
  func holder(of call: Call, wall: WallTime) -> Key? {
    guard let apiKey = call.headers["poly_api_key"], let key = keys.first(where: { $0.apiKey == apiKey }),
      let passphrase = call.headers["poly_passphrase"], RequestSignature.equal(passphrase, key.passphrase),
      let address = call.headers["poly_address"], address.lowercased() == key.address,
      let stamp = call.headers["poly_timestamp"], let seconds = Int64(stamp), abs(wall.seconds - seconds) <= tolerance,
      let signature = call.headers["poly_signature"]
    else { return nil }
    let expected = RequestSignature.expected(
      secret: key.secret, timestamp: stamp, method: call.method, path: call.path, body: call.body)
    return RequestSignature.equal(expected, signature) ? key : nil
  }

  /// Credentials as the user stream sends them.
  func holder(apiKey: String?, secret: String?, passphrase: String?) -> Key? {
    guard let key = keys.first(where: { $0.apiKey == apiKey }), let secret = secret.flatMap(Base64URL.decode),
      RequestSignature.equal(Base64URL.encode(secret), Base64URL.encode(key.secret)),
      RequestSignature.equal(passphrase ?? "", key.passphrase)
    else { return nil }
    return key
  }

  /// Reads a posted order and verifies that the key's wallet signed it for this exchange.
  func order(
    _ value: WireValue, key: Key, account: Int
  ) throws(OrderRefusal) -> OrderRules.Posted {
    guard let order = value["order"], let salt = order["salt"]?.asIntegerText, let maker = order["maker"]?.asText,
      let signer = order["signer"]?.asText, let token = order["tokenId"]?.asText,
      let makerText = order["makerAmount"]?.asText, let takerText = order["takerAmount"]?.asText,
      let signature = order["signature"]?.asText, let kind = order["signatureType"]?.asInteger
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
    guard signer.lowercased() == key.address else {
      throw OrderRefusal(text: "the order signer address has to be the address of the API KEY")
    }
    guard kind == 0 else { throw OrderRefusal(text: "Invalid signature_type") }
    guard maker.lowercased() == signer.lowercased() else {
      throw OrderRefusal(text: "maker address not allowed, please use the deposit wallet flow")
    }
    let typed = TypedOrder(
      salt: salt, maker: maker, signer: signer, tokenID: token, makerAmount: makerText, takerAmount: takerText,
      isSell: side == .sell, signatureType: kind, timestamp: timestamp,
      metadata: order["metadata"]?.asText ?? "", builder: order["builder"]?.asText ?? "")
    guard let digest = typed.digest(.standard, chain: chain, keccak: keccak), let making = Int64(makerText),
      let taking = Int64(takerText), making < 1_000_000_000_000_000, taking < 1_000_000_000_000_000,
      let bytes = Hex.bytes(signature, count: 65)
    else { throw OrderRefusal(text: "Invalid order payload") }
    guard recover(digest, bytes) == key.address else { throw OrderRefusal(text: "invalid signature") }
    guard let expiration = (order["expiration"] ?? .text("0")).asInteger, expiration >= 0 else {
      throw OrderRefusal(text: "invalid expiration")
    }
    return OrderRules.Posted(
      id: "0x" + Hex.text(digest), account: account, token: token, side: side, makerAmount: making, takerAmount: taking,
      timeInForce: type, postOnly: value["postOnly"]?.asFlag ?? false, expiration: expiration)
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
