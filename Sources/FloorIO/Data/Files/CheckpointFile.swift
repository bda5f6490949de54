import Shared

/// An owner's checkpoints on disk, two generations: `<name>.a` and `<name>.b`. Each write replaces the older one, so a bad write never
/// costs the good one before it.
public struct CheckpointFile: Sendable {
  public let directory: String
  public let name: String

  /// - Precondition: the name is `[a-z0-9-]{1,60}`.
  public init(directory: String, name: String) {
    precondition(BirthDocument.isName(name), "a checkpoint's name is a plain word")
    self.directory = directory
    self.name = name
  }

  private var paths: [String] { ["a", "b"].map { "\(directory)/\(name).\($0)" } }

  /// The newest whole checkpoint, or `nil` when there is none. Damaged and missing files are passed over; what cannot be read for another
  /// reason is thrown.
  public func load() throws -> CheckpointRecord? {
    try generations().compactMap { $0 }.max { $0.sequence < $1.sequence }
  }

  /// - Throws: `SystemError` when the disk did not take it; the earlier checkpoint is untouched then.
  public func save(_ record: CheckpointRecord, isDurable: Bool = true) throws {
    let found = try generations()
    let target: String
    switch (found[0], found[1]) {
    case (nil, _): target = paths[0]
    case (_, nil): target = paths[1]
    case (let a?, let b?): target = a.sequence < b.sequence ? paths[0] : paths[1]
    }
    try AtomicFile.write(record.bytes, to: target, isDurable: isDurable)
  }

  private func generations() throws -> [CheckpointRecord?] {
    try paths.map { path in
      guard SmallFile.exists(path) else { return nil }
      return CheckpointRecord(try SmallFile.read(path, bytesMax: CheckpointRecord.payloadBytesMax + 64))
    }
  }
}
