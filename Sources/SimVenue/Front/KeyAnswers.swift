import Shared

/// Making and deriving API keys: what a wallet may ask with its signature alone (protocol document, section 2.5).
enum KeyAnswers {
  private static let strange = Answer.refused(401, "Invalid L1 Request headers")

  /// `nil` when the path is none of these.
  static func answer(
    _ call: Call, wall: WallTime, mint: KeyMint, _ gate: inout Gate, _ state: inout VenueState
  ) -> Answer? {
    switch (call.method, call.path) {
    case ("POST", "/auth/api-key"):
      guard let (address, nonce) = gate.signer(of: call, wall: wall) else { return strange }
      guard known(address, nonce, gate, state) == nil else { return .refused(400, "Could not create api key") }
      let key = mint.key(address: address, nonce: nonce)
      gate.keys[key.apiKey] = key
      state.grant(key.apiKey, nonce: nonce, address: address)
      return shown(key)
    case ("GET", "/auth/derive-api-key"):
      guard let (address, nonce) = gate.signer(of: call, wall: wall) else { return strange }
      guard let key = known(address, nonce, gate, state) else { return .refused(400, "Could not derive api key!") }
      return shown(key)
    default: return nil
    }
  }

  private static func known(_ address: String, _ nonce: String, _ gate: Gate, _ state: VenueState) -> Gate.Key? {
    guard let account = state.clients.account(address: address) else { return nil }
    let grant = ClientBooks.Grant(account: account, nonce: nonce)
    return state.clients.keys.lazy.filter { $0.value == grant }.compactMap { gate.keys[$0.key] }.first
  }

  private static func shown(_ key: Gate.Key) -> Answer {
    .ok(
      .object(
        ("apiKey", .text(key.apiKey)), ("secret", .text(Base64URL.encode(key.secret))),
        ("passphrase", .text(key.passphrase))),
      decision: "key of \(key.address)")
  }
}
