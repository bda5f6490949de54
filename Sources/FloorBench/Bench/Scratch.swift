import FloorIOData
import Glibc

/// A measurement that could not be made, in words.
struct BenchFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// A short 0700 directory for a measurement's servers.
struct Scratch {
  let path: String

  init() throws {
    path = "/tmp/floor-bench-\(getpid())"
    guard unsafe mkdir(path, 0o700) == 0 else { throw BenchFailure("\(path) cannot be made (error \(errno))") }
  }

  /// Best effort: what stays behind lies in a temporary directory.
  func remove() {
    do {
      _ = try Command.run("/bin/rm", ["-rf", path], timeout: .seconds(10))
    } catch {
      print("could not remove \(path): \(error)")
    }
  }
}
