/// A checkpoint as bytes, all numbers little-endian: `PFCK` (4), version (2), zero (2), payload length (4),
/// sequence (8), payload, CRC-32C of everything before it (4). Pure.
public struct CheckpointRecord: Hashable, Sendable {
  public static let version: UInt16 = 1
  public static let payloadBytesMax = 16 << 20
  private static let magic = Array("PFCK".utf8)
  private static let headerBytes = 20

  /// Grows with every checkpoint of one owner: of two valid ones, the larger is the newer.
  public let sequence: UInt64
  public let payload: [UInt8]

  public init(sequence: UInt64, payload: [UInt8]) {
    precondition(payload.count <= CheckpointRecord.payloadBytesMax, "a checkpoint is small")
    self.sequence = sequence
    self.payload = payload
  }

  /// `nil` for anything that is not one whole record: torn, damaged, longer, of another version.
  public init?(_ bytes: [UInt8]) {
    let count = bytes.count
    guard count >= CheckpointRecord.headerBytes + 4, Array(bytes[0..<4]) == CheckpointRecord.magic,
      UInt16(bytes[4]) | UInt16(bytes[5]) << 8 == CheckpointRecord.version, bytes[6] == 0, bytes[7] == 0,
      CheckpointRecord.number(bytes[8..<12]) == UInt64(count - CheckpointRecord.headerBytes - 4),
      CheckpointRecord.number(bytes[(count - 4)...]) == UInt64(CRC32C.checksum(bytes[..<(count - 4)]))
    else { return nil }
    sequence = CheckpointRecord.number(bytes[12..<20])
    payload = Array(bytes[CheckpointRecord.headerBytes..<(count - 4)])
  }

  public var bytes: [UInt8] {
    var out = CheckpointRecord.magic
    out.reserveCapacity(payload.count + CheckpointRecord.headerBytes + 4)
    func append(_ value: UInt64, _ width: Int) {
      for index in 0..<width { out.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))) }
    }
    append(UInt64(CheckpointRecord.version), 2)
    append(0, 2)
    append(UInt64(payload.count), 4)
    append(sequence, 8)
    out.append(contentsOf: payload)
    append(UInt64(CRC32C.checksum(out)), 4)
    return out
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
