import FloorIOVenue
import Shared

/// Opens recordings for a replay: one look at each file tells what it is.
enum ReplayFiles {
  /// What is wrong with a file.
  struct Problem: Error, Hashable, CustomStringConvertible {
    var description: String
  }

  /// A recorded market: its books (a message a line), or its prices, prints and best prices (one document).
  static func open(_ path: String) throws(Problem) -> Recording {
    let line = try firstLine(path)
    return WireReader.read(line)?["slug"] != nil
      ? try BookRecording(path: path).recording : try PriceRecording(path: path).recording
  }

  static func firstLine(_ path: String) throws(Problem) -> [UInt8] {
    let line: [UInt8]?
    do { line = try GzipLines(path: path).next() } catch { throw Problem(description: "\(path): \(error)") }
    guard let line else { throw Problem(description: "\(path): it is empty") }
    return line
  }

  /// All of a file, packed or plain.
  static func content(_ path: String) throws(Problem) -> [UInt8] {
    var text: [UInt8] = []
    do {
      let reader = try GzipLines(path: path)
      while let line = try reader.next() { text += line + [0x0A] }
    } catch {
      throw Problem(description: "\(path): \(error)")
    }
    return text
  }
}
