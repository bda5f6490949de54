/// Keccak-256 as Ethereum uses it: rate 136 bytes, padding byte 0x01. SHA3-256 of FIPS 202 pads with 0x06 and gives other results,
/// and OpenSSL 3.0 has only that one, which is why these lines exist.
public enum Keccak256 {
  private static let rate = 136
  private static let roundConstants: InlineArray<24, UInt64> = [
    0x0000_0000_0000_0001, 0x0000_0000_0000_8082, 0x8000_0000_0000_808A, 0x8000_0000_8000_8000,
    0x0000_0000_0000_808B, 0x0000_0000_8000_0001, 0x8000_0000_8000_8081, 0x8000_0000_0000_8009,
    0x0000_0000_0000_008A, 0x0000_0000_0000_0088, 0x0000_0000_8000_8009, 0x0000_0000_8000_000A,
    0x0000_0000_8000_808B, 0x8000_0000_0000_008B, 0x8000_0000_0000_8089, 0x8000_0000_0000_8003,
    0x8000_0000_0000_8002, 0x8000_0000_0000_0080, 0x0000_0000_0000_800A, 0x8000_0000_8000_000A,
    0x8000_0000_8000_8081, 0x8000_0000_0000_8080, 0x0000_0000_8000_0001, 0x8000_0000_8000_8008,
  ]
  /// The path of the combined rho and pi steps: lane after lane, and how far each is rotated.
  private static let lanes: InlineArray<24, Int> = [
    10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1,
  ]
  private static let rotations: InlineArray<24, UInt64> = [
    1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44,
  ]

  public static func hash(_ message: [UInt8]) -> Word256 {
    var state = InlineArray<25, UInt64>(repeating: 0)
    let bytes = message.span
    var start = 0
    while bytes.count - start >= rate {
      for lane in 0..<(rate / 8) { state[lane] ^= word(bytes, at: start + lane * 8) }
      permute(&state)
      start += rate
    }
    let rest = bytes.count - start
    for index in 0..<rest { state[index >> 3] ^= UInt64(bytes[start + index]) << UInt64(8 * (index & 7)) }
    state[rest >> 3] ^= 0x01 << UInt64(8 * (rest & 7))
    state[(rate - 1) >> 3] ^= 0x80 << 56
    permute(&state)
    let digest = unsafe [UInt8](unsafeUninitializedCapacity: 32) { out, count in
      for index in 0..<32 {
        unsafe out[index] = UInt8(truncatingIfNeeded: state[index >> 3] >> UInt64(8 * (index & 7)))
      }
      count = 32
    }
    return Word256(digest: digest)
  }

  /// Eight bytes, the lowest first.
  private static func word(_ bytes: Span<UInt8>, at start: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in 0..<8 { value |= UInt64(bytes[start + index]) << UInt64(8 * index) }
    return value
  }

  private static func permute(_ a: inout InlineArray<25, UInt64>) {
    var c: InlineArray<5, UInt64> = .init(repeating: 0)
    for round in 0..<24 {
      for x in 0..<5 { c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] }
      for x in 0..<5 {
        let next = c[(x + 1) % 5]
        let d = c[(x + 4) % 5] ^ (next << 1 | next >> 63)
        for y in stride(from: x, to: 25, by: 5) { a[y] ^= d }
      }
      var last = a[1]
      for step in 0..<24 {
        let lane = lanes[step]
        let kept = a[lane]
        a[lane] = last << rotations[step] | last >> (64 - rotations[step])
        last = kept
      }
      for row in stride(from: 0, to: 25, by: 5) {
        for x in 0..<5 { c[x] = a[row + x] }
        for x in 0..<5 { a[row + x] = c[x] ^ (~c[(x + 1) % 5] & c[(x + 2) % 5]) }
      }
      a[0] ^= roundConstants[round]
    }
  }
}
