import FloorIOData
import FloorIOVenue
import Glibc

/// API credentials out of one secret of the venue: the same wallet and nonce always get the same key, so that a key can be derived again,
/// and nothing needs to be stored beside the secret.
struct KeyMint: Sendable {
  private let secret: [UInt8]

  init(secret: [UInt8]) { self.secret = secret }

  /// - Parameter address: of the wallet, any case.
  func key(address: String, nonce: String) -> Gate.Key { made("", address, nonce) }

  /// The key of a builder, which opens no account.
  /// - Parameter number: of the wallet's, from zero.
  func builderKey(address: String, number: Int64) -> Gate.Key { made("builder ", address, String(number)) }

  private func made(_ kind: String, _ address: String, _ place: String) -> Gate.Key {
    let owner = address.lowercased()
    func part(_ name: String) -> [UInt8] {
      Digests.hmacSHA256(key: secret, Array("\(kind)\(name):\(owner):\(place)".utf8))
    }
    return Gate.Key(
      apiKey: Identifier.uuid(part("key")), secret: part("secret"), passphrase: Hex.text(part("passphrase")),
      address: owner)
  }

  /// Reads the secret's file, or makes it: 32 bytes, readable by its owner only.
  static func open(_ path: String) throws -> KeyMint {
    if unsafe access(path, F_OK) == 0 {
      let text = String(decoding: try SmallFile.read(path, bytesMax: 200), as: UTF8.self)
      guard let secret = Hex.bytes(String(text.prefix { $0 != "\n" }), count: 32) else {
        throw Credentials.Problem(
          description: "\(path) does not hold 32 bytes in hexadecimal; without it all API keys change: "
            + "restore it, or remove it with the truth log")
      }
      return KeyMint(secret: secret)
    }
    let secret = SystemRandom.bytes(32)
    try AtomicFile.write(Array((Hex.text(secret) + "\n").utf8), to: path, mode: 0o600)
    return KeyMint(secret: secret)
  }
}
