/// A reference price on whole seconds over the last minutes: what each second's tick said, and a straight line over seconds without one.
/// Constant work a tick, fixed memory. A statistic: what settles a window is decided by exact values (`UpDownSettlement`).
public struct SecondGrid: Hashable, Sendable {
  /// Seconds kept: more than the longest look-back, its lag and the gaps in it.
  public static let span: Int64 = 256

  /// Second of the tick in each place, so that a place of long ago is told from one of now.
  private var stamps: [Int64] = Array(repeating: .min, count: Int(SecondGrid.span))
  private var values: [Double] = Array(repeating: 0, count: Int(SecondGrid.span))
  /// The newest second with a tick.
  public private(set) var newest: Int64?

  public init() {}

  private static func place(_ second: Int64) -> Int { Int(second & (span - 1)) }

  /// Takes a tick. `false`, and nothing changed, unless it is newer than all before it: a source's first word on a second stands.
  @discardableResult
  public mutating func put(_ value: Double, at second: Int64) -> Bool {
    if let newest, second <= newest { return false }
    newest = second
    stamps[SecondGrid.place(second)] = second
    values[SecondGrid.place(second)] = value
    return true
  }

  /// The tick of exactly this second.
  public func tick(_ second: Int64) -> Double? {
    let place = SecondGrid.place(second)
    return stamps[place] == second ? values[place] : nil
  }

  /// The newest value.
  public var last: Double? { newest.flatMap { tick($0) } }

  /// The last second at or before this one that has a tick, as far back as the grid reaches.
  public func held(atOrBefore second: Int64) -> Int64? {
    guard let newest else { return nil }
    var at = min(second, newest)
    while at > newest - SecondGrid.span {
      if tick(at) != nil { return at }
      at -= 1
    }
    return nil
  }

  /// The first second at or after this one that has a tick.
  public func held(atOrAfter second: Int64) -> Int64? {
    guard let newest else { return nil }
    var at = max(second, newest - SecondGrid.span + 1)
    while at <= newest {
      if tick(at) != nil { return at }
      at += 1
    }
    return nil
  }

  /// The value at a second, between two ticks on the straight line; `nil` before the first and after the last one.
  public func value(at second: Int64) -> Double? {
    if let tick = tick(second) { return tick }
    guard let from = held(atOrBefore: second), let to = held(atOrAfter: second), let low = tick(from),
      let high = tick(to)
    else { return nil }
    return low + (high - low) * Double(second - from) / Double(to - from)
  }

  /// The newest ticks, oldest first; `nil` when there are fewer.
  public func newestTicks(_ count: Int) -> [Double]? {
    guard let newest, count > 0 else { return nil }
    var found: [Double] = []
    found.reserveCapacity(count)
    var at = newest
    while found.count < count, at > newest - SecondGrid.span {
      if let tick = tick(at) { found.append(tick) }
      at -= 1
    }
    return found.count == count ? found.reversed() : nil
  }

  /// Relative change over the last `seconds`; `nil` while the grid does not reach back so far.
  public func change(over seconds: Int64) -> Double? {
    guard let newest, let last, let before = value(at: newest - seconds) else { return nil }
    return last / before - 1
  }
}

extension SecondGrid {
  /// `{"newest":…,"ticks":[Δsecond,bits,…]}`: newest first, each value by its bits (`JSON.bits`).
  var checkpoint: JSON {
    var numbers: [JSON] = []
    guard let newest else { return ["newest": nil, "ticks": []] }
    for back in 0..<SecondGrid.span {
      guard let tick = tick(newest - back) else { continue }
      numbers.append(.int(back))
      numbers.append(.bits(tick))
    }
    return ["newest": .int(newest), "ticks": .array(numbers)]
  }

  /// `nil` for what is none.
  init?(checkpoint: JSON) {
    self.init()
    guard let numbers = checkpoint["ticks"]?.array, let stamp = checkpoint["newest"], numbers.count % 2 == 0 else {
      return nil
    }
    guard let newest = stamp.int else {
      if stamp.isNull, numbers.isEmpty { return }
      return nil
    }
    for index in stride(from: numbers.count - 2, through: 0, by: -2) {
      guard let back = numbers[index].int, let tick = numbers[index + 1].doubleBits,
        (0..<SecondGrid.span).contains(back), put(tick, at: newest - back)
      else { return nil }
    }
    guard self.newest == newest else { return nil }
  }
}
