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

  /// A size drawn from its distribution, in hundredths of a share.
  mutating func shares(_ size: SyntheticProfile.Size, least: Double, most: Double = 100_000) -> Shares {
    Shares(micros: Int64(max(least, min(size.median * exp(size.deviation * normal()), most)) * 100) * 10_000)
  }

  /// How often something with this mean happens (Poisson, by inversion; means stay small here).
  mutating func count(_ mean: Double) -> Int {
    var left = generator.uniform()
    var weight = exp(-mean)
    var count = 0
    while left > weight, count < 200 {
      left -= weight
      count += 1
      weight *= mean / Double(count)
    }
    return count
  }
}

/// The normal distribution's mass below `x`.
func normalBelow(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }
