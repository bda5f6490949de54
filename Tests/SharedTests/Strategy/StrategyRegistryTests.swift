import FloorTestSupport
import Foundation
import Shared
import Testing

@Suite("Strategies, their parameters and their clones")
struct StrategyRegistryTests {
  @Test("Every parameter is explained, carries its unit, has a legal default and bounds inside its range")
  func declarations() throws {
    #expect(StrategyRegistry.kinds.map(\.name) == ["drill", "hammer", "momentum", "reversion", "spike", "volume"])
    for kind in StrategyRegistry.kinds {
      #expect(Set(kind.parameters.map(\.key.path)).count == kind.parameters.count)
      for parameter in kind.parameters {
        let key = parameter.key
        #expect(key.meaning.hasSuffix(".") && key.meaning.count > 20)
        if let unit = key.kind.unit { #expect(key.path.hasSuffix(unit.suffix), "\(key.path)") }
        #expect(key.builtIn != nil)
        switch (key.kind, parameter.mutation) {
        case (.whole(let range, _), let bounds?), (.decimal(let range, _), let bounds?):
          #expect(range.contains(bounds.lowerBound) && range.contains(bounds.upperBound), "\(key.path)")
        case (_, nil): break
        default: Issue.record("\(key.path) cannot be moved")
        }
      }
      _ = try StrategyRegistry.make(kind.name, parameters: .object([]), size: USD(dollars: 20))
    }
  }

  @Test("The defaults are the seeds': 0.5 % in 5 minutes, 1 % in 10 minutes")
  func seeds() throws {
    let momentum = try #require(StrategyRegistry.kind("momentum"))
    let json = try StrategyParameters(momentum, .object([]), size: USD(dollars: 20)).json(of: momentum)
    #expect(json["threshold_reference_pct"]?.string == "0.5" && json["lookback_s"]?.int == 300)
    let reversion = try #require(StrategyRegistry.kind("reversion"))
    let other = try StrategyParameters(reversion, .object([]), size: USD(dollars: 20)).json(of: reversion)
    #expect(other["threshold_reference_pct"]?.string == "1" && other["lookback_s"]?.int == 600)
  }

  @Test("Unknown names, unknown parameters and values out of range are refused, all at once")
  func refusals() {
    #expect(throws: StrategyParameters.Refusal.self) {
      try StrategyRegistry.make("astrology", parameters: .object([]), size: USD(dollars: 20))
    }
    let bad: JSON = ["lookback": 300, "lookback_s": 0, "threshold_reference_pct": "half", "input": "tea"]
    do {
      _ = try StrategyRegistry.make("momentum", parameters: bad, size: .zero)
      Issue.record("accepted")
    } catch {
      #expect(error.problems.count == 5)
    }
    do {
      _ = try StrategyRegistry.make(
        "momentum",
        parameters: ["entry_price_min_points": "0.9", "entry_price_max_points": "0.2", "exit_before_end_s": 60],
        size: USD(dollars: 20))
      Issue.record("accepted")
    } catch {
      #expect(error.problems.count == 2)
    }
  }

  @Test("What a parent has off is off in its clones", arguments: UInt64(1)...20)
  func off(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let parent: JSON = ["atr_trail_ratio": "0", "take_profit_points": "0"]
    let clone = try StrategyRegistry.mutate(
      "momentum", parameters: parent, size: USD(dollars: 20), spread: 0.3, using: &random)
    #expect(clone["atr_trail_ratio"]?.string == "0" && clone["take_profit_points"]?.string == "0")
    #expect(clone["stop_loss_points"]?.string != "0")
  }

  @Test("A clone differs from its parent, stays inside the bounds, and the seed decides how", arguments: UInt64(1)...50)
  func clones(seed: UInt64) throws {
    for kind in StrategyRegistry.kinds {
      var random = SeededGenerator(seed: seed)
      let size = USD(dollars: 20)
      let settings: JSON = ["threshold_reference_pct": "0.25", "lookback_s": 120]
      let parent = JSON.object(
        (settings.members ?? []).filter { member in kind.parameters.contains { $0.key.path == member.key } })
      let clone = try StrategyRegistry.mutate(kind.name, parameters: parent, size: size, spread: 0.3, using: &random)
      var same = SeededGenerator(seed: seed)
      #expect(
        try StrategyRegistry.mutate(kind.name, parameters: parent, size: size, spread: 0.3, using: &same) == clone)
      let full = try StrategyParameters(kind, parent, size: size).json(of: kind)
      #expect(clone != full)
      _ = try StrategyRegistry.make(kind.name, parameters: clone, size: size)
      for parameter in kind.parameters {
        let value = clone[parameter.key.path]
        guard let bounds = parameter.mutation else {
          #expect(value == full[parameter.key.path])
          continue
        }
        if value?.usd == .zero, full[parameter.key.path]?.usd == .zero { continue }
        let number = if case .whole = parameter.key.kind { value?.int } else { value?.usd?.micros }
        #expect(bounds.contains(try #require(number)), "\(parameter.key.path)")
      }
    }
  }
}

@Suite("docs/strategies.md")
struct StrategyDocumentTests {
  @Test("Every parameter stands in the table with its defaults and its meaning")
  func table() throws {
    let text = try String(contentsOfFile: Repository.root + "/docs/strategies.md", encoding: .utf8)
    let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `") }.map {
      $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }.filter { $0.count == 8 }
    for (column, name) in [(2, "momentum"), (3, "reversion"), (4, "spike"), (5, "volume")] {
      let kind = try #require(StrategyRegistry.kind(name))
      #expect(text.contains("**`\(name)`**"))
      for parameter in kind.parameters {
        let row = try #require(rows.first { $0[0] == "`\(parameter.key.path)`" }, "\(parameter.key.path)")
        #expect(row[column] == parameter.key.builtIn?.text, "\(parameter.key.path) of \(name)")
        #expect(row[6].contains(parameter.key.meaning) || parameter.key.path == "lookback_s", "\(parameter.key.path)")
      }
    }
    for name in ["drill", "hammer"] {
      let kind = try #require(StrategyRegistry.kind(name))
      #expect(text.contains("**`\(name)`**"))
      for parameter in kind.parameters {
        let row = "| `\(parameter.key.path)` | \(parameter.key.builtIn?.text ?? "") | \(parameter.key.meaning) |"
        #expect(text.contains(row), "\(row)")
      }
    }
    for reason in RefusalReason.allCases where ![.noBids, .unanswered].contains(reason) {
      #expect(text.contains("`\(reason.rawValue)`"), "\(reason.rawValue)")
    }
  }
}
