import Shared
import Testing

/// Against values computed to forty digits.
@Suite("Functions of statistics")
struct MathematicsTests {
  private func near(_ value: Double, _ wanted: Double, _ tolerance: Double = 4e-16) -> Bool {
    abs(value - wanted) <= tolerance * max(abs(wanted), .leastNormalMagnitude)
  }

  @Test(
    "The exponential",
    arguments: [
      (0.3, 1.349858807576003103983744313328007), (1, 2.718281828459045235360287471352662),
      (-1, 0.3678794411714423215955237701614609), (10, 22026.46579480671651695790064528424),
      (-20, 2.061153622438557827965940380155821e-9),
    ])
  func exponential(x: Double, wanted: Double) { #expect(near(Elementary.exp(x), wanted)) }

  @Test("The exponential's ends: nothing, infinity, and numbers too small to be normal")
  func ends() {
    #expect(Elementary.exp(0) == 1 && Elementary.exp(-800) == 0 && Elementary.exp(800) == .infinity)
    #expect(Elementary.exp(.nan).isNaN && Elementary.log(-1).isNaN && Elementary.log(.nan).isNaN)
    let tiny = Elementary.exp(-740)
    #expect(tiny > 0 && tiny < .leastNormalMagnitude)
    #expect(Elementary.exp(709.7).isFinite)
    #expect(Elementary.log(0) == -.infinity && Elementary.log(.infinity) == .infinity && Elementary.log(1) == 0)
    #expect(near(Elementary.log(.leastNonzeroMagnitude), -744.4400719213812621))
  }

  @Test(
    "The logarithm",
    arguments: [
      (2, 0.6931471805599453094172321214581766), (10, 2.302585092994045684017991454684364),
      (0.5, -0.6931471805599453094172321214581766), (1.0000001, 9.999999505838704e-8),
      (70_000, 11.15625052103149604117731856218064),
    ])
  func logarithm(x: Double, wanted: Double) { #expect(near(Elementary.log(x), wanted)) }

  @Test(
    "The inverse tangent",
    arguments: [
      (0.001, 0.0009999996666668666665238096349205441), (0.5, 0.4636476090008061162142562314612144),
      (1, 0.7853981633974483096156608458198757), (2, 1.107148717794090503017065460178537),
      (-100, -1.560796660108231381024981575430472), (Double.infinity, Double.pi / 2),
    ])
  func arcTangent(x: Double, wanted: Double) { #expect(near(Elementary.atan(x), wanted)) }

  @Test("Exponential and logarithm undo each other, and the logarithm of a product is a sum", arguments: UInt64(1)...4)
  func inverses(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<500 {
      let x = (random.uniform() - 0.5) * 1400
      #expect(abs(Elementary.log(Elementary.exp(x)) - x) < 1e-12 * max(1, abs(x)) || abs(x) > 708)
      let a = random.uniform() * 1000 + 1e-9
      let b = random.uniform() * 1e-3 + 1e-9
      #expect(abs(Elementary.log(a * b) - Elementary.log(a) - Elementary.log(b)) < 1e-14)
    }
  }

  @Test(
    "The normal distribution, far into its tail",
    arguments: [
      (0.0, 0.5), (0.1, 0.5398278372770289814654046182391821), (1, 0.8413447460685429485852325456320379),
      (1.96, 0.9750021048517795658634157309591628), (2.5, 0.9937903346742238648330218954258078),
      (-1.5, 0.06680720126885806600449404097988608), (-3, 0.001349898031630094526651814767594977),
      (-6, 9.865876450376981407008641323980420e-10), (-10, 7.619853024160526065973343251599308e-24),
    ])
  func normal(x: Double, wanted: Double) {
    #expect(near(NormalDistribution.cdf(x), wanted, 1e-12))
    #expect(abs(NormalDistribution.cdf(-x) + NormalDistribution.cdf(x) - 1) < 1e-15)
  }

  @Test("The normal distribution never turns back, also where its two formulas meet, and ends at nothing and one")
  func monotonous() {
    var last = 0.0
    for step in -4000...4000 {
      let value = NormalDistribution.cdf(Double(step) / 100)
      #expect(value >= last)
      last = value
    }
    #expect(NormalDistribution.cdf(-40) == 0 && NormalDistribution.cdf(40) == 1)
  }

  @Test(
    "Student's distribution at its quantiles (Abramowitz and Stegun, table 26.10, to more digits)",
    arguments: [
      (1, 1.0, 0.75), (1, 6.313751514675043, 0.95), (2, 4.302652729749464, 0.975), (3, 2.3533634348018233, 0.95),
      (3, 5.840909309733355, 0.995), (3, -3.182446305284263, 0.025), (4, 2.131846786326649, 0.95),
      (4, 2.776445105197793, 0.975), (5, 2.015048373333024, 0.95), (10, 2.228138851986275, 0.975),
      (30, 2.0422724563012373, 0.975),
    ])
  func student(degrees: Int, x: Double, wanted: Double) {
    #expect(abs(StudentDistribution.cdf(x, degrees: degrees) - wanted) < 2e-12)
    #expect(
      abs(StudentDistribution.cdf(x, degrees: degrees) + StudentDistribution.cdf(-x, degrees: degrees) - 1) < 1e-15)
  }

  @Test("With many degrees of freedom Student's is the normal distribution, with three the closed form of the model")
  func limits() {
    #expect(abs(StudentDistribution.cdf(1.96, degrees: 100_000) - NormalDistribution.cdf(1.96)) < 1e-5)
    for x in [-7.0, -1, 0, 0.4, 3] {
      let u = x / 3.0.squareRoot()
      let wanted = 0.5 + (u / (1 + u * u) + Elementary.atan(u)) / Double.pi
      #expect(abs(StudentDistribution.cdf(x, degrees: 3) - wanted) < 1e-15)
    }
    #expect(StudentDistribution.cdf(.infinity, degrees: 3) == 1 && StudentDistribution.cdf(-.infinity, degrees: 4) == 0)
  }

  @Test("Odds and probabilities are each other's inverse")
  func odds() {
    for p in [0.005, 0.3, 0.5, 0.97, 0.995] { #expect(abs(Odds.probability(Odds.logit(p)) - p) < 1e-15) }
    #expect(Odds.logit(0.5) == 0 && Odds.logit(1) == .infinity && Odds.probability(-.infinity) == 0)
  }

  @Test(
    "The normal quantile",
    arguments: [
      (0.5, 0), (0.975, 1.959963984540054235524594430521), (0.95, 1.644853626951472714863848907992),
      (0.001, -3.090232306167813541540399830107), (1e-12, -7.034483825301131809),
    ])
  func quantile(p: Double, wanted: Double) {
    #expect(abs(NormalDistribution.quantile(p) - wanted) <= 1e-12 * max(1, abs(wanted)))
  }

  @Test("The normal quantile's ends")
  func quantileEnds() {
    #expect(NormalDistribution.quantile(0) == -.infinity && NormalDistribution.quantile(1) == .infinity)
    #expect(NormalDistribution.quantile(-0.1).isNaN && NormalDistribution.quantile(1.1).isNaN)
  }
}
