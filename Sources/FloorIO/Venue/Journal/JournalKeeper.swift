import FloorIOData
import Glibc
import Shared

/// Packs journal files that are written no more, and removes the oldest, so that all together stay within their bounds of age and size.
/// Never touches a file that is being written: its writer holds a lock on it. One keeper at a time.
public struct JournalKeeper {
  /// What a pass did.
  public struct Report: Hashable, Sendable {
    public var packed = 0
    public var removed = 0
    /// Bytes of all files afterwards.
    public var bytes: Int64 = 0
  }

  private let settings: JournalSettings

  public init(_ settings: JournalSettings) { self.settings = settings }

  /// - Parameter packMax: files to pack at most: each takes some ten milliseconds, and the caller has other work.
  /// - Throws: `SystemError` and `FloorFailure` of the first file that could not be packed or removed; the others were seen to.
  public func pass(at time: WallTime, packMax: Int = 1) throws -> Report {
    var report = Report()
    guard SmallFile.exists(settings.directory) else { return report }
    var failure: (any Error)?
    var kept: [(file: JournalFolder.File, bytes: Int64, changed: Int64)] = []
    for file in try JournalFolder(settings.directory).files {
      do {
        guard let size = try JournalKeeper.status(file.path) else { continue }
        if isTooOld(file.day, at: time) {
          if try remove(file.path) { report.removed += 1 }
        } else if !file.name.isPacked, report.packed < packMax, try pack(file) {
          report.packed += 1
          kept.append((file, size.bytes, size.changed))
        } else {
          kept.append((file, size.bytes, size.changed))
        }
      } catch {
        failure = failure ?? error
      }
    }
    report.bytes = kept.reduce(0) { $0 + $1.bytes }
    kept.sort { ($0.file.day, $0.changed, $0.file.path) < ($1.file.day, $1.changed, $1.file.path) }
    for (file, bytes, _) in kept where report.bytes > settings.bytesMax {
      do {
        if try remove(file.path) {
          report.bytes -= bytes
          report.removed += 1
        }
      } catch {
        failure = failure ?? error
      }
    }
    try removeEmptyDays(at: time)
    if let failure { throw failure }
    return report
  }

  private func isTooOld(_ day: String, at time: WallTime) -> Bool {
    day < JournalName.day(of: time.advanced(by: .seconds(-(settings.days - 1) * 86_400)))
  }

  /// `false`: it is being written.
  private func pack(_ file: JournalFolder.File) throws -> Bool {
    guard let lock = try FileLock.take(file.path) else { return false }
    defer { lock.release() }
    let bytes = try SmallFile.read(file.path, bytesMax: 64 << 20)
    try AtomicFile.write(try PackedFile.pack(bytes), to: file.path + ".zst", isDurable: false)
    guard unsafe unlink(file.path) == 0 else { throw SystemError("unlink", errno, file.path) }
    return true
  }

  /// `false`: it is being written. A file that was packed a moment ago is met under its new name at the next pass.
  private func remove(_ path: String) throws -> Bool {
    guard SmallFile.exists(path) else { return false }
    guard let lock = try FileLock.take(path) else { return false }
    defer { lock.release() }
    guard unsafe unlink(path) == 0 else { throw SystemError("unlink", errno, path) }
    return true
  }

  /// Today's is being filled. One that is not empty stays, and nobody need hear of it.
  private func removeEmptyDays(at time: WallTime) throws {
    for day in try DirectoryListing.names(in: settings.directory)
    where JournalName.isDay(day) && day < JournalName.day(of: time) {
      _ = unsafe rmdir(settings.directory + "/" + day)
    }
  }

  /// `nil` when it is gone.
  private static func status(_ path: String) throws -> (bytes: Int64, changed: Int64)? {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else {
      if errno == ENOENT { return nil }
      throw SystemError("lstat", errno, path)
    }
    return (Int64(status.st_size), Int64(status.st_mtim.tv_sec))
  }
}
