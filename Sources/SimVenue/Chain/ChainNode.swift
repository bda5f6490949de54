import Shared

/// A node of the chain, as far as wallets need one to manage their positions themselves: JSON-RPC at the venue's root. Blocks come once a
/// second of wall time.
enum ChainNode {
  /// `nil` when the request is none.
  static func answer(_ call: Call, wall: WallTime, gate: Gate, _ state: inout VenueState) -> Answer? {
    guard call.method == "POST", call.path == "/" || call.path.isEmpty else { return nil }
    guard let body = WireReader.read(call.body) else { return .refused(400, "the body is no JSON") }
    guard let batch = body.asList else { return .ok(one(body, wall, gate, &state)) }
    var answers: [WireValue] = []
    for request in batch { answers.append(one(request, wall, gate, &state)) }
    return .ok(.list(answers))
  }

  /// Why a request is answered with an error.
  private struct Failure: Error {
    var code: Int64
    var text: String
  }

  private static func one(_ request: WireValue, _ wall: WallTime, _ gate: Gate, _ state: inout VenueState) -> WireValue
  {
    let head: [(String, WireValue)] = [("jsonrpc", "2.0"), ("id", request["id"] ?? .null)]
    do throws(Failure) {
      return .pairs(head + [("result", try result(request, wall, gate, &state))])
    } catch {
      return .pairs(head + [("error", .object(("code", .integer(error.code)), ("message", .text(error.text))))])
    }
  }

  private static func result(
    _ request: WireValue, _ wall: WallTime, _ gate: Gate, _ state: inout VenueState
  ) throws(Failure) -> WireValue {
    let parameters = request["params"]?.asList ?? []
    switch request["method"]?.asText {
    case "eth_chainId": return quantity(gate.chain)
    case "eth_blockNumber": return quantity(wall.seconds)
    case "eth_getBlockByNumber":
      return .object(("number", quantity(wall.seconds)), ("timestamp", quantity(wall.seconds)))
    case "eth_gasPrice": return quantity(30_000_000_000)
    case "eth_estimateGas": return quantity(300_000)
    case "eth_getTransactionCount":
      let address = parameters.first?.asText?.lowercased() ?? ""
      let account = state.clients.account(address: address)
      return quantity(account.flatMap { state.clients.nonces[$0] } ?? 0)
    case "eth_call":
      guard let target = parameters.first?["to"]?.asText?.lowercased(),
        let data = parameters.first?["data"]?.asText.flatMap({ Hex.bytes($0) })
      else { throw Failure(code: -32_602, text: "to and data are wanted") }
      return try read(ContractCall(target: target, data: data), gate, state)
    case "eth_sendRawTransaction":
      guard let bytes = parameters.first?.asText.flatMap({ Hex.bytes($0) }),
        let raw = RawTransaction(bytes, gate: gate)
      else { throw Failure(code: -32_602, text: "invalid transaction") }
      let account = state.signer(raw.sender)
      let expected = state.clients.nonces[account] ?? 0
      guard raw.nonce == expected else {
        throw Failure(code: -32_000, text: raw.nonce < expected ? "nonce too low" : "nonce too high")
      }
      return .text(state.submit([raw.call], account: account, hash: raw.hash).hash)
    case "eth_getTransactionReceipt":
      let hash = parameters.first?.asText?.lowercased() ?? ""
      guard let id = state.clients.transactionIDs[hash], let found = state.clients.transactions[id], found.state != .new
      else { return .null }
      return .object(
        ("transactionHash", .text(hash)), ("blockNumber", quantity(wall.seconds)),
        ("status", found.state == .failed ? "0x0" : "0x1"))
    case let method: throw Failure(code: -32_601, text: "the method \(method ?? "") does not exist")
    }
  }

  /// Balances, and allowances, which are all given.
  private static func read(_ call: ContractCall, _ gate: Gate, _ state: VenueState) throws(Failure) -> WireValue {
    guard call.data.count >= 4 else { throw Failure(code: 3, text: "execution reverted") }
    let selector = Array(call.data.prefix(4))
    func names(_ signature: String) -> Bool { gate.keccak(Array(signature.utf8)).prefix(4).elementsEqual(selector) }
    let arguments = AbiReader(Array(call.data.dropFirst(4)))
    func balance(_ owner: String, _ asset: String) -> Int64 {
      state.clients.account(address: owner).map { state.clients.accounts[$0].balance(asset) } ?? 0
    }
    if names("balanceOfBatch(address[],uint256[])"), let owners = arguments.words(0), let ids = arguments.words(1),
      owners.count == ids.count
    {
      let amounts = zip(owners, ids).map { balance("0x" + Hex.text($0.suffix(20)), Hex.decimal($1)) }
      return .text("0x" + ([32, Int64(amounts.count)] + amounts).map(word).joined())
    }
    if names("balanceOf(address,uint256)"), let owner = arguments.address(0), let id = arguments.word(1) {
      return .text("0x" + word(balance(owner, Hex.decimal(id))))
    }
    if names("balanceOf(address)"), let owner = arguments.address(0), call.target == Contracts.collateral {
      return .text("0x" + word(balance(owner, ClientBooks.cash)))
    }
    if names("allowance(address,address)") { return .text("0x" + String(repeating: "f", count: 64)) }
    if names("isApprovedForAll(address,address)") { return .text("0x" + word(1)) }
    throw Failure(code: 3, text: "execution reverted")
  }

  private static func quantity(_ value: Int64) -> WireValue { .text("0x" + String(value, radix: 16)) }

  private static func word(_ value: Int64) -> String {
    // A trade that failed may leave less than nothing for a while.
    let digits = String(max(0, value), radix: 16)
    return String(repeating: "0", count: 64 - digits.count) + digits
  }
}
