import Shared
import Testing

@Suite struct CheckpointRecordTests {
  @Test(
    "the checksum is the Castagnoli one",
    arguments: [("123456789", 0xE306_9283), ("", 0), ("a", 0xC1D0_4330)] as [(String, UInt32)])
  func vectors(_ text: String, _ expected: UInt32) { #expect(CRC32C.checksum(text.utf8) == expected) }

  @Test("thirty-two zero bytes, as RFC 3720 gives them") func zeros() {
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
  }

  @Test("what was written is read", arguments: [0, 1, 1000]) func roundTrip(_ count: Int) {
    var random = SeededGenerator(seed: UInt64(count))
    let record = CheckpointRecord(
      sequence: random.next(), payload: (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
    #expect(CheckpointRecord(record.bytes) == record)
  }

  @Test("no cut, no flipped bit and no added byte is read as a record") func damage() {
    let bytes = CheckpointRecord(sequence: 42, payload: Array("{\"position\":\"10\"}".utf8)).bytes
    for length in 0..<bytes.count { #expect(CheckpointRecord(Array(bytes[..<length])) == nil) }
    for bit in 0..<(bytes.count * 8) {
      var damaged = bytes
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(CheckpointRecord(damaged) == nil)
    }
    #expect(CheckpointRecord(bytes + [0]) == nil)
  }
}
