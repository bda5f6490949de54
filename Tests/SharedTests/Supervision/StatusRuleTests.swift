import Shared
import Testing

@Suite("An agent's status and its process")
struct StatusRuleTests {
  private let identity = ChildIdentity(pid: 7, startTicks: 7)
  private var now = MonotonicTime(nanoseconds: 1_000_000_000)

  private func machine(_ events: [ChildMachine.Event]) -> ChildMachine {
    var machine = ChildMachine(policy: SupervisionPolicy(), isFenced: false, mayGiveUp: true)
    for event in events { _ = machine.handle(event, now: now) }
    return machine
  }

  private var up: [ChildMachine.Event] {
    [
      .want(.running), .turn, .spawned(identity), .hello(identity),
      .progress(identity, ready: true, work: 1, waiting: 0),
    ]
  }
  private var givenUp: ChildMachine { machine(up + [.exited(identity, .code(78))]) }
  private var quarantined: ChildMachine {
    var events: [ChildMachine.Event] = [.want(.running)]
    for _ in 0..<3 { events += [.turn, .spawned(identity), .exited(identity, .signal(11)), .tick(lag: .zero)] }
    var machine = ChildMachine(policy: SupervisionPolicy(), isFenced: false, mayGiveUp: true)
    var time = now
    for event in events {
      _ = machine.handle(event, now: time)
      // Past every delay between two starts, and well inside the window.
      time = time.advanced(by: .milliseconds(600))
    }
    return machine
  }

  @Test(
    "a running agent whose process is in quarantine or given up is quarantined, and stays so until it is ready again")
  func quarantine() {
    #expect(quarantined.isQuarantined && givenUp.state == .givenUp)
    for lost in [quarantined, givenUp] {
      #expect(StatusRule.due(recorded: .running, process: lost) == .quarantined)
      #expect(StatusRule.due(recorded: .quarantined, process: lost) == nil)
    }
    #expect(StatusRule.due(recorded: .quarantined, process: machine([.want(.running), .turn])) == nil)
    #expect(StatusRule.due(recorded: .quarantined, process: machine(up)) == .running)
    #expect(StatusRule.due(recorded: .running, process: machine(up)) == nil)
  }

  @Test("a pause, a retirement and a hire stand whatever the process does") func stands() {
    for status in [Roster.Status.paused, .draining, .retired, .hired] {
      for process in [quarantined, givenUp, machine(up), machine([])] {
        #expect(StatusRule.due(recorded: status, process: process) == nil)
      }
    }
  }
}
