import Glibc
import Shared

/// A process's log: one JSON object a line (`LogLine`) to a file that rotates by size, or to standard error.
///
/// Messages are literals, everything variable is a field: so logs can be grouped and counted. One thread.
public final class Log {
  private enum Sink {
    case file(LogFile)
    case standardError
    case nothing
  }

  private let sink: Sink
  public let process: String
  public var minimum: LogLevel = .info
  /// Lines by level since the start, for metrics.
  public private(set) var counts: [LogLevel: UInt64] = [:]
  /// Lines that the disk did not take since the last one it took.
  private var dropped: UInt64 = 0
  /// Lines that the disk did not take, since the start.
  public private(set) var droppedTotal: UInt64 = 0

  private init(process: String, sink: Sink) {
    self.process = process
    self.sink = sink
  }

  /// Old files that are kept beside the current one.
  private static let olderFiles = 4

  /// `<directory>/<process>.log`, then `.1` … `.4`, which together take `bytesTotal` bytes at most.
  public convenience init(directory: String, process: String, bytesTotal: Int = 64_000_000) throws {
    let file = try LogFile(
      path: "\(directory)/\(process).log", bytesMax: bytesTotal / (Log.olderFiles + 1), filesMax: Log.olderFiles)
    self.init(process: process, sink: .file(file))
  }

  public static func standardError(process: String) -> Log { Log(process: process, sink: .standardError) }

  /// For tests that do not look.
  public static func discarding(process: String = "test") -> Log { Log(process: process, sink: .nothing) }

  public func debug(_ message: StaticString, _ fields: [LogField] = []) { write(.debug, message, fields) }
  public func info(_ message: StaticString, _ fields: [LogField] = []) { write(.info, message, fields) }
  public func warning(_ message: StaticString, _ fields: [LogField] = []) { write(.warning, message, fields) }
  public func error(_ message: StaticString, _ fields: [LogField] = []) { write(.error, message, fields) }

  public func write(_ level: LogLevel, _ message: StaticString, _ fields: [LogField]) {
    guard level >= minimum else { return }
    counts[level, default: 0] += 1
    switch sink {
    case .nothing: return
    case .standardError:
      let line = LogLine.bytes(at: SystemClock.wall(), level, process: process, message.description, fields)
      // A closed standard error is nobody listening.
      _ = unsafe line.withUnsafeBytes { unsafe Glibc.write(2, $0.baseAddress!, $0.count) }
    case .file(let file):
      let now = SystemClock.wall()
      if dropped > 0 {
        let notice = LogLine.bytes(
          at: now, .warning, process: process, "log lines were dropped", [.int("dropped", dropped)])
        if file.write(notice) { dropped = 0 }
      }
      if !file.write(LogLine.bytes(at: now, level, process: process, message.description, fields)) {
        dropped += 1
        droppedTotal += 1
      }
    }
  }
}
