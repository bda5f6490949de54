import Shared

/// Why signals were not acted on: by the agent itself, the risk gate, the record and the venue.
enum ReasonTables {
  /// Reasons of one agent with a bar of their own.
  static let mostReasons = 12

  static func section(_ report: BacktestReport) -> HTML {
    var parts: [HTML] = report.agents.filter { !$0.tally.refusals.isEmpty }.map { agent in
      table(agent.name.text, agent.tally.refusals.map { ($0.key, $0.value) })
    }
    if !report.denied.isEmpty {
      parts.append(table("The risk gate", report.denied.map { ($0.key.rawValue, Int64($0.value)) }))
    }
    if !report.refused.isEmpty {
      parts.append(table("The record and the venue", report.refused.map { ($0.key, Int64($0.value)) }))
    }
    if parts.isEmpty { parts.append("<p>Nothing was refused.</p>") }
    return """
      <h2>Reasons for refusals</h2>
      <p class="faint">An agent counts every message on which it would not act; the others count orders.</p>
      \(parts)
      """
  }

  private static func table(_ who: String, _ counts: [(reason: String, count: Int64)]) -> HTML {
    let sorted = counts.sorted { ($1.count, $0.reason) < ($0.count, $1.reason) }
    var bars = sorted.prefix(mostReasons).map { bar($0.reason, $0.count) }
    let rest = sorted.dropFirst(mostReasons)
    if !rest.isEmpty { bars.append(bar("\(rest.count) more reasons", rest.map(\.count).reduce(0, +))) }
    return "<h3>\(who)</h3>\n\(PageParts.bars(["reason"], value: "times", bars))"
  }

  private static func bar(_ reason: String, _ count: Int64) -> PageParts.Bar {
    PageParts.Bar(cells: [reason], value: Double(count), shown: "\(count)", sign: "")
  }
}
