import FloorIOData
import Shared

/// What the gateway did while PostgreSQL was away: one line a record: length, SHA-256, JSON. A
/// record counts once its `append` returned: it is then on the disk. A torn last line is what a crash leaves, and is cut.
final class JournalFile {
  private let file: AppendFile
  private(set) var records = 0

  init(directory: String) throws {
    file = try AppendFile(directory + "/gateway.journal")
  }

  /// Appends and waits for the disk. Throws when either failed: the caller must then not act.
  func append(_ record: JSON) throws {
    let text = record.text
    let line = "\(text.utf8.count) \(Hex.text(SHA256.digest(text.utf8))) \(text)\n"
    try file.append(Array(line.utf8), isDurable: true)
    records += 1
  }

  /// All whole records. What follows the first damaged line is not trusted, and is cut: what is appended later must be readable.
  func load() throws -> [JSON] {
    let bytes = try SmallFile.read(file.path, bytesMax: 64 << 20)
    var out: [JSON] = []
    var good = 0
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
      guard parts.count == 3, let length = Int(String(decoding: parts[0], as: UTF8.self)), parts[2].count == length,
        Hex.text(SHA256.digest(parts[2])) == String(decoding: parts[1], as: UTF8.self)
      else { break }
      guard good + line.count < bytes.count else { break }
      do throws(JSONError) { out.append(try JSON.parse(Array(parts[2]))) } catch { break }
      good += line.count + 1
    }
    if good < bytes.count { try file.cut(to: good) }
    records = out.count
    return out
  }

  /// Everything in it is in the record now.
  func clear() throws {
    guard records > 0 else { return }
    try file.cut(to: 0)
    records = 0
  }
}
