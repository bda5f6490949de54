import Shared
import Testing

@Suite("Message numbers")
struct SequenceTests {
  private func envelope(_ sequence: Int64, boot: String = "b1", source: String = "feed") -> Envelope {
    Envelope(
      source: source, boot: boot, sequence: sequence, time: MarketTime(nanoseconds: 0), sent: WallTime(nanoseconds: 0))
  }

  @Test("Each channel counts by itself from one")
  func counter() {
    var counter = SequenceCounter()
    #expect(counter.next("a") == 1)
    #expect(counter.next("a") == 2)
    #expect(counter.next("b") == 1)
    counter.forget("a")
    #expect(counter.next("a") == 1)
  }

  @Test("A gap is found once, with the number of lost messages; repeats and late ones are old")
  func gaps() {
    var tracker = SequenceTracker()
    #expect(tracker.receive(envelope(5), on: "a") == .first)
    #expect(tracker.receive(envelope(6), on: "a") == .next)
    #expect(tracker.receive(envelope(9), on: "a") == .gap(missing: 2))
    #expect(tracker.receive(envelope(10), on: "a") == .next)
    #expect(tracker.receive(envelope(10), on: "a") == .old)
    #expect(tracker.receive(envelope(7), on: "a") == .old)
    #expect(tracker.receive(envelope(1), on: "b") == .first)
  }

  @Test("A restarted sender begins anew, and what its dead self still says is old")
  func restart() {
    var tracker = SequenceTracker()
    #expect(tracker.receive(envelope(50), on: "a") == .first)
    #expect(tracker.receive(envelope(1, boot: "b2"), on: "a") == .restarted)
    #expect(tracker.receive(envelope(51), on: "a") == .old)
    #expect(tracker.receive(envelope(2, boot: "b2"), on: "a") == .next)
  }

  @Test("A snapshot counts as everything up to its number, and an older one must not be used")
  func snapshots() {
    var tracker = SequenceTracker()
    #expect(tracker.receive(envelope(5), on: "a") == .first)
    #expect(tracker.receive(envelope(8), on: "a") == .gap(missing: 2))
    #expect(tracker.adopt(envelope(8), on: "a") == true)
    #expect(tracker.adopt(envelope(7), on: "a") == false)
    #expect(tracker.adopt(envelope(12), on: "a") == true)
    #expect(tracker.receive(envelope(12), on: "a") == .old)
    #expect(tracker.receive(envelope(13), on: "a") == .next)
  }

  @Test("Whatever is lost, doubled or late, the numbers that count only grow", arguments: [UInt64(1), 2, 3])
  func property(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var tracker = SequenceTracker()
    var highest: Int64 = 0
    var lost: Int64 = 0
    for _ in 0..<2000 {
      let sequence = max(1, highest + Int64(random.next() % 7) - 2)
      switch tracker.receive(envelope(sequence), on: "a") {
      case .first: #expect(highest == 0)
      case .next: #expect(sequence == highest + 1)
      case .gap(let missing):
        #expect(sequence == highest + missing + 1 && missing > 0)
        lost += missing
      case .old: #expect(sequence <= highest)
      case .restarted: Issue.record("nobody restarted")
      }
      highest = max(highest, sequence)
    }
    #expect(lost > 0)
  }
}
