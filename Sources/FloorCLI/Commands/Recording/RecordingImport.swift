import FloorIOData
import FloorIOVenue
import Glibc
import Shared

/// `floor recording import`.
enum RecordingImport {
  static func run(_ words: [String], _ line: CommandLineWords) throws -> ExitCode {
    guard words.count == 1, let path = words.first else { throw FloorFailure(.usage, "give one file to import") }
    guard let name = line.option("format"), let format = ImportFormat(rawValue: name) else {
      let known = ImportFormat.allCases.map(\.rawValue).joined(separator: ", ")
      throw FloorFailure(.usage, "--format \(line.option("format") ?? "is missing"): one of \(known) is wanted")
    }
    let lines = try read(path)
    let table = try line.option("markets").map { try read(Instance.absolute($0)) } ?? []
    let rows: [ImportedRow]
    do {
      rows = try format.rows(lines, name: String(path.split(separator: "/").last ?? ""), markets: table)
    } catch {
      throw FloorFailure(.refused, "\(path), as \(name): \(error)")
    }
    let writer = try RecordingCommand.out(line)
    var frames = VenueFrames()
    var written = 0
    do {
      for row in rows {
        for frame in try frames.lines(for: row) {
          try writer.append(frame)
          written += 1
        }
      }
      try writer.close()
    } catch {
      _ = unsafe unlink(writer.path)
      if let error = error as? ImportError { throw FloorFailure(.refused, "\(path), as \(name): \(error)") }
      throw error
    }
    print("\(writer.path): \(rows.count) rows as \(written) lines")
    return .done
  }

  /// The lines of a text file, packed or plain, without their ends and without empty ones; at most the first `most`.
  static func read(_ path: String, most: Int = .max) throws -> [[UInt8]] {
    do {
      let file = try GzipLines(path: path)
      var lines: [[UInt8]] = []
      while lines.count < most, var line = try file.next() {
        if line.last == 0x0D { line.removeLast() }
        if !line.isEmpty { lines.append(line) }
      }
      return lines
    } catch {
      throw FloorFailure(.usage, "\(path) cannot be read: \(error)")
    }
  }
}
