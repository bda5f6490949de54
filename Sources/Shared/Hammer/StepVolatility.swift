/// Volatility of a smoothed price: an exponentially weighted mean of squared changes over five seconds, relative, per square root of a
/// second (hammer-model 2). Fed tick by tick, constant work a second.
///
///     yᵢ = (ln sᵢ − ln sᵢ₋₅)² / 5      num = L num + yᵢ    den = L den + 1      σ = max(√(num/den), floor)
///
/// on whole seconds, missing ones on the straight line. A second whose stretch of five meets the inside of a gap of more than `gapMax`
/// seconds has no y: it only lets the past decay.
public struct StepVolatility: Hashable, Sendable {
  public struct Settings: Hashable, Sendable {
    /// Seconds over which a change is taken.
    public var step: Int
    /// Seconds after which an observation counts half.
    public var halfLife: Double
    /// Longest gap that a straight line may cross, seconds.
    public var gapMax: Int64
    /// Changes before the figure is trusted.
    public var countMin: Int64
    /// Least σ.
    public var floor: Double

    public static let standard = Settings(step: 5, halfLife: 300, gapMax: 3, countMin: 120, floor: 3e-6)

    public init(step: Int, halfLife: Double, gapMax: Int64, countMin: Int64, floor: Double) {
      precondition(step >= 1 && halfLife > 0 && gapMax >= 1, "a step, a half-life and a gap have a length")
      self.step = step
      self.halfLife = halfLife
      self.gapMax = gapMax
      self.countMin = countMin
      self.floor = floor
    }
  }

  public let settings: Settings
  private let decay: Double
  private var numerator = 0.0
  private var denominator = 0.0
  /// Changes that counted.
  public private(set) var count: Int64 = 0
  private var newest: (second: Int64, value: Double)?
  /// Logarithms of the last `step + 1` seconds, by second; of them `run` are of one piece.
  private var logs: [Double]
  private var run = 0

  public init(_ settings: Settings = .standard) {
    self.settings = settings
    decay = Elementary.exp(-Elementary.log(2) / settings.halfLife)
    logs = Array(repeating: 0, count: settings.step + 1)
  }

  /// Takes the tick of a second later than all before it (others are ignored), a value > 0.
  public mutating func put(_ value: Double, at second: Int64) {
    guard value > 0 else { return }
    guard let (last, low) = newest else {
      newest = (second, value)
      push(value)
      return
    }
    guard second > last else { return }
    newest = (second, value)
    let gap = second - last
    if gap > settings.gapMax {
      let faded = Elementary.exp(-Elementary.log(2) / settings.halfLife * Double(gap))
      numerator *= faded
      denominator *= faded
      run = 0
      push(value)
      return
    }
    for step in 1...gap {
      push(step == gap ? value : low + (value - low) * Double(step) / Double(gap))
      numerator *= decay
      denominator *= decay
      guard run > settings.step else { continue }
      let change = logs[settings.step] - logs[0]
      numerator += change * change / Double(settings.step)
      denominator += 1
      count += 1
    }
  }

  private mutating func push(_ value: Double) {
    for index in 1..<logs.count { logs[index - 1] = logs[index] }
    logs[settings.step] = Elementary.log(value)
    run = min(run + 1, logs.count)
  }

  /// σ, relative per √s; `nil` until enough changes counted.
  public var sigma: Double? {
    guard count >= max(1, settings.countMin) else { return nil }
    return max((numerator / denominator).squareRoot(), settings.floor)
  }

  public static func == (a: StepVolatility, b: StepVolatility) -> Bool { a.checkpoint == b.checkpoint }
  public func hash(into hasher: inout Hasher) { hasher.combine(checkpoint) }
}

extension StepVolatility {
  /// All of it: `[numerator, denominator, count, run]`, and after the first tick its second, its value and the logarithms.
  var checkpoint: JSON {
    var items: [JSON] = [.bits(numerator), .bits(denominator), .int(count), .int(run)]
    if let newest { items += [.int(newest.second), .bits(newest.value)] + logs.map { .bits($0) } }
    return .array(items)
  }

  /// `nil` for what no equal one wrote.
  init?(checkpoint: JSON, _ settings: Settings) {
    self.init(settings)
    guard let items = checkpoint.array, items.count == 4 || items.count == 6 + logs.count,
      let numerator = items[0].doubleBits, let denominator = items[1].doubleBits, let count = items[2].int,
      let run = items[3].int, numerator >= 0, denominator >= 0, count >= 0, (0...Int64(logs.count)).contains(run)
    else { return nil }
    self.numerator = numerator
    self.denominator = denominator
    self.count = count
    self.run = Int(run)
    guard items.count > 4 else { return }
    let logs = items[6...].compactMap(\.doubleBits)
    guard let second = items[4].int, let value = items[5].doubleBits, value > 0, logs.count == self.logs.count else {
      return nil
    }
    newest = (second, value)
    self.logs = logs
  }
}
