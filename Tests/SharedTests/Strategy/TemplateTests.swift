import FloorTestSupport
import Foundation
import Testing

@testable import Shared

@Suite("The strategy of the worked example in docs/strategies.md")
struct TemplateTests {
  private static let document = Repository.root + "/docs/strategies.md"
  private static let template = "Tests/SharedTests/Strategy/TemplateStrategy.swift"

  /// The fenced block of that language that follows `heading` in the document.
  private static func block(_ language: String, after heading: String) throws -> String {
    let text = try String(contentsOfFile: document, encoding: .utf8)
    let rest = try #require(text.range(of: heading).map { text[$0.upperBound...] }, "no \(heading)")
    let start = try #require(rest.range(of: "```\(language)\n"), "no block of \(language)").upperBound
    let end = try #require(rest[start...].range(of: "\n```")).lowerBound
    return String(rest[start..<end])
  }

  /// The settings of the document's agent file.
  private static func parameters() throws -> JSON {
    let lines = try block("yaml", after: "## Adding one").split(separator: "\n").map(String.init)
    let first = try #require(lines.firstIndex(of: "parameters:"))
    var members: [JSON.Member] = []
    for line in lines[(first + 1)...] where !line.drop(while: { $0 == " " }).hasPrefix("#") {
      let parts = line.split(separator: ":").map { $0.trimmingCharacters(in: .whitespaces) }
      #expect(parts.count == 2, "\(line)")
      members.append(.init(parts[0], .string(parts[1])))
    }
    #expect(members.count >= 3)
    return .object(members)
  }

  private static func core(_ parameters: JSON, reconciled: Bool = true) throws -> AgentCore {
    var core = AgentCore(
      identity: .init(name: Fixture.agent, strategy: "crossing", epoch: Epoch(3), series: [Fixture.series]),
      strategy: try CrossingStrategy(
        StrategyParameters(CrossingStrategy.kind, parameters, size: USD(dollars: 20))))
    if reconciled { core.resume(checkpoint: nil, snapshot: Fixture.snapshot()) }
    return core
  }

  private static let quick: JSON = [
    "fast_span_count": 3, "slow_span_count": 20, "input": "token_mid", "fee_cover_ratio": "0", "cooldown_s": 5,
  ]

  @Test("The document's code is the template's, line by line")
  func code() throws {
    let shown = try Self.block("swift", after: "## Adding one")
    let file = try String(contentsOfFile: Repository.root + "/" + Self.template, encoding: .utf8)
    // In the sources there is no module to import.
    let body = file.split(separator: "\n", omittingEmptySubsequences: false).dropFirst(2).joined(separator: "\n")
    #expect(shown == body.trimmingCharacters(in: .newlines))
    #expect(try String(contentsOfFile: Self.document, encoding: .utf8).contains(Self.template))
  }

  @Test("The document's agent file makes the strategy, and what contradicts itself is refused")
  func agent() throws {
    _ = try Self.core(Self.parameters())
    #expect {
      try Self.core(["fast_span_count": 60])
    } throws: { "\($0)".contains("slow_span_count") }
    for parameter in CrossingStrategy.kind.parameters {
      if let unit = parameter.key.kind.unit { #expect(parameter.key.path.hasSuffix(unit.suffix)) }
      #expect(parameter.key.meaning.hasSuffix("."))
    }
  }

  @Test("A rise buys YES, a fall NO; before the slow average is warm nothing is said but that")
  func sides() throws {
    for (cents, outcome, reason) in [(60, Outcome.yes, "crossing_up"), (40, .no, "crossing_down")]
      as [(Int64, Outcome, String)]
    {
      var core = try Self.core(Self.quick)
      var effects: [AgentEffect] = []
      for second in 0...25 {
        let bid = second > 21 ? cents : 50
        effects += core.take(
          .market(Fixture.market(at: Double(second), order: Int64(second + 1), bid: bid, ask: bid + 1)),
          at: Double(second))
      }
      #expect(effects.reasons.prefix(2) == ["warming_up", reason])
      #expect(effects.published.first?.terms.outcome == outcome)
    }
  }

  @Test(
    "A decision does not change when what came after it is removed, and a restart goes on to the same decisions",
    arguments: Seeds.some(2))
  func truncationAndRestart(seed: UInt64) throws {
    func run(_ steps: [MadeUpDay.Step], restartAt stop: Int? = nil) throws -> [AgentEffect] {
      var core = try Self.core(Self.quick)
      var all: [AgentEffect] = []
      for (index, step) in steps.enumerated() {
        if index == stop {
          let saved = try AgentCheckpoint(JSON.parse(core.checkpoint().json.bytes))
          var strategy = try Self.core(Self.quick).strategy
          let isRestored = strategy.restore(saved.strategyState)
          #expect(isRestored)
          core.strategy = strategy
        }
        core.handle(step.event, now: step.now, &all)
      }
      return all
    }
    let steps = RandomMarket(seed: seed).steps(seconds: 300)
    let whole = try run(steps)
    #expect(!whole.published.isEmpty)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<6 {
      let cut = Int.random(in: 1..<steps.count, using: &random)
      let part = try run(Array(steps[..<cut]))
      #expect(part == Array(whole.prefix(part.count)), "cut after \(cut)")
      #expect(try run(steps, restartAt: cut) == whole, "restarted after \(cut)")
    }
  }
}
