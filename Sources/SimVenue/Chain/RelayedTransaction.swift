import Shared

/// What is brought to the relayer's `/submit`: calls in the name of a wallet, and the signature of its owner over them (the official client's
/// forms for deposit wallets, Safes and proxies). Checked here from the bytes up.
struct RelayedTransaction {
  let kind: WalletKind
  let wallet: String
  let signer: String
  let nonce: String
  let calls: [ContractCall]

  /// Why the relayer does not take it.
  struct Problem: Error, Hashable {
    var text: String
    init(_ text: String) { self.text = text }
  }

  /// - Throws: `Problem` when a field does not read, or the signature is not that of the wallet's owner.
  init(_ body: WireValue, wall: WallTime, gate: Gate) throws(Problem) {
    guard let from = body["from"]?.asText?.lowercased(), Hex.bytes(from, count: 20) != nil else {
      throw Problem("from is missing or no address")
    }
    guard let nonce = body["nonce"]?.asText, Hex.word(decimal: nonce) != nil else {
      throw Problem("nonce is missing or no number")
    }
    guard let signature = body["signature"]?.asText.flatMap({ Hex.bytes($0, count: 65) }) else {
      throw Problem("signature is not 65 bytes")
    }
    self.nonce = nonce
    signer = from
    let form = Form(body: body, from: from, nonce: nonce, gate: gate)
    let digest: [UInt8]
    var used = signature
    switch body["type"]?.asText {
    case "WALLET":
      kind = .deposit
      (wallet, calls, digest) = try form.deposit(wall)
    case "SAFE":
      kind = .safe
      (wallet, calls, digest) = try form.safe()
      // Signed as a message: the Safe marks that by four more in the last byte.
      guard used[64] >= 31 else { throw Problem("signature is of another kind") }
      used[64] -= 4
    case "PROXY":
      kind = .proxy
      (wallet, calls, digest) = try form.proxy()
    default: throw Problem("type is one of SAFE, PROXY, WALLET, WALLET-CREATE")
    }
    guard gate.recover(digest, used) == from else { throw Problem("invalid signature") }
    guard kind.addresses(of: from, keccak: gate.keccak).contains(wallet) else {
      throw Problem("the wallet is not the signer's")
    }
  }

  private typealias Signed = (wallet: String, calls: [ContractCall], digest: [UInt8])

  private struct Form {
    let body: WireValue
    let from: String
    let nonce: String
    let gate: Gate

    private func hash(_ text: String) -> [UInt8] { gate.keccak(Array(text.utf8)) }

    private func word(_ value: WireValue?, _ name: String) throws(Problem) -> [UInt8] {
      guard let text = value?.asText, let word = Hex.word(decimal: text) else {
        throw Problem("\(name) is missing or no number")
      }
      return word
    }

    private func address(_ value: WireValue?, _ name: String) throws(Problem) -> [UInt8] {
      guard let text = value?.asText, let bytes = Hex.bytes(text, count: 20) else {
        throw Problem("\(name) is missing or no address")
      }
      return bytes
    }

    private func bytes(_ value: WireValue?, _ name: String) throws(Problem) -> [UInt8] {
      guard let text = value?.asText, let bytes = Hex.bytes(text) else {
        throw Problem("\(name) is missing or not hexadecimal")
      }
      return bytes
    }

    private func padded(_ address: [UInt8]) -> [UInt8] { [UInt8](repeating: 0, count: 12) + address }

    private var chain: [UInt8] { Hex.word(decimal: String(gate.chain)) ?? [] }
    private var nonceWord: [UInt8] { Hex.word(decimal: nonce) ?? [] }

    private func message(_ digest: [UInt8]) -> [UInt8] {
      gate.keccak([0x19] + Array("Ethereum Signed Message:\n32".utf8) + digest)
    }

    /// `Batch` of the wallet's own domain.
    func deposit(_ wall: WallTime) throws(Problem) -> Signed {
      let parameters = body["depositWalletParams"]
      let wallet = try address(parameters?["depositWallet"], "depositWallet")
      let deadline = try word(parameters?["deadline"], "deadline")
      guard let end = AbiReader.number(deadline), end >= wall.seconds else { throw Problem("deadline is over") }
      var calls: [ContractCall] = []
      var hashes: [UInt8] = []
      let callType = "Call(address target,uint256 value,bytes data)"
      for item in parameters?["calls"]?.asList ?? [] {
        let target = try address(item["target"], "target")
        let data = try bytes(item["data"], "data")
        calls.append(ContractCall(target: "0x" + Hex.text(target), data: data))
        hashes += gate.keccak(
          hash(callType) + padded(target) + (try word(item["value"], "value")) + gate.keccak(data))
      }
      let structure = gate.keccak(
        hash("Batch(address wallet,uint256 nonce,uint256 deadline,Call[] calls)" + callType) + padded(wallet)
          + nonceWord + deadline + gate.keccak(hashes))
      let domain = gate.keccak(
        hash("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
          + hash("DepositWallet") + hash("1") + chain + padded(wallet))
      return ("0x" + Hex.text(wallet), calls, gate.keccak([0x19, 0x01] + domain + structure))
    }

    /// `SafeTx`, signed as a message.
    func safe() throws(Problem) -> Signed {
      let parameters = body["signatureParams"]
      let wallet = try address(body["proxyWallet"], "proxyWallet")
      let target = try address(body["to"], "to")
      let data = try bytes(body["data"], "data")
      let value = try word(body["value"] ?? "0", "value")
      let operation = try word(parameters?["operation"], "operation")
      let gas = try ["safeTxnGas", "baseGas", "gasPrice"].map { (name) throws(Problem) in
        try word(parameters?[name], name)
      }
      let parties = try ["gasToken", "refundReceiver"].map { (name) throws(Problem) in
        padded(try address(parameters?[name], name))
      }
      let type =
        "SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,"
        + "uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce)"
      let head = hash(type) + padded(target) + value + gate.keccak(data) + operation
      let structure = gate.keccak(head + gas.flatMap { $0 } + parties.flatMap { $0 } + nonceWord)
      let domain = gate.keccak(
        hash("EIP712Domain(uint256 chainId,address verifyingContract)") + chain + padded(wallet))
      let digest = message(gate.keccak([0x19, 0x01] + domain + structure))
      let call = ContractCall(target: "0x" + Hex.text(target), data: data)
      let isBundle = AbiReader.number(operation) == 1
      guard isBundle == (call.target == Contracts.multiSend) else { throw Problem("operation does not fit to") }
      return ("0x" + Hex.text(wallet), isBundle ? try bundle(data) : [call], digest)
    }

    /// `multiSend(bytes)`: kind, target, value, length and data of each call, packed.
    private func bundle(_ data: [UInt8]) throws(Problem) -> [ContractCall] {
      guard data.starts(with: hash("multiSend(bytes)").prefix(4)),
        let packed = AbiReader(Array(data.dropFirst(4))).blob(0)
      else { throw Problem("data is no bundle of calls") }
      var calls: [ContractCall] = []
      var at = 0
      while at < packed.count {
        guard at + 85 <= packed.count, packed[at] == 0,
          let length = AbiReader.number(Array(packed[(at + 53)..<(at + 85)])), length <= Int64(packed.count),
          at + 85 + Int(length) <= packed.count
        else { throw Problem("data is no bundle of calls") }
        calls.append(
          ContractCall(
            target: "0x" + Hex.text(packed[(at + 1)..<(at + 21)]),
            data: Array(packed[(at + 85)..<(at + 85 + Int(length))])))
        at += 85 + Int(length)
      }
      return calls
    }

    /// A call of the proxy factory through the relay hub, signed as a message.
    func proxy() throws(Problem) -> Signed {
      let parameters = body["signatureParams"]
      let wallet = try address(body["proxyWallet"], "proxyWallet")
      let target = try address(body["to"], "to")
      let data = try bytes(body["data"], "data")
      guard "0x" + Hex.text(target) == Contracts.proxyFactory else { throw Problem("to is the proxy factory") }
      let numbers = try ["relayerFee", "gasPrice", "gasLimit"].map { (name) throws(Problem) in
        try word(parameters?[name], name)
      }
      let hub = try address(parameters?["relayHub"], "relayHub")
      let relay = try address(parameters?["relay"], "relay")
      guard "0x" + Hex.text(relay) == Contracts.relay, "0x" + Hex.text(hub) == Contracts.relayHub else {
        throw Problem("another relay")
      }
      let head = Array("rlx:".utf8) + (Hex.bytes(from, count: 20) ?? []) + target + data
      let digest = message(gate.keccak(head + numbers.flatMap { $0 } + nonceWord + hub + relay))
      guard data.starts(with: hash("proxy((uint8,address,uint256,bytes)[])").prefix(4)),
        let list = AbiReader(Array(data.dropFirst(4))).tail(0), let count = list.number(0), (1...100).contains(count)
      else { throw Problem("data is no list of calls") }
      let items = AbiReader(list.bytes, from: list.base + 32)
      var calls: [ContractCall] = []
      for place in 0..<Int(count) {
        guard let item = items.tail(place), item.number(0) == 1, let to = item.address(1), let inner = item.blob(3)
        else { throw Problem("data is no list of calls") }
        calls.append(ContractCall(target: to, data: inner))
      }
      return ("0x" + Hex.text(wallet), calls, digest)
    }
  }
}
