/// Whether an agent that somebody wants to hire could work on this floor: what its own process would refuse at its birth is refused before a
/// name is spent on it.
public struct HireCheck: Hashable, Sendable {
  /// The series that the feed follows (`market.series`).
  public let followed: [String]
  /// Nothing here is real money.
  public let isPaper: Bool

  public init(followed: [String], isPaper: Bool) {
    self.followed = followed
    self.isPaper = isPaper
  }

  /// - Parameter row: what becomes the column `parameters` of the agent: `series`, `size_usd`, and the strategy's own `parameters`.
  /// - Returns: everything that is wrong; `nil` when nothing is.
  public func problem(strategy: String, row: JSON) -> String? {
    guard let kind = StrategyRegistry.kind(strategy) else {
      return "name one of the strategies "
        + StrategyRegistry.kinds.map(\.name).joined(separator: ", ")
    }
    var problems: [String] = []
    if kind.playMoneyOnly, !isPaper {
      problems.append("\(strategy) trades play money only, and this floor does not")
    }
    let named = row["series"]?.array ?? []
    let series = named.compactMap(\.string)
    if series.isEmpty || series.count != named.count {
      problems.append("name at least one series out of \(followed.joined(separator: ", "))")
    }
    for stranger in series where !followed.contains(stranger) {
      let near = Spelling.nearest(to: stranger, of: followed).map { "did you mean \($0)?" }
      problems.append(
        "the feed does not follow \(stranger): "
          + (near ?? "add it to market.series, or take one of \(followed.joined(separator: ", "))"))
    }
    let written = row["size_usd"]
    let size = written == nil ? USD(dollars: 1) : written?.usd
    if size.map({ $0 < USD(dollars: 1) || $0 > USD(dollars: 1_000_000) }) ?? true {
      problems.append("size_usd takes dollars from 1 to 1000000")
    }
    do throws(StrategyParameters.Refusal) {
      _ = try StrategyRegistry.make(
        strategy, parameters: row["parameters"] ?? .object([]),
        size: max(size ?? USD(dollars: 1), USD(dollars: 1)))
    } catch {
      problems += error.problems
    }
    return problems.isEmpty ? nil : problems.joined(separator: "; ")
  }
}
