/// The Castagnoli checksum (polynomial 0x1EDC6F41, reflected; RFC 3720, appendix B.4): finds torn and damaged records. Not a protection
/// against anybody.
public struct CRC32C: Hashable, Sendable {
  private var register: UInt32 = 0xFFFF_FFFF

  public init() {}

  public mutating func update(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      register = CRC32C.table[Int(UInt8(truncatingIfNeeded: register) ^ byte)] ^ (register >> 8)
    }
  }

  /// Of all bytes so far.
  public var value: UInt32 { ~register }

  public static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var sum = CRC32C()
    sum.update(bytes)
    return sum.value
  }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? (crc >> 1) ^ 0x82F6_3B78 : crc >> 1 }
  }
}
