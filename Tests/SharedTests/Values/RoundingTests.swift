import Shared
import Testing

@Suite("Named rounding")
struct RoundingTests {
  /// numerator, denominator → toward zero, away from zero, down, up, nearest, nearest even
  static let table: [(Int128, Int128, [Int128])] = [
    (7, 2, [3, 4, 3, 4, 4, 4]), (5, 2, [2, 3, 2, 3, 3, 2]), (-5, 2, [-2, -3, -3, -2, -3, -2]),
    (-7, 2, [-3, -4, -4, -3, -4, -4]), (6, 2, [3, 3, 3, 3, 3, 3]), (1, 3, [0, 1, 0, 1, 0, 0]),
    (-1, 3, [0, -1, -1, 0, 0, 0]), (2, 3, [0, 1, 0, 1, 1, 1]), (0, 9, [0, 0, 0, 0, 0, 0]),
    (-1, 2, [0, -1, -1, 0, -1, 0]),
  ]

  @Test("Each direction does what its name says", arguments: table)
  func followsTheTable(numerator: Int128, denominator: Int128, expected: [Int128]) {
    let all: [Rounding] = [.towardZero, .awayFromZero, .down, .up, .nearest, .nearestEven]
    #expect(all.map { divide(numerator, by: denominator, rounding: $0) } == expected)
  }

  @Test("Every direction lands within one unit and brackets the quotient", arguments: [11, 12] as [UInt64])
  func brackets(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<5_000 {
      let n = Int128(Int64(bitPattern: generator.next()))
      let d = Int128(Int64.random(in: 1...Int64.max, using: &generator))
      let down = divide(n, by: d, rounding: .down)
      let up = divide(n, by: d, rounding: .up)
      #expect(down * d <= n && n <= up * d && up - down <= 1)
      for rounding in Rounding.allCases {
        let q = divide(n, by: d, rounding: rounding)
        #expect(q == down || q == up)
      }
      let nearest = divide(n, by: d, rounding: .nearest)
      #expect((nearest * d - n).magnitude * 2 <= d.magnitude)
    }
  }
}
