import Shared

/// Level 2 authentication: what every private request carries (protocol document, section 2.6). The key is decoded once.
public struct L2Authentication: Sendable, CustomStringConvertible {
  public let address: EthereumAddress
  /// Identifies the account; no secret.
  public let apiKey: String
  /// With its check sum, which costs a hash: computed once.
  private let addressText: String
  private let key: [UInt8]
  private let passphrase: String

  /// - Parameter secret: base64url, with or without its padding. Throws `.invalidSecret` for anything else.
  public init(
    address: EthereumAddress, apiKey: String, secret: String, passphrase: String
  ) throws(SigningError) {
    guard let key = Base64URL.decode(secret), !key.isEmpty else { throw .invalidSecret }
    self.address = address
    addressText = address.checksummed
    self.apiKey = apiKey
    self.key = key
    self.passphrase = passphrase
  }

  /// - Parameters:
  ///   - timestamp: whole wall seconds.
  ///   - path: without host and without query.
  ///   - body: the exact bytes that are sent; empty for none.
  public func signature(timestamp: Int64, method: String, path: String, body: [UInt8]) -> String {
    var message = Array("\(timestamp)\(method)\(path)".utf8)
    message += body
    return Base64URL.encode(Digests.hmacSHA256(message, key: key))
  }

  public func headers(
    timestamp: Int64, method: String, path: String, body: [UInt8]
  ) -> [(name: String, value: String)] {
    [
      ("POLY_ADDRESS", addressText),
      ("POLY_SIGNATURE", signature(timestamp: timestamp, method: method, path: path, body: body)),
      ("POLY_TIMESTAMP", String(timestamp)), ("POLY_API_KEY", apiKey), ("POLY_PASSPHRASE", passphrase),
    ]
  }

  /// The same of a builder's key, whose headers have names of their own and say no address.
  public func builderHeaders(
    timestamp: Int64, method: String, path: String, body: [UInt8]
  ) -> [(name: String, value: String)] {
    [
      ("POLY_BUILDER_API_KEY", apiKey), ("POLY_BUILDER_PASSPHRASE", passphrase),
      ("POLY_BUILDER_TIMESTAMP", String(timestamp)),
      ("POLY_BUILDER_SIGNATURE", signature(timestamp: timestamp, method: method, path: path, body: body)),
    ]
  }

  /// Never the secrets.
  public var description: String { "credentials of \(apiKey)" }
}
