import Shared

/// The settings that a sweep tries: every combination of the values of each key. Combinations are numbered from 0, the last key turning
/// fastest, so that a number means the same combination wherever and whenever it is run.
public struct SweepGrid: Hashable, Sendable {
  public struct Axis: Hashable, Sendable {
    /// A parameter of the strategy.
    public let key: String
    public let values: [JSON]
  }

  public struct Problem: Error, Hashable, CustomStringConvertible {
    public let description: String
  }

  public static let mostRuns = 1_000_000

  /// In the order of the document.
  public let axes: [Axis]

  /// Reads `{"lookback_s": [10, 20], "take_profit_points": ["0.05", "0.08"]}`.
  public init(_ json: JSON) throws(Problem) {
    guard let members = json.members, !members.isEmpty else {
      throw Problem(description: "an object is wanted, each key with its list of values")
    }
    var axes: [Axis] = []
    var count = 1
    for member in members {
      guard let values = member.value.array, !values.isEmpty,
        values.allSatisfy({ $0.string != nil || $0.decimalText != nil || $0.bool != nil })
      else { throw Problem(description: "\(member.key): a list of numbers, words or flags is wanted") }
      guard Set(values.map(SweepGrid.text)).count == values.count else {
        throw Problem(description: "\(member.key): a value stands twice")
      }
      axes.append(Axis(key: member.key, values: values))
      let (product, isTooMuch) = count.multipliedReportingOverflow(by: values.count)
      guard !isTooMuch, product <= SweepGrid.mostRuns else {
        throw Problem(description: "more than \(SweepGrid.mostRuns) combinations")
      }
      count = product
    }
    self.axes = axes
  }

  public var count: Int { axes.reduce(1) { $0 * $1.values.count } }

  /// The values of a combination, one for each axis.
  /// - Precondition: `0 <= number < count`.
  public func values(_ number: Int) -> [JSON] {
    precondition((0..<count).contains(number), "a combination has a number below the count")
    var rest = number
    var values: [JSON] = []
    for axis in axes.reversed() {
      values.append(axis.values[rest % axis.values.count])
      rest /= axis.values.count
    }
    return values.reversed()
  }

  /// The strategy's parameters with a combination's values in them.
  public func parameters(_ number: Int, over base: JSON) -> JSON {
    zip(axes, values(number)).reduce(base) { $0.with($1.0.key, $1.1) }
  }

  /// As it stands in a table.
  public static func text(_ value: JSON) -> String { value.decimalText ?? value.bool.map { "\($0)" } ?? value.text }

  public var json: JSON { .object(axes.map { JSON.Member($0.key, .array($0.values)) }) }
}

/// One part of a sweep that is spread over machines: every `count`th combination, beginning with the `index`th.
public struct SweepShard: Hashable, Sendable {
  /// From 1.
  public let index: Int
  public let count: Int

  public static let whole = SweepShard(index: 1, count: 1)

  private init(index: Int, count: Int) {
    self.index = index
    self.count = count
  }

  /// Reads `2/8`.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let index = parts[0], let count = parts[1], (1...100_000).contains(count),
      (1...count).contains(index)
    else { return nil }
    self.init(index: index, count: count)
  }

  public func holds(_ number: Int) -> Bool { number % count == index - 1 }
}
