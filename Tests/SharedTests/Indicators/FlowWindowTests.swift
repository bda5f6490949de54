import FloorTestSupport
import Shared
import Testing

@Suite("Volume now against the usual")
struct FlowWindowTests {
  private static func window(short: Int = 2, baseline: Int = 4) -> FlowWindow {
    FlowWindow(step: .seconds(1), short: short, baseline: baseline)
  }

  @Test("By hand: two seconds against the four before them")
  func byHand() {
    var window = Self.window()
    #expect(!window.isWarm && window.needed == .seconds(6))
    for (second, amount) in [(0.0, 10), (1.5, 20), (2.0, 30), (2.9, 40), (3.0, 0), (4.2, 50)] as [(Double, Int64)] {
      window.add(.init(yes: amount, no: 1), at: Fixture.time(second))
    }
    // Seconds 3 and 4 are recent: 0 + 50 and two ones. Before them 0, 1 and 2, and one of which nothing is known.
    #expect(window.recent == .init(yes: 50, no: 2) && window.before == .init(yes: 100, no: 4))
    #expect(window.usual == 52 && !window.isWarm && window.known == .milliseconds(4200))
    #expect(window.isUnusual(ratio: 1_000_000) && !window.isUnusual(ratio: 1_000_001))
    window.add(.none, at: Fixture.time(6))
    // Seconds 5 and 6 are silent, second 0 has just left: 1 … 4 are the baseline.
    #expect(window.recent == .none && window.before == .init(yes: 140, no: 5) && window.isWarm)
    #expect(window.usual == 72)  // 145 × 2 ÷ 4, rounded down
  }

  @Test("How one-sided it is: −1 … 1, and nothing when nothing moved")
  func lean() {
    #expect(FlowWindow.Amount(yes: 300, no: 100).lean == 500_000)
    #expect(FlowWindow.Amount(yes: 0, no: 7).lean == -1_000_000)
    #expect(FlowWindow.Amount(yes: 2, no: 1).lean == 333_333)
    #expect(FlowWindow.Amount.none.lean == nil)
  }

  @Test(
    "At any moment it is what the definition gives over the whole history; a restart goes on bit for bit",
    arguments: Seeds.some(8))
  func definition(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let (short, baseline) = (Int.random(in: 1...5, using: &random), Int.random(in: 1...20, using: &random))
    var window = Self.window(short: short, baseline: baseline)
    var history: [(bin: Int64, amount: FlowWindow.Amount)] = []
    var time = 0.0
    let stop = Int.random(in: 1...200, using: &random)
    var restarted: FlowWindow?
    for step in 0..<400 {
      // Now and then a silence longer than the whole window.
      time += Int.random(in: 0..<40, using: &random) == 0 ? 60 * random.uniform() : random.uniform()
      let amount = FlowWindow.Amount(
        yes: Int64.random(in: 0...1000, using: &random), no: Int64.random(in: 0...1000, using: &random))
      let now = Fixture.time(time)
      window.add(amount, at: now)
      restarted?.add(amount, at: now)
      let bin = now.nanoseconds / 1_000_000_000
      history.append((bin, amount))
      func sum(_ ages: Range<Int64>) -> FlowWindow.Amount {
        history.filter { ages.contains(bin - $0.bin) }.reduce(into: .init(yes: 0, no: 0)) {
          $0.yes += $1.amount.yes
          $0.no += $1.amount.no
        }
      }
      #expect(window.recent == sum(0..<Int64(short)))
      #expect(window.before == sum(Int64(short)..<Int64(short + baseline)))
      if step == stop {
        var new = Self.window(short: short, baseline: baseline)
        let untouched = new
        let isDamaged = !new.restore(window.checkpoint.with("bins", [1])) && new == untouched
        let isOther = !Self.restores(window.checkpoint, into: Self.window(short: short + 1, baseline: baseline))
        let isRestored = new.restore(try JSON.parse(window.checkpoint.bytes))
        #expect(isDamaged && isOther && isRestored)
        restarted = new
      }
    }
    #expect(restarted == window)
  }

  private static func restores(_ checkpoint: JSON, into window: FlowWindow) -> Bool {
    var window = window
    return window.restore(checkpoint)
  }

  @Test("The largest numbers overflow nothing, and an older stamp counts as the newest")
  func extremes() {
    var window = FlowWindow(step: .milliseconds(1), short: 2000, baseline: 2000)
    for step in 0..<8000 {
      window.add(.init(yes: .max, no: .max), at: Fixture.time(0).advanced(by: .milliseconds(step)))
    }
    #expect(window.recent.yes == 2000 * FlowWindow.largestBin && window.before == window.recent)
    #expect(window.isUnusual(ratio: 1_000_000) && !window.isUnusual(ratio: 1_000_001) && window.recent.lean == 0)
    var small = Self.window()
    small.add(.init(yes: 1, no: 0), at: Fixture.time(5))
    small.add(.init(yes: 1, no: -9), at: Fixture.time(1))
    #expect(small.recent == .init(yes: 2, no: 0) && small.latest == Fixture.time(5))
  }
}
