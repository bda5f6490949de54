import FloorTestSupport
import Shared
import Testing

@testable import FloorSim

@Suite("List of what is due")
struct DueListTests {
  @Test("It comes in the order of time, and of equal times in that of putting in", arguments: Seeds.some(6))
  func order(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var list = DueList<Int>()
    var all: [(at: Int64, item: Int)] = []
    for item in 0..<200 {
      let at = Int64(random.uniform() * 20)
      list.put(item, at: MarketTime(seconds: at))
      all.append((at, item))
    }
    let expected = all.sorted { ($0.at, $0.item) < ($1.at, $1.item) }
    #expect(list.next == MarketTime(seconds: expected[0].at))
    var taken: [Int] = []
    while let next = list.take(until: MarketTime(seconds: 9)) { taken.append(next.item) }
    #expect(taken == expected.filter { $0.at <= 9 }.map(\.item))
    while let next = list.take(until: MarketTime(seconds: 100)) { taken.append(next.item) }
    #expect(taken == expected.map(\.item) && list.next == nil)
  }
}
