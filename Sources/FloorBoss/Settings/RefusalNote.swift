import FloorIOData
import Glibc
import Shared

/// What the last start was refused for, in `<state>/refused`: `floor status` shows it, and the next start knows of it.
///
/// supervisord counts a process that ends within its first second as not started and tries again, whatever its exit status; only the status of
/// one that lived longer is final (`exitcodes`). So the first refusal ends at once, which makes `supervisorctl start floor` report an
/// error, and supervisord's own second try stays for as long as it takes to be final.
enum RefusalNote {
  /// supervisord tries again after one second.
  private static let retryWithin: Duration = .seconds(10)
  private static let startSeconds: Duration = .milliseconds(1500)

  static func path(_ state: String) -> String { state + "/refused" }

  /// Says it, writes it down, and returns when the process may end.
  /// - Parameter isRetry: the start before this one was refused too, a moment ago.
  static func tell(_ refusal: ConfigRefusal, stateDirectory: String, isRetry: Bool) {
    say(refusal.description)
    do {
      try AtomicFile.write(Array((refusal.description + "\n").utf8), to: path(stateDirectory))
    } catch {
      say("\(path(stateDirectory)) cannot be written: \(error)")
    }
    if unsafe getenv("SUPERVISOR_ENABLED") != nil, isRetry { usleep(UInt32(startSeconds.milliseconds * 1000)) }
  }

  /// The configuration is good again.
  /// - Returns: whether the note was a moment old.
  static func remove(stateDirectory: String) throws -> Bool {
    let wasRecent = isRecent(stateDirectory)
    guard unsafe unlink(path(stateDirectory)) == 0 || errno == ENOENT else {
      throw SystemError("unlink", errno, path(stateDirectory))
    }
    return wasRecent
  }

  static func isRecent(_ state: String) -> Bool {
    var status = stat()
    guard unsafe stat(path(state), &status) == 0 else { return false }
    let left = WallTime(nanoseconds: Int64(status.st_mtim.tv_sec) * 1_000_000_000)
    return SystemClock.wall().since(left) < retryWithin
  }
}
