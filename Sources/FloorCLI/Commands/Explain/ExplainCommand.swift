import FloorIOData
import Shared

/// `floor explain ID`: one order's whole story.
enum ExplainCommand {
  static let command = FloorCommand(
    name: "explain",
    summary: "one order's, intent's or trade's whole story: who decided what, when, with which figures",
    usage: "ORDER | INTENT | TRADE [--json]",
    details: """
      From the signal over the risk gate, the venue's answers, fills, fees and bookings to the settlement and the result.
      A refused intent has a story, too.
        ORDER    the venue's id, 0x…        INTENT   AGENT.NUMBER
        TRADE    the number of a round trip (floor trades), or the venue's id of one match
      A beginning is enough where only one thing begins like it. Times are UTC: the market's, and the machine's (wall).
      Exit status 1: the record knows nothing of that name. 64: several things begin like it.
      """, run: run)

  private static func run(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    let word = try line.oneWord("one id: of an order, an intent or a trade")
    let reading = ExplainReading(database: try instance.openDatabase())
    let subject = try reading.subject(word)
    let stories = try reading.intents(of: subject).map { OrderStory(facts: try reading.facts($0)) }
    if instance.isJSON {
      print(
        (["kind": .string(subject.kind.rawValue), "id": .string(subject.id), "stories": .array(stories.map(json))]
          as JSON).text)
      return .done
    }
    if stories.count > 1 { print("\(subject.kind.rawValue) \(subject.id): \(stories.count) orders\n") }
    print(stories.map(text).joined(separator: "\n\n"))
    return .done
  }

  private static func text(_ story: OrderStory) -> String {
    let table = Table(
      ["market time", "wall time", "who", "what"],
      story.lines.map { line in
        [line.market.map(Fact.clock) ?? "-", line.wall.map(Fact.clock) ?? "-", line.who, line.what]
      })
    return story.title.split(separator: "\n").map { Table.plain(String($0)) }.joined(separator: "\n") + "\n\n"
      + table.text
  }

  private static func json(_ story: OrderStory) -> JSON {
    let facts = story.facts
    return [
      "title": .string(story.title), "end": .string(story.end),
      "lines": .array(
        story.lines.map { line in
          [
            "market_ns": .optional(line.market.map { .int($0) }), "wall_ns": .optional(line.wall.map { .int($0) }),
            "who": .string(line.who), "what": .string(line.what),
          ]
        }),
      "intent": facts.intent.json, "decision": facts.decision?.json ?? .null,
      "changes": .array(facts.changes.map(\.json)), "fills": .array(facts.fills.map(\.json)),
      "bookings": .array(facts.bookings.map(\.json)), "settlements": .array(facts.settlements.map(\.json)),
      "trades": .array(facts.trades.map(\.json)), "cancels": .array(facts.cancels.map(\.json)),
    ]
  }
}
