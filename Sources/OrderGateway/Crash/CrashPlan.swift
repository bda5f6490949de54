import FloorIOData
import Glibc
import Shared

/// Ends this very process, as `kill -9` would, when it comes to one named point for the n-th time. Only for the crash matrix.
///
/// It comes with the birth document alone: `configuration.crash {"point": "answer_read", "pass": 2}`. No configuration file, argument or
/// environment can set it: the floor's schema has no such key, so the boss cannot tell it to a child, and a document for live trading that
/// has one is refused. Without it a point is one comparison with `nil`.
final class CrashPlan {
  private let point: CrashPoint
  private var passesLeft: Int64
  private let file: AppendFile

  /// `nil` when the document plans no crash.
  static func read(_ birth: BirthDocument) throws -> CrashPlan? {
    guard let plan = birth.configuration["crash"] else { return nil }
    guard birth.configuration["mode"]?.string == "paper" else {
      throw FloorFailure(.configuration, "birth document: a planned crash is for paper trading only")
    }
    guard let point = plan["point"]?.string.flatMap(CrashPoint.init(rawValue:)), let pass = plan["pass"]?.int, pass > 0
    else { throw FloorFailure(.configuration, "birth document: crash needs a point that there is, and a pass from 1") }
    return CrashPlan(
      point, pass: pass,
      file: try AppendFile(birth.stateDirectory + "/log/" + birth.process + ".crashes", isDurable: false))
  }

  private init(_ point: CrashPoint, pass: Int64, file: AppendFile) {
    self.point = point
    passesLeft = pass
    self.file = file
  }

  /// Dies here when this is the pass that was planned, and leaves a line in `<state>/log/<process>.crashes`, which the kernel keeps.
  func reach(_ reached: CrashPoint) {
    guard reached == point else { return }
    passesLeft -= 1
    guard passesLeft == 0 else { return }
    do { try file.append(Array("\(point.rawValue)\n".utf8), isDurable: false) } catch {
      preconditionFailure("a planned crash leaves no line: \(error)")
    }
    kill(getpid(), SIGKILL)
    while true { pause() }
  }
}
