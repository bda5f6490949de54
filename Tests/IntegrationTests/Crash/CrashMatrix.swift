import FloorTestSupport
import Foundation
import Shared
import Synchronization

@testable import OrderGateway

/// Plays many cells on several floors at once: a floor has one answer of the venue and one seed, and dies at one point after another, in
/// an order by chance, so that each cell finds what another left.
final class CrashMatrix: Sendable {
  struct Lane: Sendable {
    let answer: VenueAnswer
    let seed: UInt64
    let points: [CrashPoint]
  }

  struct Outcome: Sendable {
    var results: [CrashCell.Result] = []
    /// What was wrong with a floor as a whole.
    var failures: [String] = []
    /// Points at which a gateway has died, by its own last words.
    var reached: Set<CrashPoint> = []
  }

  private let lanes: Mutex<[Lane]>
  private let outcome = Mutex(Outcome())
  private let report: Mutex<FileHandle?>

  /// - Parameter report: a file that gets one line for each cell; `nil` writes none.
  init(_ lanes: [Lane], report: String?) throws {
    self.lanes = Mutex(lanes.reversed())
    var file: FileHandle?
    if let report {
      guard FileManager.default.createFile(atPath: report, contents: nil) else {
        throw BenchFailure("cannot write \(report)")
      }
      file = try FileHandle(forWritingTo: URL(filePath: report))
    }
    self.report = Mutex(file)
  }

  /// Blocks until all lanes are through, on that many threads.
  func run(threads: Int) -> Outcome {
    let group = DispatchGroup()
    for _ in 0..<threads {
      group.enter()
      Thread { [self] in
        while let lane = lanes.withLock({ $0.popLast() }) { play(lane) }
        group.leave()
      }.start()
    }
    group.wait()
    return outcome.withLock { $0 }
  }

  private func play(_ lane: Lane) {
    var points = lane.points
    var random = SeededGenerator(seed: lane.seed &+ 77)
    points.shuffle(using: &random)
    while !points.isEmpty {
      // A floor in which something went wrong shows nothing more: the cells after it begin on another.
      let played = playOnOneFloor(lane, points)
      points.removeFirst(max(played, 1))
    }
  }

  /// Returns how many of the points it came through, a failed one included.
  private func playOnOneFloor(_ lane: Lane, _ points: [CrashPoint]) -> Int {
    var played = 0
    do {
      let floor = try CrashFloor(windowsEnd: points.allSatisfy { $0.stage == .payout })
      defer { note(floor) }
      for point in points {
        let result = floor.play(CrashCell(point: point, answer: lane.answer, seed: lane.seed))
        played += 1
        take(result)
        if result.failure != nil { return played }
        // Orders that never arrived close their tokens until that is proven.
        if try floor.unknownCount() > 5 { try floor.close() }
      }
      try floor.close()
    } catch {
      outcome.withLock { $0.failures.append("\(lane.answer.rawValue), seed \(lane.seed): \(error)") }
    }
    return played
  }

  private func note(_ floor: CrashFloor) {
    let words: [String]
    do { words = try floor.deathsWritten() } catch {
      outcome.withLock { $0.failures.append("\(error)") }
      return
    }
    outcome.withLock { $0.reached.formUnion(words.compactMap(CrashPoint.init(rawValue:))) }
  }

  private func take(_ result: CrashCell.Result) {
    outcome.withLock { $0.results.append(result) }
    report.withLock { file in
      do { try file?.write(contentsOf: Data(result.line.utf8)) } catch { print("the report is not written: \(error)") }
    }
  }
}
