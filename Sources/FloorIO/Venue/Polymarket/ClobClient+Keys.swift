import FloorIOData
import Shared

/// What a wallet's signature gets from the venue: the key of every private request (protocol document, section 2.5).
public struct ApiCredentials: Sendable, CustomStringConvertible {
  /// Identifies the account; no secret.
  public let apiKey: String
  /// base64url.
  public let secret: Secret
  public let passphrase: Secret

  /// - Parameter name: what the answer calls the key.
  init?(_ json: JSON, key name: String = "apiKey") {
    guard let apiKey = json[name]?.string, !apiKey.isEmpty, let secret = json["secret"]?.string, !secret.isEmpty,
      let passphrase = json["passphrase"]?.string
    else { return nil }
    self.apiKey = apiKey
    self.secret = Secret(secret)
    self.passphrase = Secret(passphrase)
  }

  /// For the requests of this wallet.
  public func authentication(of address: EthereumAddress) throws(SigningError) -> L2Authentication {
    try L2Authentication(address: address, apiKey: apiKey, secret: secret.reveal(), passphrase: passphrase.reveal())
  }

  /// Never the secrets.
  public var description: String { "credentials of \(apiKey)" }
}

/// A builder's key as it is listed (protocol document, section 2.5).
public struct BuilderKey: Hashable, Sendable {
  public let key: String
  /// Milliseconds or a date, as the venue writes it; some lists have the key alone.
  public let created: String?
  /// There when it opens nothing any more.
  public let revoked: String?

  init?(_ json: JSON) {
    guard let key = json.string ?? json["key"]?.string, !key.isEmpty else { return nil }
    func time(_ name: String) -> String? { json[name]?.decimalText.flatMap { $0.isEmpty ? nil : $0 } }
    self.key = key
    created = time("createdAt")
    revoked = time("revokedAt")
  }
}

/// API keys. Only for the set-up of a wallet: a key that somebody else made anew must not be fought over (requirement V24).
extension ClobClient {
  /// Makes the wallet's key of that nonce. Status 400 when there is one already: then it is derived.
  /// - Parameter timestamp: whole seconds of the venue's clock.
  public func createKey(
    _ key: EthereumKey, chainID: UInt64 = ExchangeDomain.polygon, nonce: String = "0", timestamp: Int64,
    _ done: @escaping (Result<ApiCredentials, VenueCallError>) -> Void
  ) {
    attested("POST", "/auth/api-key", key, chainID, nonce, timestamp, done)
  }

  /// The wallet's key of that nonce, the same each time. Status 400 when there is none.
  /// - Parameter timestamp: whole seconds of the venue's clock.
  public func deriveKey(
    _ key: EthereumKey, chainID: UInt64 = ExchangeDomain.polygon, nonce: String = "0", timestamp: Int64,
    _ done: @escaping (Result<ApiCredentials, VenueCallError>) -> Void
  ) {
    attested("GET", "/auth/derive-api-key", key, chainID, nonce, timestamp, done)
  }

  /// The ids of all keys of the account.
  public func keys(_ done: @escaping (Result<[String], VenueCallError>) -> Void) {
    askPrivately("GET", "/auth/api-keys") { result in
      done(
        result.decoded { json -> [String]? in
          guard let items = json["apiKeys"]?.array else { return nil }
          let keys = items.compactMap(\.string)
          return keys.count == items.count ? keys : nil
        })
    }
  }

  /// Makes another key for our servers as a builder. Its secrets are told this once.
  public func createBuilderKey(_ done: @escaping (Result<ApiCredentials, VenueCallError>) -> Void) {
    askPrivately("POST", "/auth/builder-api-key") { done($0.decoded { ApiCredentials($0, key: "key") }) }
  }

  /// All that were ever made for the account, those given up, too.
  public func builderKeys(_ done: @escaping (Result<[BuilderKey], VenueCallError>) -> Void) {
    askPrivately("GET", "/auth/builder-api-key") { result in
      done(
        result.decoded { json -> [BuilderKey]? in
          guard let items = json.array else { return nil }
          let keys = items.compactMap { BuilderKey($0) }
          return keys.count == items.count ? keys : nil
        })
    }
  }

  /// Gives a builder's key up, in its own name.
  public func revoke(_ builder: L2Authentication, _ done: @escaping (Result<Void, VenueCallError>) -> Void) {
    let path = "/auth/builder-api-key"
    let stamp = clockOffset.venue(at: SystemClock.wall()).seconds
    let headers = builder.builderHeaders(timestamp: stamp, method: "DELETE", path: path, body: [])
      .map { WebField($0.name, $0.value) }
    requests.send("DELETE", path, headers: headers, timeout: timeout) {
      done(VenueHTTP.json($0).decoded { $0.string == "OK" ? () : nil })
    }
  }

  private func attested(
    _ method: String, _ path: String, _ key: EthereumKey, _ chainID: UInt64, _ nonce: String, _ timestamp: Int64,
    _ done: @escaping (Result<ApiCredentials, VenueCallError>) -> Void
  ) {
    guard let auth = ClobAuth(address: key.address, chainID: chainID, timestamp: timestamp, nonce: nonce) else {
      return requests.http.later { done(.failure(.malformed("the nonce \(nonce) is no 256-bit number"))) }
    }
    let headers: [WebField]
    do throws(SigningError) {
      headers = try auth.headers(signedBy: key).map { WebField($0.name, $0.value) }
    } catch {
      return requests.http.later { done(.failure(.malformed("the attestation: \(error)"))) }
    }
    requests.send(method, path, headers: headers, timeout: timeout) {
      done(VenueHTTP.json($0).decoded { ApiCredentials($0) })
    }
  }
}
