import Shared
import Testing

@Suite("Decimal text and integers at 10⁻⁶")
struct Decimal6Tests {
  @Test(
    "Legal texts are read exactly",
    arguments: [
      ("0", 0), ("1", 1_000_000), ("0.52", 520_000), ("-0.000001", -1), ("+3.5", 3_500_000), (".5", 500_000),
      ("5.", 5_000_000), ("0.5200000000", 520_000), ("9223372036854.775807", Int64.max),
      ("-9223372036854.775808", Int64.min), ("007.10", 7_100_000),
    ] as [(String, Int64)])
  func readsLegalTexts(text: String, micros: Int64) throws {
    #expect(try Decimal6.parse(text) == micros)
  }

  @Test(
    "Everything else is refused with its reason",
    arguments: [
      ("", .malformed), ("-", .malformed), (".", .malformed), ("1e3", .malformed), ("0x10", .malformed),
      (" 1", .malformed), ("1 ", .malformed), ("1,5", .malformed), ("1.2.3", .malformed), ("NaN", .malformed),
      ("--1", .malformed), ("٣", .malformed), ("0.0000001", .tooPrecise), ("1.1234567", .tooPrecise),
      ("9223372036854.775808", .outOfRange), ("-9223372036854.775809", .outOfRange),
      ("99999999999999999999999999", .outOfRange),
    ] as [(String, DecimalError)])
  func refusesIllegalTexts(text: String, reason: DecimalError) {
    #expect(throws: reason) { try Decimal6.parse(text) }
  }

  @Test(
    "Printing is the shortest exact text",
    arguments: [
      (0, "0"), (1_000_000, "1"), (520_000, "0.52"), (-1, "-0.000001"), (1_200_000_000, "1200"),
      (Int64.max, "9223372036854.775807"), (Int64.min, "-9223372036854.775808"), (100, "0.0001"),
    ] as [(Int64, String)])
  func printsShortestText(micros: Int64, text: String) {
    #expect(Decimal6.text(micros) == text)
  }

  @Test("Minimum decimals pad with zeros and never cut")
  func padsToMinimumDecimals() {
    #expect(Decimal6.text(520_000, minimumDecimals: 3) == "0.520")
    #expect(Decimal6.text(1_000_000, minimumDecimals: 2) == "1.00")
    #expect(Decimal6.text(1, minimumDecimals: 2) == "0.000001")
  }

  @Test("What is printed is read back, for ten thousand values of every size", arguments: [1, 2, 3] as [UInt64])
  func roundTrips(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<10_000 {
      let micros = Int64(bitPattern: generator.next()) >> Int64.random(in: 0..<63, using: &generator)
      let decimals = Int.random(in: 0...6, using: &generator)
      #expect(try Decimal6.parse(Decimal6.text(micros)) == micros)
      #expect(try Decimal6.parse(Decimal6.text(micros, minimumDecimals: decimals)) == micros)
    }
  }
}
