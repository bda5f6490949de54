import FloorTestSupport
import Foundation
import Shared
import Testing

/// A `sim-venue` of one test: its own data, its own port, ended with the object.
final class SimVenueProcess {
  let directory: TemporaryDirectory
  let credentials: JSON
  let base: String
  private let process = Process()

  init(_ arguments: [String] = []) throws {
    directory = try TemporaryDirectory()
    let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "sim-venue")
    process.executableURL = program
    process.arguments = ["--port", "0", "--data", directory.path] + arguments
    let output = directory.path + "/ready"
    try #require(FileManager.default.createFile(atPath: output, contents: nil))
    let handle = try FileHandle(forWritingTo: URL(filePath: output))
    process.standardOutput = handle
    process.standardError = handle
    try process.run()
    let mark = "ready on "
    base = try eventually("sim-venue's ready line", within: .seconds(90)) {
      let text = String(decoding: try Data(contentsOf: URL(filePath: output)), as: UTF8.self)
      guard let range = text.range(of: mark), text.hasSuffix("\n") else { return nil }
      return text[range.upperBound...].trimmingCharacters(in: .whitespacesAndNewlines)
    }
    credentials = try JSON.parse(
      [UInt8](try Data(contentsOf: URL(filePath: directory.path + "/credentials.json"))))
  }

  /// The venue's own account of what happened: lines of its truth log.
  func truth() throws -> [JSON] {
    try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { $0.contains("truth") }.sorted()
      .flatMap { file in
        try String(contentsOfFile: directory.path + "/" + file, encoding: .utf8).split(separator: "\n")
          .map { try JSON.parse(String($0)) }
      }
  }

  var socketBase: String { "ws" + base.dropFirst(4) }

  deinit {
    process.terminate()
    process.waitUntilExit()
  }
}
