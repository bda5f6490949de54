import FloorIOData
import Foundation
import Shared

/// One of the floor's executables, built beside the tests, run as its own process with a birth document. Ended with the value.
public final class ProgramUnderTest {
  private let process: Process

  /// Starts `name` with the document in a 0600 file, its state directory made ready as the boss does.
  public init(_ name: String, birth: BirthDocument, in directory: TemporaryDirectory) throws {
    try FileManager.default.createDirectory(
      atPath: birth.stateDirectory + "/log", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let document = directory.path + "/\(birth.process)-birth.json"
    guard
      FileManager.default.createFile(
        atPath: document, contents: Data(birth.line), attributes: [.posixPermissions: 0o600])
    else { throw TestServersError("could not write \(document)") }
    process = Process()
    process.executableURL = ProgramUnderTest.directory.appending(path: name)
    process.arguments = ["--birth", document]
    try process.run()
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  public var identifier: Int32 { process.processIdentifier }
  public var isRunning: Bool { process.isRunning }

  /// SIGTERM, and the exit status it led to.
  public func stop(within deadline: Duration = .seconds(10)) throws -> Int32 {
    process.terminate()
    try eventuallyTrue("the program ends", within: deadline) { !process.isRunning }
    return process.terminationStatus
  }

  /// Where this build's products lie: beside the test bundle.
  public static let directory: URL = {
    var url = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    // Under `swift test` the running program may be the toolchain's helper; the bundle's path is among its arguments.
    for argument in CommandLine.arguments where argument.hasSuffix(".xctest") {
      url = URL(filePath: argument).deletingLastPathComponent()
    }
    return url
  }()
}
