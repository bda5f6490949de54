import FloorIOData
import FloorIOVenue
import FloorSim
import Shared

/// `floor shadow`: what paper would have made of the orders that went to the venue (docs/shadow.md). Asks the record and the feed's recordings;
/// the floor may run or not.
enum ShadowCommand {
  static let command = FloorCommand(
    name: "shadow", summary: "paper predicted / venue did: every order that went to the venue, given to paper as well",
    usage: "[--since WHEN] [--agent NAME] [--latency-ms N] [--recordings DIR] [--orders] [--json]",
    details: """
      Takes the orders of the record, gives each to the paper exchange on the book that the feed had recorded at that moment, and compares
      fill rate, shares, average prices, time to the first fill, fees and profit, for each strategy and for all.
        --since WHEN       \(SinceWord.help); default 24h
        --agent NAME       this agent's orders alone
        --latency-ms N     how long after its record an order meets the book on paper (default: the median of the venue's own answers)
        --recordings DIR   where the feed's recordings are (default: STATE/recordings)
        --orders           a line for each order as well
      What cannot be compared is counted by its reason.
      Exit status 0: something was compared. 69: nothing was, because there were no orders, or no recording of their time.
      """, options: ["since", "agent", "latency-ms", "recordings", "config", "profile", "set"], flags: ["orders"],
    run: run)

  private static func run(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    try line.noWords()
    let given = line.option("latency-ms") == nil ? nil : try line.whole("latency-ms", default: 0, in: 0...60_000)
    let folder = line.option("recordings").map(Instance.absolute) ?? instance.stateDirectory + "/recordings"
    let reading = ShadowReading(
      database: try instance.openDatabase(), since: try line.since(default: .seconds(86_400)),
      agent: line.option("agent"))
    let orders = try reading.orders()
    guard let first = orders.first?.sentAt else {
      throw FloorFailure(.unavailable, "the record holds no order of that time")
    }
    let measured = ShadowReport.percentile(ShadowReport.answers(orders), 50)
    var terms = TapeTerms()
    terms.staleAfter = try ConfigCommand.ask(instance, isLive: false, line).config.reader
      .duration("market.stale_after_ms")
    var run = ShadowRun(
      orders, latency: given.map { .milliseconds(Int64($0)) } ?? measured ?? .zero, terms: terms)
    for path in files(in: folder, from: first) {
      let reading = try RecordingReader.read(path) { run.take($0) }
      if let damage = reading.lastDamage { Terminal.complain("\(path): \(damage)") }
    }
    let report = run.report(payouts: try reading.payouts())
    print(instance.isJSON ? ShadowText.json(report, orders: line.has("orders")).text : text(report, line))
    return report.compared > 0 ? .done : .unavailable
  }

  private static func text(_ report: ShadowReport, _ line: CommandLineWords) -> String {
    ShadowText.text(report) + (line.has("orders") ? "\n\n" + ShadowText.orders(report) : "")
  }

  /// The recordings from the one on that was being written at that time.
  private static func files(in folder: String, from first: WallTime) -> [String] {
    let all = RecordingReader.files(in: folder, prefix: "frames")
    let begun = all.lastIndex { path in
      let name = path.split(separator: "/").last?.split(separator: ".").first?.split(separator: "-").last
      return name.flatMap { Int64($0) }.map { $0 * 1000 <= first.nanoseconds } ?? false
    }
    return Array(all[(begun ?? all.startIndex)...])
  }
}
