import Foundation
import Synchronization

/// Plays lanes of cells at once: a lane is one floor, halted and resumed again and again.
final class HaltDrill: Sendable {
  private let lanes: Mutex<[[HaltCell]]>
  private let results = Mutex<[HaltCell.Result]>([])
  private let report: Mutex<FileHandle?>

  /// - Parameter report: a file that gets one line for each cell; `nil` writes none.
  init(_ lanes: [[HaltCell]], report: String?) throws {
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
  func run(threads: Int) -> [HaltCell.Result] {
    let group = DispatchGroup()
    for _ in 0..<threads {
      group.enter()
      Thread { [self] in
        while let lane = lanes.withLock({ $0.popLast() }) { play(lane) }
        group.leave()
      }.start()
    }
    group.wait()
    return results.withLock { $0 }
  }

  private func play(_ lane: [HaltCell]) {
    var floor: HaltFloor?
    for cell in lane {
      do {
        let here = try floor ?? HaltFloor(hasDrawdown: cell.reason == .loss)
        let result = here.play(cell)
        take(result)
        // A floor in which something went wrong shows nothing more.
        floor = result.problems.isEmpty ? here : nil
      } catch {
        floor = nil
        var result = HaltCell.Result(cell: cell)
        result.problems = ["\(error)"]
        take(result)
      }
    }
  }

  private func take(_ result: HaltCell.Result) {
    results.withLock { $0.append(result) }
    report.withLock { file in
      do { try file?.write(contentsOf: Data(result.line.utf8)) } catch { print("the report is not written: \(error)") }
    }
  }
}
