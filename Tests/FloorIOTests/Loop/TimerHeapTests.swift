import Shared
import Testing

@testable import FloorIOData

@Suite struct TimerHeapTests {
  @Test("timers come out by deadline, equal ones by age", arguments: [1, 2, 3] as [UInt64])
  func order(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var heap = TimerHeap()
    var fired: [(Int64, Int)] = []
    for number in 0..<500 {
      let at = Int64.random(in: 0..<50, using: &random)
      _ = heap.add(at: MonotonicTime(nanoseconds: at)) { fired.append((at, number)) }
    }
    while let due = heap.takeDue(at: MonotonicTime(nanoseconds: 100)) { due.body() }
    #expect(fired.count == 500)
    #expect(zip(fired, fired.dropFirst()).allSatisfy { $0.0 < $1.0 || ($0.0 == $1.0 && $0.1 < $1.1) })
  }

  @Test("a cancelled timer never fires, and a million cancelled ones leave nothing behind")
  func cancelling() {
    var heap = TimerHeap()
    var fired = 0
    for round in 0..<10_000 {
      let id = heap.add(at: MonotonicTime(nanoseconds: Int64(round))) { fired += 1 }
      heap.cancel(id)
    }
    #expect(heap.count == 0)
    #expect(heap.earliest() == nil)
    #expect(heap.takeDue(at: MonotonicTime(seconds: 1)) == nil)
    #expect(fired == 0)
  }

  @Test("a repeating timer keeps its beat and skips what it missed") func repeating() {
    var heap = TimerHeap()
    var beats = 0
    _ = heap.add(at: MonotonicTime(seconds: 1), every: .seconds(1)) { beats += 1 }
    heap.takeDue(at: MonotonicTime(seconds: 1))?.body()
    #expect(heap.earliest() == MonotonicTime(seconds: 2))
    heap.takeDue(at: MonotonicTime(seconds: 10))?.body()
    #expect(heap.takeDue(at: MonotonicTime(seconds: 10)) == nil)
    #expect(heap.earliest() == MonotonicTime(seconds: 11))
    #expect(beats == 2)
  }
}
