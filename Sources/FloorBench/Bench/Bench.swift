import FloorIOData
import Glibc
import Shared

/// What every measurement needs: a loop, a scratch directory, where the programs and the installation are.
final class Bench {
  let loop: EventLoop
  let scratch: Scratch
  /// Folder of this program; the floor's other programs are beside it.
  let programs: String
  /// The installation: the nearest folder above the program that holds `scripts/lib/test-servers`.
  let root: String

  init() throws {
    loop = try EventLoop()
    scratch = try Scratch()
    var buffer = [CChar](repeating: 0, count: 4096)
    let length = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
    guard length > 0 else { throw SystemError("readlink", errno) }
    let path = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    var folders = path.split(separator: "/").dropLast()
    programs = "/" + folders.joined(separator: "/")
    while !folders.isEmpty, !SmallFile.exists("/" + folders.joined(separator: "/") + "/scripts/lib/test-servers") {
      folders = folders.dropLast()
    }
    guard !folders.isEmpty else {
      scratch.remove()
      throw BenchFailure("no installation above \(path): run the program where it was built")
    }
    root = "/" + folders.joined(separator: "/")
  }

  /// Those of the environment's variables that are set.
  static func variables(_ names: [String]) -> [String: String] {
    var found: [String: String] = [:]
    for name in names {
      if let value = unsafe getenv(name) { found[name] = unsafe String(cString: value) }
    }
    return found
  }

  /// A whole file; the error names what could not be read.
  static func text(_ path: String) throws -> String {
    String(decoding: try SmallFile.read(path, bytesMax: 64 << 20), as: UTF8.self)
  }

  /// What a process left in a file, or why that cannot be read: for the words of a failure.
  static func said(_ path: String) -> String {
    do { return try text(path) } catch { return "(\(error))" }
  }

  /// Turns the loop until the condition holds.
  func wait(_ what: String, limit: Duration = .seconds(10), _ condition: () throws -> Bool) throws {
    let deadline = SystemClock.monotonic().advanced(by: limit)
    while try !condition() {
      guard SystemClock.monotonic() < deadline else { throw BenchFailure("\(what): not within \(limit)") }
      try loop.turn(timeout: .milliseconds(5))
    }
  }

  /// Turns the loop for that long.
  func pause(_ span: Duration) throws { _ = try loop.turn(until: { false }, limit: span) }

  /// A child of ours whose output goes to a file in the scratch directory.
  func child(
    _ executable: String, _ arguments: [String], output: String, birth: BirthDocument? = nil,
    workingDirectory: String = "/"
  ) throws -> ChildProcess {
    try ChildProcess.spawn(
      ChildSpecification(
        executable: executable, arguments: arguments, workingDirectory: workingDirectory,
        output: .file(scratch.path + "/" + output), birth: birth), on: loop
    ) { _ in }
  }
}
