import Foundation
import Shared

/// Folders outside the repository that some tests read: protocol vectors and recorded markets. Where they are absent those tests are
/// skipped and say so: `@Test(.enabled(if: ReferenceFiles.vectors.isPresent, ReferenceFiles.vectors.absence))`. A folder that is there and
/// lacks what a test wants is a failure.
public struct ReferenceFiles: Sendable {
  public static let vectors = ReferenceFiles("FLOOR_VECTORS", otherwise: "../shared/reference/vectors")
  public static let data = ReferenceFiles("FLOOR_DATA", otherwise: "../shared/data")

  public let folder: String
  public let absence: String

  private init(_ variable: String, otherwise fallback: String) {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    folder = ProcessInfo.processInfo.environment[variable] ?? root.appending(path: fallback).path
    absence = "\(variable): there is no folder \(folder)"
  }

  public var isPresent: Bool { FileManager.default.fileExists(atPath: folder) }

  /// Names of the files of a folder that end so, sorted. Tests pick from these, so that other days and markets do as well. A test over
  /// none of them would pass without a case: where the reference is present and has none this throws.
  public func files(_ path: String, suffix: String) throws -> [String] {
    guard isPresent else { return [] }
    let place = URL(filePath: folder).appending(path: path).path
    let files = try FileManager.default.contentsOfDirectory(atPath: place).filter { $0.hasSuffix(suffix) }
    guard !files.isEmpty else { throw MissingFiles(folder: place, suffix: suffix) }
    return files.sorted()
  }

  public func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: folder).appending(path: path)))
  }

  public func json(_ path: String) throws -> JSON {
    try JSON.parse(bytes(path), limits: JSONLimits(bytes: 64 << 20))
  }
}

/// A reference folder has no file that ends so.
public struct MissingFiles: Error {
  public let folder: String
  public let suffix: String

  public init(folder: String, suffix: String) {
    self.folder = folder
    self.suffix = suffix
  }
}

/// A reference file lacks what the test reads.
public struct MissingMember: Error { public let key: String }

extension JSON {
  /// The member, or an error that names it.
  public func need(_ key: String) throws -> JSON {
    guard let value = self[key] else { throw MissingMember(key: key) }
    return value
  }

  public func needText(_ key: String) throws -> String {
    guard let text = self[key]?.decimalText else { throw MissingMember(key: key) }
    return text
  }

  public func needInt(_ key: String) throws -> Int64 {
    guard let number = self[key]?.int else { throw MissingMember(key: key) }
    return number
  }
}
