/// A transaction that a plain wallet signs itself, in the form before typed transactions (EIP-155): a list of nine items in RLP.
struct RawTransaction {
  let sender: String
  let nonce: Int64
  let call: ContractCall
  let hash: String

  /// `nil` when the bytes are no such transaction of this chain, or the signature is none.
  init?(_ bytes: [UInt8], gate: Gate) {
    guard let items = Self.list(bytes), items.count == 9, items[3].count == 20, items[6].count <= 8,
      items[7].count <= 32, items[8].count <= 32, let nonce = Self.number(items[0]), let v = Self.number(items[6])
    else { return nil }
    let parity = v - gate.chain * 2 - 35
    guard (0...1).contains(parity) else { return nil }
    let chain = Self.bytes(of: gate.chain)
    let unsigned = Self.join(items[0..<6].map(Self.encode) + [Self.encode(chain), [0x80], [0x80]])
    func padded(_ part: [UInt8]) -> [UInt8] { [UInt8](repeating: 0, count: 32 - part.count) + part }
    let signature = padded(items[7]) + padded(items[8]) + [UInt8(27 + parity)]
    guard let sender = gate.recover(gate.keccak(unsigned), signature) else { return nil }
    self.sender = sender
    self.nonce = nonce
    call = ContractCall(target: "0x" + Hex.text(items[3]), data: items[5])
    hash = "0x" + Hex.text(gate.keccak(bytes))
  }

  private static func number(_ bytes: [UInt8]) -> Int64? {
    guard bytes.count <= 8 else { return nil }
    return Int64(exactly: bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
  }

  private static func bytes(of number: Int64) -> [UInt8] {
    var rest = number
    var out: [UInt8] = []
    while rest > 0 {
      out.insert(UInt8(rest & 255), at: 0)
      rest >>= 8
    }
    return out
  }

  /// The items of a list that fills the bytes; lists inside it are not wanted.
  private static func list(_ bytes: [UInt8]) -> [[UInt8]]? {
    var at = 0
    guard let length = length(bytes, &at, short: 0xC0), at + length == bytes.count else { return nil }
    var items: [[UInt8]] = []
    while at < bytes.count {
      if bytes[at] < 0x80 {
        items.append([bytes[at]])
        at += 1
        continue
      }
      guard let length = Self.length(bytes, &at, short: 0x80), at + length <= bytes.count else { return nil }
      items.append(Array(bytes[at..<(at + length)]))
      at += length
    }
    return items
  }

  /// The length that stands at `at`, which moves behind it.
  private static func length(_ bytes: [UInt8], _ at: inout Int, short: UInt8) -> Int? {
    guard at < bytes.count, bytes[at] >= short, Int(bytes[at]) < Int(short) + 64 else { return nil }
    let first = Int(bytes[at] - short)
    at += 1
    if first < 56 { return first }
    let size = first - 55
    guard size <= 3, at + size <= bytes.count else { return nil }
    defer { at += size }
    return bytes[at..<(at + size)].reduce(0) { $0 << 8 | Int($1) }
  }

  private static func encode(_ item: [UInt8]) -> [UInt8] {
    item.count == 1 && item[0] < 0x80 ? item : head(item.count, 0x80) + item
  }

  private static func join(_ items: [[UInt8]]) -> [UInt8] {
    let body = items.flatMap { $0 }
    return head(body.count, 0xC0) + body
  }

  private static func head(_ length: Int, _ short: UInt8) -> [UInt8] {
    if length < 56 { return [short + UInt8(length)] }
    let size = bytes(of: Int64(length))
    return [short + 55 + UInt8(size.count)] + size
  }
}
