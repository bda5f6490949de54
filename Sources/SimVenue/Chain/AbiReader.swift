/// Reads the contracts' calling convention: a selector of four bytes, then words of 32 bytes, with offsets to what has a length of its own.
/// Every step is bounded by the bytes that are there.
struct AbiReader {
  let bytes: [UInt8]
  /// Where offsets count from.
  let base: Int

  init(_ bytes: [UInt8], from base: Int = 0) {
    self.bytes = bytes
    self.base = base
  }

  func word(_ index: Int) -> [UInt8]? {
    guard index >= 0, index <= 1 << 20 else { return nil }
    let start = base + index * 32
    return start + 32 <= bytes.count ? Array(bytes[start..<(start + 32)]) : nil
  }

  /// A number that fits into 63 bits.
  func number(_ index: Int) -> Int64? { word(index).flatMap(Self.number) }

  static func number(_ word: [UInt8]) -> Int64? {
    guard word.dropLast(8).allSatisfy({ $0 == 0 }) else { return nil }
    return Int64(exactly: word.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
  }

  /// Lower case, with `0x`.
  func address(_ index: Int) -> String? {
    guard let word = word(index), word.prefix(12).allSatisfy({ $0 == 0 }) else { return nil }
    return "0x" + Hex.text(word.suffix(20))
  }

  /// What stands at the offset that an argument gives.
  func tail(_ index: Int) -> AbiReader? {
    guard let offset = number(index), offset >= 0, offset <= Int64(bytes.count) else { return nil }
    return AbiReader(bytes, from: base + Int(offset))
  }

  /// Bytes with their length before them.
  func blob(_ index: Int) -> [UInt8]? {
    guard let at = tail(index), let length = at.number(0), length >= 0, length <= Int64(bytes.count) else { return nil }
    let start = at.base + 32
    return start + Int(length) <= bytes.count ? Array(bytes[start..<(start + Int(length))]) : nil
  }

  /// An array of whole words.
  func words(_ index: Int) -> [[UInt8]]? {
    guard let at = tail(index), let count = at.number(0), (0...256).contains(count) else { return nil }
    var found: [[UInt8]] = []
    for place in 0..<Int(count) {
      guard let word = at.word(1 + place) else { return nil }
      found.append(word)
    }
    return found
  }
}

/// One call of a contract.
struct ContractCall: Hashable, Sendable {
  /// Lower case.
  var target: String
  var data: [UInt8]
}
