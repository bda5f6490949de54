import Shared
import Testing

@Suite("Lease keeper")
struct LeaseKeeperTests {
  private let start = MonotonicTime(seconds: 50)

  @Test("Acting ends four seconds after the last successful renewal was sent, not after it was answered")
  func countsFromSending() {
    var keeper = LeaseKeeper(now: start)
    #expect(keeper.shouldClaim(now: start))
    #expect(!keeper.mayAct(now: start))
    keeper.claimSent(now: start)
    #expect(!keeper.shouldClaim(now: start.advanced(by: .seconds(10))), "one claim at a time")
    let answered = start.advanced(by: .seconds(3))
    keeper.claimAnswered(Epoch(5), now: answered)
    #expect(keeper.mayAct(now: answered))
    #expect(keeper.mayAct(now: start.advanced(by: .milliseconds(3999))))
    #expect(!keeper.mayAct(now: start.advanced(by: .seconds(4))))
  }

  @Test("An answer that comes after the deadline does not give acting back")
  func lateAnswer() {
    var keeper = LeaseKeeper(now: start)
    keeper.claimSent(now: start)
    let late = start.advanced(by: .seconds(5))
    keeper.claimAnswered(Epoch(5), now: late)
    #expect(!keeper.mayAct(now: late))
    #expect(keeper.shouldClaim(now: late))
  }

  @Test("A refusal ends acting at once; a failure leaves the last known deadline and tries again soon")
  func refusalAndFailure() {
    var keeper = LeaseKeeper(now: start)
    keeper.claimSent(now: start)
    keeper.claimAnswered(Epoch(1), now: start)
    let second = start.advanced(by: .seconds(2))
    #expect(keeper.shouldClaim(now: second))
    keeper.claimSent(now: second)
    keeper.claimFailed(now: second.advanced(by: .seconds(1)))
    #expect(keeper.mayAct(now: second.advanced(by: .seconds(1))))
    #expect(!keeper.mayAct(now: start.advanced(by: .seconds(4))))
    let third = second.advanced(by: .milliseconds(1500))
    #expect(keeper.shouldClaim(now: third))
    keeper.claimSent(now: third)
    keeper.claimAnswered(nil, now: third)
    #expect(!keeper.mayAct(now: third))
  }

  @Test("Two keepers of one row never act at the same time, whatever the delays", arguments: 0..<100)
  func neverTwo(seed: UInt64) {
    var chance = SeededGenerator(seed: seed)
    var keepers = [LeaseKeeper(now: start), LeaseKeeper(now: start)]
    // The row, on the same machine's clock.
    var holder = -1
    var expires = start
    var epoch: Int64 = 0
    struct Pending {
      let who: Int
      let reach: MonotonicTime
      let back: MonotonicTime
      var granted: Epoch?
      var reached = false
      let lost: Bool
    }
    var pending: [Pending] = []
    var actedBoth = false
    var acted: Set<Int> = []
    for step in 0..<4000 {
      let now = start.advanced(by: .milliseconds(Int64(step) * 50))
      for who in 0...1 where keepers[who].shouldClaim(now: now) && Int.random(in: 0..<30, using: &chance) > 0 {
        keepers[who].claimSent(now: now)
        let reach = now.advanced(by: .milliseconds(Int64.random(in: 0...1500, using: &chance)))
        let back = reach.advanced(by: .milliseconds(Int64.random(in: 0...3000, using: &chance)))
        pending.append(Pending(who: who, reach: reach, back: back, lost: Int.random(in: 0..<3, using: &chance) == 0))
      }
      for index in pending.indices where !pending[index].reached && now >= pending[index].reach {
        pending[index].reached = true
        if holder == pending[index].who || now >= expires {
          if holder != pending[index].who { epoch += 1 }
          holder = pending[index].who
          expires = now.advanced(by: .seconds(6))
          pending[index].granted = Epoch(epoch)
        }
      }
      for item in pending where now >= item.back {
        if item.lost {
          keepers[item.who].claimFailed(now: now)
        } else {
          keepers[item.who].claimAnswered(item.granted, now: now)
        }
      }
      pending.removeAll { now >= $0.back }
      let acting = (0...1).filter { keepers[$0].mayAct(now: now) }
      acted.formUnion(acting)
      if acting.count > 1 { actedBoth = true }
    }
    #expect(!actedBoth)
    #expect(!acted.isEmpty)
  }
}

@Suite("Start gate and scheduling lag")
struct StartGateTests {
  private let start = MonotonicTime(seconds: 9)

  private func takes(_ gate: inout StartGate, at now: MonotonicTime) -> Int {
    var count = 0
    while gate.take(now: now) { count += 1 }
    return count
  }

  @Test("The whole roster starts at once, then four a second")
  func burst() {
    var gate = StartGate(capacity: 10, perSecond: 4, now: start)
    var times: [Int64] = []
    for step in 0..<1000 {
      let now = start.advanced(by: .milliseconds(Int64(step) * 10))
      while gate.take(now: now) { times.append(now.since(start).milliseconds) }
      if times.count >= 30 { break }
    }
    #expect(times.prefix(10).allSatisfy { $0 == 0 })
    #expect(times[10] == 250 && times[11] == 500 && times[14] == 1250)
  }

  @Test("The next start is told exactly, and a larger roster opens the gate for its new members")
  func nextStart() {
    var gate = StartGate(capacity: 1, perSecond: 4, now: start)
    #expect(gate.nextStart(now: start) == start)
    #expect(takes(&gate, at: start) == 1)
    #expect(gate.nextStart(now: start) == start.advanced(by: .milliseconds(250)))
    gate.resize(to: 3)
    #expect(takes(&gate, at: start) == 2)
    gate.resize(to: 1)
    #expect(takes(&gate, at: start) == 0)
    // A long rest fills it no further than its capacity.
    let later = start.advanced(by: .seconds(100))
    #expect(takes(&gate, at: later) == 1)
  }

  @Test("The worst lag of the last half minute counts, and is forgotten after it")
  func lag() {
    var lag = SchedulingLag()
    lag.record(due: start, now: start.advanced(by: .seconds(3)))
    lag.record(due: start.advanced(by: .seconds(5)), now: start.advanced(by: .seconds(6)))
    let worst = [7, 34, 60].map { lag.worst(now: start.advanced(by: .seconds($0))) }
    #expect(worst == [.seconds(3), .seconds(1), .zero])
  }
}
