import FloorIOData
import FloorSim
import Shared

/// The replayed decisions beside the rows of the table `decisions`, by agent, epoch and number. The database keeps `detail` in an order of
/// its own: members are compared by name.
struct DecisionRows {
  private(set) var equal = 0
  private(set) var differences: [DecisionDifference] = []

  init(_ replay: DayReplay, _ database: BlockingDatabase) throws {
    for life in replay.lives {
      let made = life.result.decisions
      guard let first = made.first?["number"]?.int, let last = made.last?["number"]?.int else { continue }
      var rows: [Int64: JSON] = [:]
      do {
        for row in try database.query(
          """
          SELECT d.number, d.kind, d.reason, d.market, d.outcome, d.intent_id, d.detail::text AS detail, d.feed_boot,
                 d.feed_order, d.event_cursor, d.market_ns, d.count
            FROM decisions d JOIN agents a ON a.id = d.agent_id
           WHERE a.name = $1 AND d.epoch = $2 AND d.number BETWEEN $3 AND $4
          """, [.id(life.agent), .epoch(life.epoch), .integer(first), .integer(last)])
        {
          rows[try row.int("number")] = try DecisionRows.json(row)
        }
      } catch {
        throw FloorFailure(.tryAgain, "the table decisions cannot be read: \(error)")
      }
      for decision in made {
        let row = decision["number"]?.int.flatMap { rows.removeValue(forKey: $0) }
        if let row, DecisionRows.isSame(row, decision) {
          equal += 1
        } else {
          add(life, row == nil ? .onlyReplayed : .changed, row, decision)
        }
      }
      for (_, row) in rows.sorted(by: { $0.key < $1.key }) { add(life, .onlyRecorded, row, nil) }
    }
  }

  private mutating func add(_ life: DayReplay.Life, _ kind: DecisionDifference.Kind, _ row: JSON?, _ made: JSON?) {
    differences.append(
      DecisionDifference(agent: life.agent, epoch: life.epoch, kind: kind, recorded: row, replayed: made))
  }

  /// As `Decision.json`.
  private static func json(_ row: Rows.Row) throws -> JSON {
    func optional(_ column: String) -> JSON { .optional(row[column].map { .string($0) }) }
    return [
      "number": .int(try row.int("number")), "kind": .string(try row.text("kind")),
      "reason": .string(try row.text("reason")), "market": optional("market"), "outcome": optional("outcome"),
      "intent_id": optional("intent_id"), "detail": try row.json("detail"),
      "feed_boot": .string(row["feed_boot"] ?? ""), "feed_order": .int(try row.int("feed_order")),
      "event_cursor": .int(try row.int("event_cursor")), "market_ns": .int(try row.int("market_ns")),
      "count": .int(try row.int("count")),
    ]
  }

  private static func isSame(_ a: JSON, _ b: JSON) -> Bool {
    switch (a, b) {
    case (.object(let left), .object(let right)):
      return left.count == right.count
        && left.allSatisfy { member in b[member.key].map { isSame(member.value, $0) } ?? false }
    case (.array(let left), .array(let right)):
      return left.count == right.count && zip(left, right).allSatisfy(isSame)
    // The database writes exponents out.
    case (.number(let left), .number(let right)): return left == right || Double(left) == Double(right)
    default: return a == b
    }
  }
}
