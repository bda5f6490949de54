/// What stands in a journal file: blocks one after the other, each its payload's length (4 bytes, little-endian), the CRC-32C of length
/// and payload (4), and the payload. A block is written by one call, so that a killed process leaves whole blocks; a lost or changed byte
/// is noticed. Behind a damaged block nothing of the file counts: where the next one begins is not known any more.
public struct JournalBlocks: Hashable, Sendable {
  /// Why a file's end could not be read.
  public enum Damage: Error, Hashable, Sendable {
    /// The last block is shorter than it says: still being written, or the machine stopped while it was.
    case torn(at: Int)
    /// The check sum does not fit, or the length cannot be.
    case broken(at: Int)
  }

  /// A longer payload is none.
  public static let payloadMax = 16 << 20
  private static let head = 8

  public private(set) var payloads: [ArraySlice<UInt8>] = []
  public private(set) var damage: Damage?

  /// Takes a file apart.
  public init(_ bytes: [UInt8]) {
    var start = 0
    while damage == nil, start < bytes.count {
      switch JournalBlocks.block(in: bytes, at: start) {
      case .success(let payload):
        payloads.append(payload)
        start = payload.endIndex
      case .failure(let damage): self.damage = damage
      }
    }
  }

  private static func block(in bytes: [UInt8], at start: Int) -> Result<ArraySlice<UInt8>, Damage> {
    guard bytes.count - start >= head else { return .failure(.torn(at: start)) }
    let length = Int(number(bytes[start..<(start + 4)]))
    guard length <= payloadMax else { return .failure(.broken(at: start)) }
    let end = start + head + length
    guard end <= bytes.count else { return .failure(.torn(at: start)) }
    let payload = bytes[(start + head)..<end]
    let isWhole = number(bytes[(start + 4)..<(start + 8)]) == sum(bytes[start..<(start + 4)], payload)
    return isWhole ? .success(payload) : .failure(.broken(at: start))
  }

  /// A payload as a block.
  public static func block(_ payload: [UInt8]) -> [UInt8] {
    precondition(payload.count <= payloadMax, "a block is small")
    var out: [UInt8] = []
    out.reserveCapacity(payload.count + head)
    append(UInt32(payload.count), to: &out)
    append(sum(out[...], payload[...]), to: &out)
    out.append(contentsOf: payload)
    return out
  }

  private static func sum(_ length: ArraySlice<UInt8>, _ payload: ArraySlice<UInt8>) -> UInt32 {
    var sum = CRC32C()
    sum.update(length)
    sum.update(payload)
    return sum.value
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  private static func append(_ value: UInt32, to out: inout [UInt8]) {
    for shift in stride(from: UInt32(0), through: 24, by: 8) { out.append(UInt8(truncatingIfNeeded: value >> shift)) }
  }
}
