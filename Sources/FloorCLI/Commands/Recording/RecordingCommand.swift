import FloorIOData
import FloorIOVenue
import Shared

/// `floor recording`: what the feed has recorded (docs/recordings.md).
enum RecordingCommand {
  static let command = FloorCommand(
    name: "recording", summary: "list, inspect, cut, verify and import recordings of the venue's streams",
    usage: "list|inspect|cut|verify|import …",
    details: """
      list [DIR]                     the recordings of a folder (default: STATE/recordings)
      inspect FILE…                  streams, events, markets, times and gaps of one recording or several that follow each other
      cut FILE… --out FILE           a stretch, a few markets, as a recording that can be played by itself
      verify FILE…                   check sums, ends, order, frames; exit status 1 and a line for each problem
      import --format NAME FILE --out FILE   other people's recordings

      floor recording VERB --help tells more. A TIME is ISO 8601 (2026-11-29T12:00:00Z), or seconds since 1970.
      sim-venue --source frames FILE… plays recordings.
      """, options: ["from", "to", "market", "out", "format", "markets", "gap"], verbDetails: verbs, run: run)

  private static let verbs = [
    "list": """
    usage: floor recording list [DIR] [--gap SECONDS] [--json]

    One line a file of DIR (default: STATE/recordings), oldest first: time of receipt of the first and the last frame, frames, streams,
    markets followed, compressed size, gaps of the venue's streams (silence of --gap seconds, default 10).
    """,
    "inspect": """
    usage: floor recording inspect FILE… [--gap SECONDS] [--json]

    Of the files taken together, in the order given: each stream with its frames, bytes, first and last time, rate and gaps; each kind
    of event with its count; the markets followed; the market clock; the venue's first and last stamp.
    """,
    "cut": """
    usage: floor recording cut FILE… [--from TIME] [--to TIME] [--market SLUG]… --out FILE

    Writes the frames received from --from on and before --to, as they are. Before them stand the market clock, the markets followed and
    their books at that moment, so that the cut can be played by itself. --market (again for more) keeps the frames that speak of these
    markets, and all reference prices; one that was not followed then is refused. FILE of --out must not exist.
    """,
    "verify": """
    usage: floor recording verify FILE… [--json]

    Checks each file: compression and check sum, a proper end, lines that read, times that do not run back, frames that decode, marks
    that agree with each other. A line for each problem; exit status 1 when there is one.
    """,
    "import": """
    usage: floor recording import --format NAME FILE [--markets TABLE] --out FILE

    Writes FILE (plain or gzip) as a recording. Messages that were recorded as they came stay as they are; what was recorded in other
    shapes is written in the venue's. Formats:
    \(ImportFormat.allCases.map { "  \($0.rawValue.padded(to: 22))\($0.summary)" }.joined(separator: "\n"))
    The neutral form is described in docs/recordings.md. FILE of --out must not exist.
    """,
  ]

  private static func run(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    let words = line.words.dropFirst().map(Instance.absolute)
    switch line.words.first {
    case "list": return try RecordingListing.run(words, line, instance)
    case "inspect": return try RecordingInspection.run(files(words), line, instance)
    case "cut": return try RecordingCutting.run(files(words), line)
    case "verify": return try RecordingVerification.run(files(words), instance)
    case "import": return try RecordingImport.run(words, line)
    default: throw FloorFailure(.usage, "give list, inspect, cut, verify or import; see floor recording --help")
    }
  }

  private static func files(_ words: [String]) throws -> [String] {
    guard !words.isEmpty else { throw FloorFailure(.usage, "give at least one recording (*.jsonl.zst)") }
    return words
  }

  /// Opens a recording that must be there.
  static func open(_ path: String) throws -> RecordingFile {
    do { return try RecordingFile(path: path) } catch {
      throw FloorFailure(.usage, "\(path) cannot be read (\(error)): give a recording, see floor recording list")
    }
  }

  /// Where the answer goes: a new file.
  static func out(_ line: CommandLineWords) throws -> RecordingFileWriter {
    guard let path = line.option("out").map(Instance.absolute) else {
      throw FloorFailure(.usage, "--out FILE is wanted: where the recording goes")
    }
    guard path.hasSuffix(".jsonl.zst") else {
      throw FloorFailure(.usage, "--out \(path): recordings are named *.jsonl.zst")
    }
    guard !SmallFile.exists(path) else {
      throw FloorFailure(.usage, "--out \(path) is there already: remove it or give another name")
    }
    do { return try RecordingFileWriter(path: path) } catch {
      throw FloorFailure(.usage, "--out \(path) cannot be made: \(error)")
    }
  }

  static func gap(_ line: CommandLineWords) throws -> Duration {
    .seconds(Int64(try line.whole("gap", default: 10, in: 1...86_400)))
  }

  static func time(_ line: CommandLineWords, _ option: String) throws -> WallTime? {
    guard let text = line.option(option) else { return nil }
    if let nanoseconds = CivilTime.nanoseconds(parsing: text) { return WallTime(nanoseconds: nanoseconds) }
    if let seconds = WallTime(seconds: text) { return seconds }
    throw FloorFailure(.usage, "--\(option) \(text): 2026-11-29T12:00:00Z or seconds since 1970 are wanted")
  }

  static func megabytes(_ bytes: Int) -> String { "\(Decimal6.text(Int64(bytes) / 10_000 * 10_000)) MB" }

  /// A duration in seconds, to the tenth.
  static func seconds(_ duration: Duration) -> String { Decimal6.text(duration.milliseconds / 100 * 100_000) + " s" }
}
