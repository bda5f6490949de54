import Foundation
import Testing

/// A certificate authority of one test, with a certificate for localhost and 127.0.0.1.
public final class TestAuthority: Sendable {
  public let directory: TemporaryDirectory
  public var authority: String { directory.path + "/ca.pem" }
  public var certificate: String { directory.path + "/cert.pem" }
  public var key: String { directory.path + "/key.pem" }

  public init() throws {
    directory = try TemporaryDirectory()
    let made = Process()
    made.executableURL = URL(filePath: Repository.root + "/scripts/test-authority")
    made.arguments = [directory.path]
    made.standardOutput = FileHandle.nullDevice
    try made.run()
    made.waitUntilExit()
    try #require(made.terminationStatus == 0, "scripts/test-authority failed")
  }
}
