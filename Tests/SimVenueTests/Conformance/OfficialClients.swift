import FloorTestSupport
import Foundation

/// A Python that has the official clients (`Tests/Conformance/requirements.txt`). `scripts/test` installs one; where it cannot, the tests
/// that need it are skipped and say so.
enum OfficialClients {
  static let python =
    ProcessInfo.processInfo.environment["FLOOR_PEERS_PYTHON"] ?? Repository.root + "/.build/peers/bin/python"
  static let absence = "FLOOR_PEERS_PYTHON: there is no Python with the official clients at \(python)"
  static var isPresent: Bool { FileManager.default.isExecutableFile(atPath: python) }

  struct Outcome {
    var status: Int32
    var output: String
    /// Tests that ran, of those that were found.
    var ran: Int
  }

  /// Runs one file of `Tests/Conformance` against a venue, at most `patience` seconds. Holds no thread meanwhile: the tests share few.
  static func run(_ file: String, against venue: RunningVenue, patience: Int = 240) async throws -> Outcome {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/timeout")
    process.arguments = [String(patience), python, "-W", "ignore", "-m", "unittest", "-v", file]
    process.currentDirectoryURL = URL(filePath: Repository.root + "/Tests/Conformance")
    process.environment = [
      "SIM_VENUE_URL": "http://127.0.0.1:\(venue.port)", "SIM_VENUE_TRUTH": venue.data + "/truth.jsonl",
      "PYTHONDONTWRITEBYTECODE": "1", "HOME": venue.data, "PATH": "/usr/bin:/bin",
    ]
    let log = venue.data + "/\(file).log"
    try Data().write(to: URL(filePath: log))
    let sink = try FileHandle(forWritingTo: URL(filePath: log))
    process.standardOutput = sink
    process.standardError = sink
    try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Void, any Error>) in
      process.terminationHandler = { _ in ended.resume() }
      do {
        try process.run()
      } catch {
        process.terminationHandler = nil
        ended.resume(throwing: error)
      }
    }
    try sink.close()
    let output = String(decoding: try Data(contentsOf: URL(filePath: log)), as: UTF8.self)
    let ran = output.firstMatch(of: /Ran (\d+) tests?/).flatMap { Int($0.1) } ?? 0
    return Outcome(status: process.terminationStatus, output: output, ran: ran)
  }
}
