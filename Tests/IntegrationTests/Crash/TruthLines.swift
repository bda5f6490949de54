import Foundation
import Shared

/// A truth log as it grows, line by line. A line that is not whole yet waits.
final class TruthLines {
  let path: String
  private var offset: UInt64 = 0

  init(path: String) { self.path = path }

  /// Gives out the whole lines that have come since the last time.
  func read(_ take: (JSON) throws -> Void) throws {
    guard let file = FileHandle(forReadingAtPath: path) else { throw BenchFailure("no truth log at \(path)") }
    defer {
      do { try file.close() } catch { print("\(path) does not close: \(error)") }
    }
    try file.seek(toOffset: offset)
    var rest: [UInt8] = []
    while let part = try file.read(upToCount: 1 << 22), !part.isEmpty {
      rest += part
      guard let end = rest.lastIndex(of: 0x0A) else { continue }
      for line in rest[...end].split(separator: 0x0A) { try take(JSON.parse([UInt8](line))) }
      offset += UInt64(end + 1)
      rest.removeFirst(end + 1)
    }
  }
}
