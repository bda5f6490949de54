import FloorIOData
import Shared

/// A journal of the gateway: one line a record: length, SHA-256, JSON. A record counts once its `append` returned: it is then on the disk.
/// A torn last line is what a crash leaves, and is cut. What was done while PostgreSQL was away stands in one, the paper account in another.
final class JournalFile {
  private let file: AppendFile
  private(set) var records = 0

  /// A longer file, or a longer record in it, is none of ours.
  private static let bytesMax = 64 << 20

  init(directory: String, name: String = "gateway.journal") throws {
    file = try AppendFile(directory + "/" + name)
  }

  /// Begins it anew with this one record, in the place of all that it held: the old file stands until the new one is whole.
  init(directory: String, name: String, startingWith record: JSON) throws {
    try AtomicFile.write(Self.line(record), to: directory + "/" + name)
    file = try AppendFile(directory + "/" + name)
    records = 1
  }

  /// Bytes in it.
  var size: Int { file.size }

  private static func line(_ record: JSON) -> [UInt8] {
    let text = record.text
    return Array("\(text.utf8.count) \(Hex.text(SHA256.digest(text.utf8))) \(text)\n".utf8)
  }

  /// Appends and waits for the disk. Throws when either failed: the caller must then not act.
  func append(_ record: JSON) throws {
    try file.append(Self.line(record), isDurable: true)
    records += 1
  }

  /// All records. A last line without its end is what a crash leaves of an append that never returned: it is cut, so that what is appended
  /// later can be read. Any other damage throws `.configuration`, and nothing is cut: what stands behind it happened.
  func load() throws -> [JSON] {
    let bytes = try SmallFile.read(file.path, bytesMax: Self.bytesMax)
    var out: [JSON] = []
    var start = 0
    while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
      guard let record = Self.record(bytes[start..<end]) else {
        throw FloorFailure(
          .configuration,
          "\(file.path): line \(out.count + 1) is damaged; move the file away, and compare the account by hand")
      }
      out.append(record)
      start = end + 1
    }
    if start < bytes.count { try file.cut(to: start) }
    records = out.count
    return out
  }

  /// `nil` when length and sum do not fit what stands there.
  private static func record(_ line: ArraySlice<UInt8>) -> JSON? {
    let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
    guard parts.count == 3, let length = Int(String(decoding: parts[0], as: UTF8.self)), parts[2].count == length,
      Hex.text(SHA256.digest(parts[2])) == String(decoding: parts[1], as: UTF8.self)
    else { return nil }
    do throws(JSONError) { return try JSON.parse(Array(parts[2]), limits: JSONLimits(bytes: bytesMax)) } catch {
      return nil
    }
  }

  /// Everything in it is in the record now.
  func clear() throws {
    guard records > 0 else { return }
    try file.cut(to: 0)
    records = 0
  }
}
