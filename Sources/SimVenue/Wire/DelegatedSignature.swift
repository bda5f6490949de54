/// The signature of a key to which the owner of a deposit wallet has lent trading (protocol document, section 2.7.5):
/// `abi.encode(bytes32 delegate, bytes32 0, bytes signature)` and sixteen times 0x6492.
struct DelegatedSignature: Hashable, Sendable {
  /// Lower case.
  var delegate: String
  /// What the delegate signed with, as an owner would.
  var signature: [UInt8]

  private static let mark: [UInt8] = Array(repeating: [0x64, 0x92], count: 16).flatMap { $0 }
  private static let zeros = [UInt8](repeating: 0, count: 32)

  /// `nil` for anything that is not exactly that.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= 160, bytes.count % 32 == 0, Array(bytes.suffix(32)) == Self.mark else { return nil }
    func word(_ index: Int) -> [UInt8] { Array(bytes[32 * index..<32 * (index + 1)]) }
    func small(_ index: Int) -> Int? {
      let word = word(index)
      guard word.prefix(28).allSatisfy({ $0 == 0 }) else { return nil }
      return word.suffix(4).reduce(0) { $0 << 8 | Int($1) }
    }
    guard word(0).prefix(12).allSatisfy({ $0 == 0 }), word(1) == Self.zeros, small(2) == 96, let count = small(3) else {
      return nil
    }
    let rest = Array(bytes[128..<bytes.count - 32])
    guard count <= rest.count, rest.count - count < 32, rest[count...].allSatisfy({ $0 == 0 }) else { return nil }
    delegate = "0x" + Hex.text(Array(word(0).suffix(20)))
    signature = Array(rest[..<count])
  }
}
