import FloorIOData
import FloorIOVenue
import Glibc
import Shared

/// The wallet and API key that the venue hands out, in a file only its owner can read. Made once, kept for good: the addresses of the
/// venue in it are brought up to date at each start.
struct Credentials: Sendable {
  var privateKey: String
  var address: String
  var apiKey: String
  /// base64url with padding.
  var secret: String
  var passphrase: String

  /// Why a file is no credentials.
  struct Problem: Error, CustomStringConvertible {
    var description: String
  }

  /// Reads the file, or makes new credentials when there is none.
  static func open(_ path: String) throws -> Credentials {
    guard unsafe access(path, F_OK) == 0 else { return try fresh() }
    var text: [UInt8] = []
    let reader = try GzipLines(path: path)
    while let line = try reader.next() { text += line }
    guard let value = WireReader.read(text), let key = value["private_key"]?.asText,
      let address = value["address"]?.asText,
      let apiKey = value["api_key"]?.asText, let secret = value["secret"]?.asText,
      let passphrase = value["passphrase"]?.asText, Base64URL.decode(secret) != nil
    else {
      throw Problem(
        description: "\(path) does not hold credentials (private_key, address, api_key, secret, passphrase)")
    }
    guard let bytes = Hex.bytes(key, count: 32), try EthereumKey(privateKey: bytes).address.checksummed == address
    else {
      throw Problem(description: "\(path): the address does not belong to the private key")
    }
    return Credentials(privateKey: key, address: address, apiKey: apiKey, secret: secret, passphrase: passphrase)
  }

  private static func fresh() throws -> Credentials {
    let key = SystemRandom.bytes(32)
    var uuid = Array(SystemRandom.hex(16))
    uuid[12] = "4"
    uuid[16] = "8"
    let parts = [uuid[0..<8], uuid[8..<12], uuid[12..<16], uuid[16..<20], uuid[20..<32]].map { String($0) }
    return Credentials(
      privateKey: "0x" + Hex.text(key), address: try EthereumKey(privateKey: key).address.checksummed,
      apiKey: parts.joined(separator: "-"), secret: Base64URL.encode(SystemRandom.bytes(32)),
      passphrase: SystemRandom.hex(32))
  }

  /// Writes the file whole (a new one, then renamed), readable by its owner only.
  func save(_ path: String, port: UInt16) throws {
    let http = "http://127.0.0.1:\(port)"
    let socket = "ws://127.0.0.1:\(port)"
    let value = WireValue.object(
      ("private_key", .text(privateKey)), ("address", .text(address)), ("api_key", .text(apiKey)),
      ("secret", .text(secret)), ("passphrase", .text(passphrase)), ("base_url", .text(http)),
      ("ws_url", .text(socket)),
      ("gamma_url", .text(http)), ("rtds_url", .text(socket + "/rtds")))
    let bytes = value.bytes + [0x0A]
    let fresh = path + ".new"
    let descriptor = unsafe Glibc.open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw SystemError("open", errno, fresh) }
    defer { close(descriptor) }
    guard fchmod(descriptor, 0o600) == 0 else { throw SystemError("fchmod", errno, fresh) }
    let written = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
    guard written == bytes.count else { throw SystemError("write", errno, fresh) }
    guard fsync(descriptor) == 0 else { throw SystemError("fsync", errno, fresh) }
    guard unsafe rename(fresh, path) == 0 else { throw SystemError("rename", errno, path) }
  }

  /// The gate's view of them.
  var key: Gate.Key {
    Gate.Key(
      apiKey: apiKey, secret: Base64URL.decode(secret) ?? [], passphrase: passphrase, address: address.lowercased())
  }
}

extension Gate {
  /// A gate with the floor's curve library behind it.
  static func standard(keys: [Key]) -> Gate {
    Gate(
      keys: Dictionary(uniqueKeysWithValues: keys.map { ($0.apiKey, $0) }),
      domains: .init(chain: 137) { Keccak256.hash($0).bytes },
      recover: { digest, signature in
        guard let word = Word256(bytes: digest) else { return nil }
        do {
          return "0x" + Hex.text(try EthereumKey.recover(word, signature: signature).bytes)
        } catch {
          return nil
        }
      })
  }
}
