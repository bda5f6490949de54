import Shared

/// Making and deriving API keys, which a wallet may ask for with its signature alone, and the keys of builders, which are made and listed
/// for who holds an API key, and given up by who holds the builder's (protocol document, section 2.5).
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
    case ("POST", "/auth/builder-api-key"):
      guard let (holder, account) = holder(call, wall, gate, state) else { return Gate.unauthorized }
      let number = Int64(state.clients.builderKeys.count { $0.account == account })
      let key = mint.builderKey(address: holder.address, number: number)
      state.record(.builderKey(account: account, number: number, apiKey: key.apiKey))
      return shown(key, as: "key")
    case ("GET", "/auth/builder-api-key"):
      guard let (_, account) = holder(call, wall, gate, state) else { return Gate.unauthorized }
      return .ok(.list(state.clients.builderKeys.filter { $0.account == account }.map(listed)))
    case ("DELETE", "/auth/builder-api-key"):
      let asked = call.headers["poly_builder_api_key"]
      guard let known = state.clients.builderKeys.first(where: { $0.apiKey == asked && $0.gone == nil }),
        gate.isBuilder(
          call, mint.builderKey(address: state.clients.accounts[known.account].address, number: known.number),
          wall: wall)
      else { return Gate.unauthorized }
      state.record(.builderKeyGone(apiKey: known.apiKey))
      return .ok("OK", decision: "builder key given up")
    default: return nil
    }
  }

  private static func holder(
    _ call: Call, _ wall: WallTime, _ gate: Gate, _ state: VenueState
  ) -> (key: Gate.Key, account: Int)? {
    guard let key = gate.holder(of: call, wall: wall), let account = state.clients.account(apiKey: key.apiKey) else {
      return nil
    }
    return (key, account)
  }

  private static func listed(_ key: ClientBooks.BuilderKey) -> WireValue {
    var fields: [(String, WireValue)] = [
      ("key", .text(key.apiKey)), ("createdAt", .integer(key.made.milliseconds)),
    ]
    if let gone = key.gone { fields.append(("revokedAt", .integer(gone.milliseconds))) }
    return .record(fields.map { .init(name: $0.0, value: $0.1) })
  }

  private static func known(_ address: String, _ nonce: String, _ gate: Gate, _ state: VenueState) -> Gate.Key? {
    guard let account = state.clients.account(address: address) else { return nil }
    let grant = ClientBooks.Grant(account: account, nonce: nonce)
    return state.clients.keys.lazy.filter { $0.value == grant }.compactMap { gate.keys[$0.key] }.first
  }

  private static func shown(_ key: Gate.Key, as name: String = "apiKey") -> Answer {
    .ok(
      .object(
        (name, .text(key.apiKey)), ("secret", .text(Base64URL.encode(key.secret))),
        ("passphrase", .text(key.passphrase))),
      decision: "key of \(key.address)")
  }
}
