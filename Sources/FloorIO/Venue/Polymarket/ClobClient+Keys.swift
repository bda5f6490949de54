import FloorIOData
import Shared

/// What a wallet's signature gets from the venue: the key of every private request (protocol document, section 2.5).
public struct ApiCredentials: Sendable, CustomStringConvertible {
  /// Identifies the account; no secret.
  public let apiKey: String
  /// base64url.
  public let secret: Secret
  public let passphrase: Secret

  init?(_ json: JSON) {
    guard let apiKey = json["apiKey"]?.string, !apiKey.isEmpty, let secret = json["secret"]?.string, !secret.isEmpty,
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
      done(VenueHTTP.json($0).decoded(ApiCredentials.init))
    }
  }
}
