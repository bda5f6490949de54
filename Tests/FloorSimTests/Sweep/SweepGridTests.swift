import Shared
import Testing

@testable import FloorSim

@Suite("Grid of a sweep")
struct SweepGridTests {
  private func grid(_ text: String) throws -> SweepGrid { try SweepGrid(try JSON.parse(text)) }

  @Test("Every combination comes once, the last key turning fastest")
  func combinations() throws {
    let grid = try grid(#"{"a": [1, 2], "b": ["0.1", "0.2", "0.3"], "c": [true]}"#)
    #expect(grid.count == 6)
    let texts = (0..<6).map { grid.values($0).map(SweepGrid.text).joined(separator: " ") }
    #expect(texts == ["1 0.1 true", "1 0.2 true", "1 0.3 true", "2 0.1 true", "2 0.2 true", "2 0.3 true"])
    #expect(grid.parameters(4, over: ["a": 9, "z": 7]) == ["a": 2, "z": 7, "b": "0.2", "c": true])
  }

  @Test(
    "What is no grid is refused with its key",
    arguments: [
      "{}", "[]", #"{"a": 1}"#, #"{"a": []}"#, #"{"a": [1, 1]}"#, #"{"a": [{}]}"#,
      #"{"a": ["1", 1]}"#,
    ])
  func refused(text: String) throws {
    let json = try JSON.parse(text)
    #expect(throws: SweepGrid.Problem.self) { try SweepGrid(json) }
  }

  @Test("A grid of more than a million is refused before it is made")
  func tooMany() throws {
    let hundred = JSON.array((0..<100).map { .int($0) })
    #expect(try SweepGrid(["a": hundred, "b": hundred, "c": hundred]).count == 1_000_000)
    #expect(throws: SweepGrid.Problem(description: "more than 1000000 combinations")) {
      try SweepGrid(["a": hundred, "b": hundred, "c": hundred, "d": [1, 2]])
    }
  }

  @Test("Shards share the combinations without a rest", arguments: 1...7)
  func shards(count: Int) throws {
    let shards = (1...count).compactMap { SweepShard("\($0)/\(count)") }
    #expect(shards.count == count)
    for number in 0..<40 { #expect(shards.count { $0.holds(number) } == 1) }
    for bad in ["0/3", "4/3", "1", "1/0", "a/b", "1/2/3", "-1/2"] { #expect(SweepShard(bad) == nil, "\(bad)") }
  }
}
