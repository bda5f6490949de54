/// Text looked at eight bytes at a time. Every load is within the array; bounds are checked as for single bytes.
enum Words {
  static let highBits: UInt64 = 0x8080_8080_8080_8080
  private static let ones: UInt64 = 0x0101_0101_0101_0101

  /// Eight bytes from `offset` on, the first lowest. They must be there.
  @inline(__always) static func load(_ bytes: [UInt8], _ offset: Int) -> UInt64 {
    let span = unsafe bytes.span.bytes
    return unsafe UInt64(littleEndian: span.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// The bytes from `start` up to `end`, eight at most, the first lowest, and zeros behind them.
  @inline(__always) static func load(_ bytes: [UInt8], _ start: Int, _ end: Int) -> UInt64 {
    guard start < end else { return 0 }
    if start + 8 <= bytes.count { return load(bytes, start) & (~0 >> UInt64(64 - 8 * (end - start))) }
    var word: UInt64 = 0
    for offset in start..<end { word |= UInt64(bytes[offset]) << UInt64(8 * (offset - start)) }
    return word
  }

  /// The first sixteen of `count` bytes, the first of all lowest, and zeros behind them.
  @inline(__always) static func head(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> (low: UInt64, high: UInt64) {
    let raw = unsafe UnsafeRawPointer(bytes)
    func load(_ offset: Int) -> UInt64 {
      unsafe UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    switch count {
    case 16...: return (load(0), load(8))
    // The second load begins in the first one's bytes, which are shifted out.
    case 9...15: return (load(0), load(count - 8) >> UInt64(8 * (16 - count)))
    case 8: return (load(0), 0)
    default:
      var word: UInt64 = 0
      for offset in 0..<count { word |= unsafe UInt64(bytes[offset]) << UInt64(8 * offset) }
      return (word, 0)
    }
  }

  /// Which of eight bytes is the first quote, backslash or control character of ASCII; 8 when none is.
  @inline(__always) static func firstSpecial(_ word: UInt64) -> Int {
    // A byte's high bit shows that it was below the one subtracted. A borrow can only mislead above the first such byte.
    let quotes = word ^ (ones &* 0x22)
    let escapes = word ^ (ones &* 0x5C)
    let found =
      ((quotes &- ones) & ~quotes | (escapes &- ones) & ~escapes | (word &- ones &* 0x20) & ~word) & highBits
    return found.trailingZeroBitCount / 8
  }

  /// Are `count` bytes of both the same?
  @inline(__always) static func areEqual(_ a: [UInt8], _ aStart: Int, _ b: [UInt8], _ bStart: Int, _ count: Int) -> Bool
  {
    var offset = 0
    while offset + 8 <= count {
      if load(a, aStart + offset) != load(b, bStart + offset) { return false }
      offset += 8
    }
    while offset < count {
      if a[aStart + offset] != b[bStart + offset] { return false }
      offset += 1
    }
    return true
  }
}
