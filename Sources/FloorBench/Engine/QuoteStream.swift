/// One row of the quotes: best prices in thousandths of a dollar, sizes in hundredths of a share.
struct BenchQuote: Hashable, Sendable {
  var nanoseconds: Int64
  var token: Int32
  var bid: Int32
  var bidSize: Int32
  var ask: Int32
  var askSize: Int32
}

/// Made-up best prices that other engines read too: SplitMix64 as a counter, the row number in, four words out, so that everybody who is
/// given events, tokens and seed makes the same file, byte for byte.
struct QuoteStream {
  static let start: Int64 = 1_767_225_600_000_000_000
  static let seed: UInt64 = 20_260_101

  private static func word(_ row: Int, _ column: Int, _ seed: UInt64) -> UInt64 {
    var z = seed &+ UInt64(4 * row + column + 1) &* 0x9E37_79B9_7F4A_7C15
    z ^= z >> 30
    z &*= 0xBF58_476D_1CE4_E5B9
    z ^= z >> 27
    z &*= 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  /// Half of the moves are none, most others a tick, one in sixty a jump.
  private static func move(_ word: UInt64) -> Int32 {
    let jump = Int32(5 + (word >> 32) % 26)
    return switch word % 1000 {
    case ..<500: 0
    case ..<742: 1
    case ..<984: -1
    case ..<992: jump
    default: -jump
    }
  }

  static func make(events: Int, tokens: Int, seed: UInt64 = QuoteStream.seed) -> [BenchQuote] {
    var mids = (0..<tokens).map { Int32(300 + $0 * 37 % 400) }
    var time = start
    return (0..<events).map { row in
      let words = (0..<4).map { word(row, $0, seed) }
      let token = Int(words[0] >> 32) % tokens
      time += Int64(200_000 + (words[0] & 0xFFFF_FFFF) % 1_600_001)
      mids[token] = min(980, max(20, mids[token] + move(words[1])))
      return BenchQuote(
        nanoseconds: time, token: Int32(token), bid: mids[token] - Int32(1 + words[2] % 3),
        bidSize: Int32(10_000 + (words[2] >> 16) % 190_001), ask: mids[token] + Int32(1 + (words[2] >> 8) % 3),
        askSize: Int32(10_000 + words[3] % 190_001))
    }
  }

  // MARK: As a file

  static let header = "ts_ns,token,bid,bid_size,ask,ask_size\n"

  static func csv(_ quotes: [BenchQuote]) -> [UInt8] {
    var out = Array(header.utf8)
    out.reserveCapacity(quotes.count * 52)
    func digits(_ value: Int32, _ count: Int) {
      var divisor: Int32 = 1
      for _ in 1..<count { divisor *= 10 }
      while divisor > 0 {
        out.append(UInt8(48 + value / divisor % 10))
        divisor /= 10
      }
    }
    func size(_ value: Int32) {
      out.append(contentsOf: String(value / 100).utf8)
      out.append(UInt8(ascii: "."))
      digits(value % 100, 2)
    }
    for quote in quotes {
      out.append(contentsOf: String(quote.nanoseconds).utf8)
      out.append(contentsOf: ",T".utf8)
      digits(quote.token, 2)
      out.append(contentsOf: ",0.".utf8)
      digits(quote.bid, 3)
      out.append(UInt8(ascii: ","))
      size(quote.bidSize)
      out.append(contentsOf: ",0.".utf8)
      digits(quote.ask, 3)
      out.append(UInt8(ascii: ","))
      size(quote.askSize)
      out.append(0x0A)
    }
    return out
  }

  /// Reads such a file.
  static func read(_ bytes: [UInt8]) throws -> [BenchQuote] {
    var quotes: [BenchQuote] = []
    quotes.reserveCapacity(bytes.count / 48)
    let span = bytes.span
    var at = header.utf8.count
    guard bytes.starts(with: header.utf8) else { throw BenchFailure("the first line is not \(header)") }
    /// A number without its point, and the byte that ends it.
    func number(_ end: UInt8) throws -> Int64 {
      var value: Int64 = 0
      while at < span.count, span[at] != end {
        let digit = span[at] &- 48
        if digit < 10 {
          value = value &* 10 &+ Int64(digit)
        } else if span[at] != UInt8(ascii: "."), span[at] != UInt8(ascii: "T") {
          throw BenchFailure("byte \(at): no digit")
        }
        at += 1
      }
      guard at < span.count else { throw BenchFailure("the last line has no end") }
      at += 1
      return value
    }
    let comma = UInt8(ascii: ",")
    while at < span.count {
      let time = try number(comma)
      let token = try number(comma)
      let bid = try number(comma)
      let bidSize = try number(comma)
      let ask = try number(comma)
      quotes.append(
        BenchQuote(
          nanoseconds: time, token: Int32(clamping: token), bid: Int32(clamping: bid),
          bidSize: Int32(clamping: bidSize),
          ask: Int32(clamping: ask), askSize: Int32(clamping: try number(0x0A))))
    }
    return quotes
  }
}
