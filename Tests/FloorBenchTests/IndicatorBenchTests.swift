import FloorTestSupport
import Shared
import Testing

@testable import FloorBench

@Suite("Indicators")
struct IndicatorBenchTests {
  @Test("once its windows are filled, no indicator asks for memory, whatever it observes")
  func allocations() throws {
    let result = IndicatorBench.run(IndicatorBench.Settings(observations: 20_000, rounds: 3))
    let rows = try #require(result["rows"]?.array)
    #expect(rows.count == 10)
    for row in rows { #expect(row["allocations"] == 0 && row["observations"] == 60_000, "\(row.text)") }
  }

  @Test("the count sees what is asked for") func counts() {
    let before = IndicatorBench.allocations
    var list: [Int] = []
    for number in 0..<1000 { list = list + [number] }
    #expect(list.count == 1000 && IndicatorBench.allocations - before >= 1000)
  }
}
