import FloorTestSupport
import Foundation
import Testing

/// Mostly waiting, so that it need not wait for the other floors.
@Suite("Processes are killed while orders flow", .ownThread) struct KillTests {
  @Test("Three kills of each process, of all agents, of boss and agent: all is back, no order doubled, no fill lost")
  func chaos() throws {
    let floor = try WholeFloor.OutageTests.busyFloor("kills")
    let seed = Int.random(in: 1...9999)
    // 13 s apart, so that restart budgets are not what is tested; the drill gives 20 to 35 orders a second.
    let run = try floor.script(
      "chaos",
      [
        "--instance", floor.instance, "--agents", "3", "--others", "3", "--gap", "13", "--rate", "10",
        "--caught", "1", "--seed", "\(seed)",
      ])
    #expect(run.status == 0, "seed \(seed):\n\(run.output)")
    try floor.stop()
  }
}
