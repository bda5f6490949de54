import Foundation

/// A short 0700 directory of one test, removed with everything in it when released. Short enough for unix sockets.
public final class TemporaryDirectory: Sendable {
  public let path: String

  public init() throws {
    path =
      "/tmp/ft-\(ProcessInfo.processInfo.processIdentifier)-\(String(UInt32.random(in: 0...UInt32.max), radix: 36))"
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
  }

  deinit {
    do { try FileManager.default.removeItem(atPath: path) } catch { print("could not remove \(path): \(error)") }
  }
}
