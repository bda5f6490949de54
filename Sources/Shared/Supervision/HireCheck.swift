/// Whether an agent that somebody wants to hire could work on this floor: what its own process would refuse at its birth is refused before a
/// name is spent on it.
public struct HireCheck: Hashable, Sendable {
  public let followed: FollowedMarkets
  /// Nothing here is real money.
  public let isPaper: Bool

  public init(followed: FollowedMarkets, isPaper: Bool) {
    self.followed = followed
    self.isPaper = isPaper
  }

  /// - Parameter row: what becomes the column `parameters` of the agent: `series`, `events`, `size_usd`, and the strategy's own `parameters`.
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
    func words(_ key: String) -> [String] { (row[key]?.array ?? []).map { $0.string ?? $0.text } }
    problems += followed.problems(series: words("series"), events: words("events")).map {
      "\($0.key) \($0.what): \($0.remedy)"
    }
    let written = row["size_usd"]
    let size = written == nil ? USD(dollars: 1) : written?.usd
    if size.map({ $0 < USD(dollars: 1) || $0 > USD(dollars: 1_000_000) }) ?? true {
      problems.append("size_usd takes dollars from 1 to 1000000")
    }
    let methods = PositionSizing.methods(
      statesChance: kind.parameters.contains { $0.key.path == PositionSizing.chanceKey })
    let sizing = PositionSizing(row["sizing"])
    if row["sizing"] != nil, sizing.map({ !methods.contains($0.method) }) ?? true {
      problems.append(
        "sizing of \(strategy) takes the method \(methods.map(\.rawValue).joined(separator: " or "))"
          + (methods.contains(.percent) ? ", with percent a pct from 0.01 to 100" : ""))
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
