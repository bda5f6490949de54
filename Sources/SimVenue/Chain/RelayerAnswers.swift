import Shared

/// The relayer: brings to the chain what the owners of deposit wallets, Safes and proxies have signed (protocol document, section 7.1; its
/// further paths are those the official client asks for). What lets a transaction through is the wallet's signature alone.
enum RelayerAnswers {
  /// `nil` when the path is none of these.
  static func answer(_ call: Call, wall: WallTime, gate: Gate, _ state: inout VenueState) -> Answer? {
    do throws(RelayedTransaction.Problem) {
      switch (call.method, call.path) {
      case ("GET", "/deployed"):
        // Proxies and Safes have been there for long; a deposit wallet is there when it is known.
        let address = try address(call)
        let isThere = call.first("type") != "WALLET" || state.clients.account(address: address) != nil
        return .ok(.object(("deployed", .flag(isThere))))
      case ("GET", "/nonce"): return .ok(.object(("nonce", .text(try nonce(call, gate, state)))))
      case ("GET", "/v1/account/transactions/params"):
        return .ok(.object(("address", .text(try address(call))), ("nonce", .text(try nonce(call, gate, state)))))
      case ("GET", "/relay-payload"):
        return .ok(.object(("address", .text(Contracts.relay)), ("nonce", .text(try nonce(call, gate, state)))))
      case ("GET", "/transaction"):
        guard let found = state.clients.transactions[call.first("id") ?? ""] else { return .ok(.list([])) }
        return .ok(.list([shown(found, state)]))
      case ("POST", "/submit"): return try submit(call, wall, gate, &state)
      default: break
      }
      if call.method == "GET", let id = call.rest("/v1/account/transactions/") {
        guard let found = state.clients.transactions[id] else { return .refused(404, "transaction not found") }
        return .ok(
          .object(
            ("transaction_id", .text(found.id)), ("state", .text(found.state.rawValue)),
            ("transaction_hash", .text(found.hash)), ("error_msg", found.problem.isEmpty ? .null : .text(found.problem))
          ))
      }
      return nil
    } catch {
      return .refused(400, error.text)
    }
  }

  private static func shown(_ transaction: ChainTransaction, _ state: VenueState) -> WireValue {
    let account = state.clients.accounts[transaction.account]
    return .object(
      ("transactionID", .text(transaction.id)), ("transactionHash", .text(transaction.hash)),
      ("from", .text(state.clients.accounts[account.owner].address)), ("proxyAddress", .text(account.address)),
      ("nonce", .text(String(transaction.nonce))), ("state", .text(transaction.state.rawValue)),
      ("errorMsg", .text(transaction.problem)))
  }

  private static func submit(
    _ call: Call, _ wall: WallTime, _ gate: Gate, _ state: inout VenueState
  ) throws(RelayedTransaction.Problem) -> Answer {
    guard let body = WireReader.read(call.body) else { throw RelayedTransaction.Problem("the body is no JSON") }
    guard (body["metadata"]?.asText ?? "").count <= 500 else {
      throw RelayedTransaction.Problem("metadata has at most 500 characters")
    }
    if body["type"]?.asText == "WALLET-CREATE" { return try create(body, gate, &state) }
    let relayed = try RelayedTransaction(body, wall: wall, gate: gate)
    guard !relayed.calls.isEmpty else { throw RelayedTransaction.Problem("no calls") }
    let account = state.wallet(relayed.kind, at: relayed.wallet, owner: state.signer(relayed.signer))
    let expected = state.clients.nonces[account] ?? 0
    guard relayed.nonce == String(expected) else {
      throw RelayedTransaction.Problem("batch nonce \(relayed.nonce) does not match on-chain nonce \(expected)")
    }
    return taken(state.submit(relayed.calls, account: account, hash: hash(relayed.wallet, expected)))
  }

  /// The usual deposit wallet of a signer, made known.
  private static func create(
    _ body: WireValue, _ gate: Gate, _ state: inout VenueState
  ) throws(RelayedTransaction.Problem) -> Answer {
    guard let from = body["from"]?.asText?.lowercased(),
      let wallet = WalletKind.deposit.addresses(of: from, keccak: gate.keccak).first
    else { throw RelayedTransaction.Problem("from is missing or no address") }
    let account = state.wallet(.deposit, at: wallet, owner: state.signer(from))
    return taken(state.submit([], account: account, hash: hash(wallet, state.clients.nonces[account] ?? 0)))
  }

  private static func hash(_ wallet: String, _ nonce: Int64) -> String {
    "0x" + Hex.text(Digests.sha256(Array("relayed:\(wallet):\(nonce)".utf8)))
  }

  private static func taken(_ transaction: ChainTransaction) -> Answer {
    .ok(
      .object(
        ("transactionID", .text(transaction.id)), ("transactionHash", .text(transaction.hash)),
        ("state", .text(transaction.state.rawValue))), decision: "transaction \(transaction.id)")
  }

  private static func address(_ call: Call) throws(RelayedTransaction.Problem) -> String {
    guard let text = call.first("address"), Hex.bytes(text, count: 20) != nil else {
      throw RelayedTransaction.Problem("address is missing or no address")
    }
    return text.lowercased()
  }

  /// The next nonce of the signer's wallet of a type.
  private static func nonce(
    _ call: Call, _ gate: Gate, _ state: VenueState
  ) throws(RelayedTransaction.Problem) -> String {
    let kinds: [String: WalletKind] = ["SAFE": .safe, "PROXY": .proxy, "WALLET": .deposit]
    guard let kind = kinds[call.first("type") ?? ""] else {
      throw RelayedTransaction.Problem("type is one of SAFE, PROXY, WALLET")
    }
    let places = kind.addresses(of: try address(call), keccak: gate.keccak)
    let account = places.lazy.compactMap { state.clients.account(address: $0) }.first
    return String(account.flatMap { state.clients.nonces[$0] } ?? 0)
  }
}
