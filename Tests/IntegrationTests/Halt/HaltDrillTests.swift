import FloorTestSupport
import Foundation
import Shared
import Testing

/// Halts by every reason and road, with everything else going wrong at once (docs/halt.md). `scripts/halt-drill` plays 200 of them.
@Suite("Halt drill", .oneAtATime, .timeLimit(.minutes(30)))
struct HaltDrillTests {
  private static let environment = ProcessInfo.processInfo.environment

  /// A cell of each road, reason and fault; all of them `HALT_ROUNDS` times over.
  private static func cells() throws -> [HaltCell] {
    guard let text = environment["HALT_ROUNDS"] else {
      let all = HaltCell.all(round: 1)
      func chosen(_ reason: HaltReason, _ road: HaltRoad, _ faults: [HaltFault]) -> [HaltCell] {
        all.filter { $0.reason == reason && $0.road == road && faults.contains($0.fault) }
      }
      return chosen(.person, .file, [.none, .silent, .killed, .database]) + chosen(.person, .signal, [.lost, .killed])
        + chosen(.person, .row, [.none, .refused, .redis]) + chosen(.loss, .inside, [.none])
        + chosen(.blindness, .inside, [.none]) + chosen(.divergence, .row, [.killed])
        + chosen(.invariant, .row, [.lost])
    }
    let rounds = try #require(Int(text))
    return (1...max(1, rounds)).flatMap { round in
      // A venue that says nothing is always an alarm, and says little the fifth time.
      HaltCell.all(round: round).filter {
        $0.fault != .silent || round == 1 || (round == 2 && $0.reason != .divergence && $0.reason != .invariant)
      }
    }
  }

  /// How late an order may still be let in, in milliseconds. In the drill it is the promise; among all other tests a machine that is busy
  /// with them may wake a process late.
  private static var admittedMax: Double { environment["HALT_ROUNDS"] == nil ? 500 : 50 }

  @Test(
    "Whatever halts the floor and whatever is broken, nothing is let in any more, and it proves that it is flat or says that it is not"
  )
  func drill() throws {
    var cells = try Self.cells()
    let seed = Seeds.some(1).last!
    var random = SeededGenerator(seed: seed)
    cells.shuffle(using: &random)
    // A floor that has lost is not halted again.
    var lanes = cells.filter { $0.reason == .loss }.map { [$0] }
    let rest = cells.filter { $0.reason != .loss }
    lanes += stride(from: 0, to: rest.count, by: 4).map { Array(rest[$0..<min($0 + 4, rest.count)]) }
    let outcome = try HaltDrill(lanes, report: Self.environment["HALT_REPORT"]).run(
      threads: Self.environment["HALT_LANES"].flatMap { Int($0) } ?? 4)
    #expect(outcome.count == cells.count)
    for result in outcome {
      #expect(result.problems.isEmpty, "\(result.cell): \(result.problems.joined(separator: "; "))")
      #expect(
        result.admitted <= Self.admittedMax, "\(result.cell): an order was let in \(result.admitted) ms after the halt")
      #expect(result.open > 0, "\(result.cell): nothing was open")
      if let word = result.alarm ?? result.flat {
        #expect(word <= (result.cell.fault == .killed ? 6000 : 2500), "\(result.cell): silent for \(word) ms")
      }
    }
    // Of 100 runs in which the venue answers, 99 have nothing open after a second.
    let closed = outcome.filter { $0.cell.fault != .silent }.compactMap(\.closed).sorted()
    if let late = closed.dropLast(closed.count / 100).last { #expect(late <= 1000, "open for \(late) ms") }
    let flat = outcome.count { $0.alarm == nil && $0.flat != nil }
    if Self.environment["HALT_ROUNDS"] != nil { #expect(flat * 100 >= outcome.count * 95) }
  }
}
