import FloorIOData
import Shared

/// `floor why AGENT`: which gate stopped what. The record alone is asked.
enum WhyCommand {
  static let command = FloorCommand(
    name: "why", summary: "why an agent trades or does not: what stopped each of its evaluations",
    usage: "AGENT [--since WHEN] [--markets] [--json]",
    details: """
      An evaluation is one thing that the agent's strategy said about an event, or a price about which it said nothing. Each ends somewhere:
      no signal, refused by the agent itself (its own guards), by the gateway's risk gate, by the record, by the venue, or an order.
      The counts are added up below; what does not agree is named.
        --since WHEN   \(SinceWord.help); default 24h.
                       Counts are kept every five minutes, so the time shown may begin up to five minutes earlier.
        --markets      the agent's own refusals by market as well
      Exit status 0: it adds up. 1: it does not, or there is no such agent.
      """, options: ["since"], flags: ["markets"], run: run)

  private static func run(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    let name = try line.oneWord("one agent's name")
    let since = try line.since(default: .seconds(86_400))
    let database = try instance.openDatabase()
    guard let agent = try database.query("SELECT id FROM agents WHERE name = $1", [.text(name)]).first else {
      throw FloorFailure(.refused, "there is no agent \(name); floor agents lists them")
    }
    let reading = WhyReading(database: database, agent: try agent.int("id"), since: since)
    let report = try reading.report(name)
    let markets = line.has("markets") || instance.isJSON ? try reading.refusalsByMarket(report.lives) : nil
    if instance.isJSON {
      print(json(report, since, markets).text)
    } else {
      show(report, since)
      if let markets { print("\n" + markets.table) }
    }
    return report.faults.isEmpty ? .done : .refused
  }

  // MARK: Showing

  private static func show(_ report: WhyReport, _ since: WallTime) {
    guard let begin = report.lives.map(\.from).min(), let end = report.lives.map(\.after.at).max() else {
      print("\(report.agent): nothing was evaluated since \(Listing.short(since.description))")
      return rest(report)
    }
    let lives = report.lives.count == 1 ? "one life" : "\(report.lives.count) lives"
    print("\(report.agent): \(Listing.short(begin)) to \(Listing.short(end)), \(lives)\n")
    let lines = report.lines
    let width = lines.map { $0.depth * 2 + $0.text.count }.max() ?? 0
    let digits = lines.map { String($0.count).count }.max() ?? 0
    for line in lines {
      let label = (String(repeating: "  ", count: line.depth) + line.text).padded(to: width)
      let number = String(line.count)
      let note = line.note.isEmpty ? "" : "   " + Table.plain(String(line.note.prefix(160)))
      print(label + "  " + String(repeating: " ", count: digits - number.count) + number + note)
    }
    print("\nsum of all ends: \(report.sum) of \(report.evaluations) evaluations")
    rest(report)
  }

  private static func rest(_ report: WhyReport) {
    for fault in report.faults { print("DOES NOT ADD UP: \(fault)") }
    if report.faults.isEmpty, !report.lives.isEmpty { print("it adds up") }
    let late = report.uncounted.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)\($0.value == 1 ? "" : "s")" }
    if !late.isEmpty { print("after the last count, and not in it: \(late.joined(separator: ", "))") }
  }

  private static func json(_ report: WhyReport, _ since: WallTime, _ markets: Listing?) -> JSON {
    [
      "agent": .string(report.agent), "since": .text(since),
      "from": .optional(report.lives.map(\.from).min().map { .string($0) }),
      "to": .optional(report.lives.map(\.after.at).max().map { .string($0) }),
      "lives": .array(report.lives.map { .int($0.epoch) }), "evaluations": .int(report.evaluations),
      "quiet": .int(report.quiet), "refused": .int(report.refused), "wanted": .int(report.signals),
      "lines": .array(
        report.lines.map { ["key": .string($0.key), "count": .int($0.count), "note": .string($0.note)] }),
      "sum": .int(report.sum), "adds_up": .bool(report.faults.isEmpty),
      "faults": .array(report.faults.map { .string($0) }),
      "uncounted": .object(report.uncounted.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .int($0.value)) }),
      "markets": markets?.json ?? .null,
    ]
  }
}
