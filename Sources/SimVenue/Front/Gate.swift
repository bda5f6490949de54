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

  /// Those that open something, by API key.
  var keys: [String: Key]
  /// Seconds that a request's stamp may be away from the venue's clock.
  var tolerance: Int64 = 60
  private(set) var domains: SigningDomains
  /// Address (lower case) that signed a digest; `nil` when the signature is none.
  let recover: @Sendable (_ digest: [UInt8], _ signature: [UInt8]) -> String?

  var chain: Int64 {
    get { domains.chain }
    set { domains = SigningDomains(chain: newValue, keccak: domains.keccak) }
  }
  var keccak: @Sendable ([UInt8]) -> [UInt8] { domains.keccak }

  static let unauthorized = Answer.refused(401, "Unauthorized/Invalid api key")

  private func isTimely(_ seconds: Int64, _ wall: WallTime) -> Bool {
    (wall.seconds - tolerance...wall.seconds + tolerance).contains(seconds)
  }

  /// The key that a request proves to hold.
  func holder(of call: Call, wall: WallTime) -> Key? {
    guard let apiKey = call.headers["poly_api_key"], let key = keys[apiKey],
      let address = call.headers["poly_address"], address.lowercased() == key.address,
      isSigned(call, "poly_", by: key, wall)
    else { return nil }
    return key
  }

  /// Does a request prove to come from who holds this key of a builder?
  func isBuilder(_ call: Call, _ key: Key, wall: WallTime) -> Bool {
    call.headers["poly_builder_api_key"] == key.apiKey && isSigned(call, "poly_builder_", by: key, wall)
  }

  /// - Parameter prefix: of the headers' names.
  private func isSigned(_ call: Call, _ prefix: String, by key: Key, _ wall: WallTime) -> Bool {
    guard let passphrase = call.headers[prefix + "passphrase"], RequestSignature.equal(passphrase, key.passphrase),
      let stamp = call.headers[prefix + "timestamp"], let seconds = Int64(stamp), isTimely(seconds, wall),
      let signature = call.headers[prefix + "signature"]
    else { return false }
    let expected = RequestSignature.expected(
      secret: key.secret, timestamp: stamp, method: call.method, path: call.path, body: call.body)
    return RequestSignature.equal(expected, signature)
  }

  /// Credentials as the user stream sends them.
  func holder(apiKey: String?, secret: String?, passphrase: String?) -> Key? {
    guard let key = apiKey.flatMap({ keys[$0] }), let secret = secret.flatMap(Base64URL.decode),
      RequestSignature.equal(Base64URL.encode(secret), Base64URL.encode(key.secret)),
      RequestSignature.equal(passphrase ?? "", key.passphrase)
    else { return nil }
    return key
  }

  /// The wallet (lower case) that signed a level 1 request, and its nonce.
  func signer(of call: Call, wall: WallTime) -> (address: String, nonce: String)? {
    guard let address = call.headers["poly_address"], let stamp = call.headers["poly_timestamp"],
      let seconds = Int64(stamp), isTimely(seconds, wall),
      let number = call.headers["poly_nonce"], let nonce = Hex.word(decimal: number).map(Hex.decimal),
      let signature = call.headers["poly_signature"].flatMap({ Hex.bytes($0, count: 65) }),
      let digest = TypedAuth(address: address, timestamp: stamp, nonce: number).digest(chain: chain, keccak: keccak),
      recover(digest, signature) == address.lowercased()
    else { return nil }
    return (address.lowercased(), nonce)
  }
}
