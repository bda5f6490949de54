import FloorIOData
import Glibc
import Shared

/// The journal files under a folder, `<folder>/<day>/<file>`: of a floor's state directory, or a copy of it.
public struct JournalFolder: Hashable, Sendable {
  public struct File: Hashable, Sendable {
    public let day: String
    public let name: JournalName
    public let path: String
  }

  public let directory: String
  /// Each file once, by writer, life and part; a file that is there packed and plain (its packing was cut short) is the plain one.
  public let files: [File]

  /// Throws `SystemError` when the folder cannot be listed.
  public init(_ directory: String) throws {
    self.directory = directory
    var files: [File] = []
    for day in try DirectoryListing.names(in: directory) where JournalName.isDay(day) {
      for text in try DirectoryListing.names(in: directory + "/" + day) {
        guard let name = JournalName(text) else { continue }
        files.append(File(day: day, name: name, path: "\(directory)/\(day)/\(text)"))
      }
    }
    files.sort { a, b in
      (a.name.writer, a.name.life, a.name.part, a.name.isPacked ? 1 : 0)
        < (b.name.writer, b.name.life, b.name.part, b.name.isPacked ? 1 : 0)
    }
    var unique: [File] = []
    for file in files {
      if let last = unique.last?.name, last.writer == file.name.writer, last.life == file.name.life,
        last.part == file.name.part
      {
        continue
      }
      unique.append(file)
    }
    self.files = unique
  }

  /// The days that have files, oldest first.
  public var days: [String] { Set(files.map(\.day)).sorted() }

  private static let bytesMax = 64 << 20

  /// Takes a file apart. Throws when it cannot be read at all.
  public static func read(_ file: File) throws -> JournalBlocks {
    do {
      let bytes = try SmallFile.read(file.path, bytesMax: bytesMax)
      return JournalBlocks(file.name.isPacked ? try PackedFile.unpack(bytes, bytesMax: bytesMax) : bytes)
    } catch let error as SystemError where error.number == ENOENT && !file.name.isPacked {
      // It was packed since the folder was listed.
      var packed = file.name
      packed.isPacked = true
      let folder = file.path.dropLast(file.name.text.utf8.count)
      return try read(File(day: file.day, name: packed, path: folder + packed.text))
    }
  }
}
