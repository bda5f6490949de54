import CSecp256k1

/// A secp256k1 private key. Signatures are deterministic (RFC 6979) with low s, so the same order signed twice is the same bytes.
/// The key's bytes are wiped when the object goes; it prints nothing of itself.
///
/// Threading: immutable after `init`; the library's context is only read by signing.
@safe public final class EthereumKey: @unchecked Sendable {
  private let context: OpaquePointer
  private var privateKey: [UInt8]
  public let address: EthereumAddress

  /// - Parameter privateKey: 32 bytes, big-endian. Throws `.invalidKey` unless 0 < key < the curve's order.
  public init(privateKey: [UInt8]) throws(SigningError) {
    guard privateKey.count == 32 else { throw .invalidKey }
    guard let context = unsafe secp256k1_context_create(UInt32(SECP256K1_CONTEXT_NONE)) else { throw .libraryFailure }
    var publicKey = secp256k1_pubkey()
    guard unsafe secp256k1_ec_pubkey_create(context, &publicKey, privateKey) == 1 else {
      unsafe secp256k1_context_destroy(context)
      throw .invalidKey
    }
    unsafe self.context = unsafe context
    self.privateKey = privateKey
    address = unsafe EthereumKey.address(of: &publicKey, context)
  }

  deinit {
    for index in privateKey.indices { privateKey[index] = 0 }
    unsafe secp256k1_context_destroy(context)
  }

  /// r ‖ s ‖ v, 65 bytes, v = 27 or 28.
  public func sign(_ digest: Word256) throws(SigningError) -> [UInt8] {
    var signature = secp256k1_ecdsa_recoverable_signature()
    guard unsafe secp256k1_ecdsa_sign_recoverable(context, &signature, digest.bytes, privateKey, nil, nil) == 1 else {
      throw .libraryFailure
    }
    var compact = [UInt8](repeating: 0, count: 64)
    var recovery: Int32 = 0
    guard
      unsafe secp256k1_ecdsa_recoverable_signature_serialize_compact(context, &compact, &recovery, &signature) == 1
    else { throw .libraryFailure }
    return compact + [UInt8(27 + recovery)]
  }

  /// Who signed the digest. Takes v as 27/28 or 0/1, as the exchange contract does.
  public static func recover(_ digest: Word256, signature: [UInt8]) throws(SigningError) -> EthereumAddress {
    guard signature.count == 65 else { throw .invalidSignature }
    let recovery = signature[64] >= 27 ? signature[64] - 27 : signature[64]
    guard recovery < 2 else { throw .invalidSignature }
    guard let context = unsafe secp256k1_context_create(UInt32(SECP256K1_CONTEXT_NONE)) else { throw .libraryFailure }
    defer { unsafe secp256k1_context_destroy(context) }
    var parsed = secp256k1_ecdsa_recoverable_signature()
    guard
      unsafe secp256k1_ecdsa_recoverable_signature_parse_compact(
        context, &parsed, Array(signature[..<64]), Int32(recovery)) == 1
    else { throw .invalidSignature }
    var publicKey = secp256k1_pubkey()
    guard unsafe secp256k1_ecdsa_recover(context, &publicKey, &parsed, digest.bytes) == 1 else {
      throw .invalidSignature
    }
    return unsafe address(of: &publicKey, context)
  }

  /// The last 20 bytes of the hash of the uncompressed public key without its leading 4.
  private static func address(of publicKey: inout secp256k1_pubkey, _ context: OpaquePointer) -> EthereumAddress {
    var out = [UInt8](repeating: 0, count: 65)
    var length = 65
    // Serialising a valid public key into 65 bytes has no way to fail.
    _ = unsafe secp256k1_ec_pubkey_serialize(
      context, &out, &length, &publicKey, UInt32(SECP256K1_EC_UNCOMPRESSED))
    return EthereumAddress(digestTail: Keccak256.hash(Array(out[1...])).bytes[12...])
  }
}
