import FloorIOData
import FloorIOVenue
import Glibc
import Shared

/// `floor recording list`.
enum RecordingListing {
  static func run(_ words: [String], _ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    guard words.count <= 1 else { throw FloorFailure(.usage, "give one folder") }
    let folder = words.first ?? instance.stateDirectory + "/recordings"
    do { _ = try DirectoryListing.names(in: folder) } catch {
      throw FloorFailure(
        .usage,
        "\(folder) cannot be listed (\(error)): give a folder, or --state; the feed records where market.record is true"
      )
    }
    let gap = try RecordingCommand.gap(line)
    var rows: [(name: String, summary: RecordingSummary, size: Int, reading: RecordingReader.Reading)] = []
    for path in RecordingReader.files(in: folder) {
      var summary = RecordingSummary(gapAfter: gap, readsEvents: false)
      do {
        let file = try RecordingFile(path: path)
        while let frame = try file.next() { summary.take(frame) }
        rows.append((String(path.dropFirst(folder.count + 1)), summary, try file.size(), file.reading))
      } catch let error as SystemError where error.call == "open" && error.number == ENOENT {
        // The feed removed it meanwhile, to keep within its bound.
      }
    }
    // Names of different kinds say nothing of age; a file without a frame has none.
    rows.sort { one, other in
      let (first, second) = (one.summary.first, other.summary.first)
      guard first != second else { return one.name < other.name }
      return first.map { first in second.map { first < $0 } ?? true } ?? false
    }
    if instance.isJSON {
      let list = rows.map { row -> JSON in
        [
          "file": .string(folder + "/" + row.name), "from": .optional(row.summary.first.map { .text($0) }),
          "to": .optional(row.summary.last.map { .text($0) }), "frames": .int(row.summary.frames),
          "streams": .array(row.summary.streams.keys.sorted().map { .string($0) }),
          "markets": .array(row.summary.markets.map { .text($0.slug) }), "bytes": .int(row.size),
          "gaps": .int(row.summary.gaps), "ended": .bool(row.reading.isEnded),
          "damage": .optional(row.reading.lastDamage.map { .string($0) }),
        ]
      }
      print(JSON.array(list).text)
      return .done
    }
    let cells = rows.map { row -> [String] in
      return [
        row.name, row.summary.first.map { Listing.short($0.description) } ?? "-",
        row.summary.span.map(RecordingCommand.seconds) ?? "-",
        String(row.summary.frames),
        row.summary.streams.keys.sorted().joined(separator: " "), String(row.summary.markets.count),
        RecordingCommand.megabytes(row.size), String(row.summary.gaps),
        row.reading.lastDamage != nil ? "damaged" : row.reading.isEnded ? "" : "not ended",
      ]
    }
    print(Table(["file", "from", "span", "frames", "streams", "markets", "size", "gaps", "state"], cells).text)
    return .done
  }
}
