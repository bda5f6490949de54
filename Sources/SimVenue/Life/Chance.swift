import Glibc
import Shared

/// Numbers drawn for a place and a purpose: the same seed, step and lane always give the same draws, so that a path can be taken up
/// again anywhere.
struct Chance {
  private var generator: SeededGenerator

  init(seed: UInt64, step: Int64, lane: UInt64) {
    var mixer = SeededGenerator(seed: seed ^ lane &* 0xD134_2543_DE82_EF95)
    generator = SeededGenerator(seed: mixer.next() ^ UInt64(bitPattern: step) &* 0x9E37_79B9_7F4A_7C15)
    _ = generator.next()
  }

  mutating func uniform() -> Double { generator.uniform() }
  mutating func happens(_ probability: Double) -> Bool { generator.uniform() < probability }
  mutating func whole(_ below: Int) -> Int { Int(generator.uniform() * Double(below)) }

  /// Standard normal (Box and Muller).
  mutating func normal() -> Double {
    sqrt(-2 * log(1 - generator.uniform())) * cos(2 * .pi * generator.uniform())
  }

  /// Exponential with mean 1.
  mutating func exponential() -> Double { -log(1 - generator.uniform()) }
}

/// The normal distribution's mass below `x`.
func normalBelow(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }
