import Shared
import Testing

@Suite("Events of an outage")
struct EventBacklogTests {
  private func event(_ number: Int) -> EventBacklog.Event {
    EventBacklog.Event(
      severity: "ERROR", type: "crash", component: "c\(number)", message: "m",
      metadata: ["n": .int(number)],
      at: WallTime(seconds: Int64(number)))
  }

  @Test("they come back in their order, once, with the moment at which they happened") func order() {
    var backlog = EventBacklog(most: 10)
    #expect(backlog.isEmpty)
    for number in 1...3 { backlog.add(event(number)) }
    #expect(!backlog.isEmpty)
    let taken = backlog.takeAll(at: WallTime(seconds: 9))
    #expect(taken == [event(1), event(2), event(3)])
    #expect(taken[1].lateMetadata["n"]?.int == 2)
    #expect(taken[1].lateMetadata["happened_at"] == .text(WallTime(seconds: 2)))
    #expect(backlog.isEmpty && backlog.takeAll(at: WallTime(seconds: 9)).isEmpty)
  }

  @Test("beyond the bound the first are kept, and the others are told as a number") func bound() {
    var backlog = EventBacklog(most: 4)
    for number in 1...7 { backlog.add(event(number)) }
    let taken = backlog.takeAll(at: WallTime(seconds: 9))
    #expect(taken.dropLast() == [event(1), event(2), event(3), event(4)])
    #expect(taken.last?.type == "events-lost" && taken.last?.metadata["count"]?.int == 3)
    backlog.add(event(8))
    #expect(backlog.takeAll(at: WallTime(seconds: 9)) == [event(8)])
  }
}
