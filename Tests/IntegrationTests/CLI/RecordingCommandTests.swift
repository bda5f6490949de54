import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared
import Testing

@testable import FloorCLI

/// `floor recording` as a program, on real files.
@Suite struct RecordingCommandTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func floor(_ words: [String]) throws -> Command.Output {
    try Command.run(
      try Siblings.path("floor"), ["recording"] + words + ["--state", directory.path], timeout: .seconds(300))
  }

  private func refusal(_ words: [String]) throws -> String {
    let output = try floor(words)
    #expect(!output.succeeded)
    return output.text
  }

  private static let neutral = """
    at_ms,kind,market,yes,no,token,side,price,size
    1000,market,one,11,12,,,,
    1001,book,,,,11,,,
    1001,level,,,,11,BUY,0.4,10
    2000,level,,,,11,BUY,0.41,10
    30000,level,,,,11,BUY,0.42,10

    """

  /// The neutral rows as a recording.
  private func recording() throws -> String {
    let source = directory.path + "/rows.csv"
    try Self.neutral.write(toFile: source, atomically: true, encoding: .utf8)
    let path = directory.path + "/rows.jsonl.zst"
    let output = try floor(["import", "--format", "neutral", source, "--out", path])
    #expect(output.succeeded, "\(output.text)")
    return path
  }

  private func frames(_ path: String) throws -> [RecordedFrame] {
    var frames: [RecordedFrame] = []
    #expect(try RecordingReader.read(path) { frames.append($0) }.isWhole)
    return frames
  }

  @Test("import, list, inspect, cut and verify work on a neutral file") func wholeRound() throws {
    let path = try recording()
    let list = try JSON.parse(try floor(["list", directory.path, "--json"]).text)
    #expect(list.array?.first?["frames"]?.int == 6 && list.array?.first?["gaps"]?.int == 1)
    #expect(try floor(["list", directory.path]).text.contains("rows.jsonl.zst"))
    let inspected = try JSON.parse(try floor(["inspect", path, "--json"]).text)
    let market = inspected["streams"]?.array?.first { $0["stream"] == "market" }
    #expect(market?["events"]?["price_change"]?.int == 2 && market?["events"]?["book"]?.int == 1)
    #expect(try floor(["inspect", path]).text.contains("gap: market silent for 28 s"))
    #expect(try floor(["verify", path]).text.hasPrefix("whole: 1 files, 6 frames"))

    let cut = directory.path + "/cut.jsonl.zst"
    #expect(try floor(["cut", path, "--from", "1.5", "--to", "1970-01-01T00:00:20Z", "--out", cut]).succeeded)
    let all = try frames(path)
    let kept = try frames(cut)
    #expect(kept.filter { $0.stream == "market" } == [all[4]])
    #expect(try floor(["verify", cut]).succeeded)
  }

  @Test("list tells the oldest first, whatever the names, and leaves out a file that is gone when its turn comes")
  func listing() throws {
    for (name, second) in [("b", Int64(100)), ("a", 300), ("c", 200)] {
      let writer = try RecordingFileWriter(path: directory.path + "/\(name).jsonl.zst")
      try writer.append(RecordedFrame(receivedAt: WallTime(seconds: second), stream: "market", frame: [0x7B, 0x7D]))
      try writer.close()
    }
    let empty = try RecordingFileWriter(path: directory.path + "/0.jsonl.zst")
    try empty.close()
    // Named by the folder and not there: as one that the feed removed meanwhile.
    try FileManager.default.createSymbolicLink(
      atPath: directory.path + "/gone.jsonl.zst", withDestinationPath: directory.path + "/nothing")
    let listed = try floor(["list", directory.path, "--json"])
    #expect(listed.succeeded, "\(listed.text)")
    let rows = try #require(try JSON.parse(listed.text).array)
    let names = rows.compactMap { $0["file"]?.string?.split(separator: "/").last.map(String.init) }
    #expect(names == ["b.jsonl.zst", "c.jsonl.zst", "a.jsonl.zst", "0.jsonl.zst"])
    for (row, name) in zip(rows, names) {
      let size = try FileManager.default.attributesOfItem(atPath: directory.path + "/" + name)[.size] as? Int
      #expect(row["bytes"]?.int == size.map(Int64.init), "\(name)")
    }
  }

  @Test("verify names what is wrong, with its place, and its exit status says so") func broken() throws {
    let path = try recording()
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    let short = directory.path + "/short.jsonl.zst"
    try Data(bytes.dropLast(6)).write(to: URL(filePath: short))
    let cutOff = try floor(["verify", short])
    #expect(cutOff.status == .code(1) && cutOff.text.contains("no proper end behind frame"), "\(cutOff.text)")
    let flipped = directory.path + "/flipped.jsonl.zst"
    var spoilt = bytes
    spoilt[spoilt.count - 1] ^= 0x55
    try Data(spoilt).write(to: URL(filePath: flipped))
    let damaged = try floor(["verify", flipped])
    #expect(damaged.status == .code(1) && damaged.text.contains("check sum"), "\(damaged.text)")

    let odd = directory.path + "/odd.jsonl.zst"
    let writer = try RecordingFileWriter(path: odd)
    for (second, text) in [(Int64(5), "{}"), (4, "[["), (4, #"{"event_type":"tea_break"}"#)] {
      try writer.append(
        RecordedFrame(receivedAt: WallTime(seconds: second), stream: "market", frame: Array(text.utf8)))
    }
    try writer.close()
    let verdict = try floor(["verify", odd])
    #expect(verdict.status == .code(1))
    #expect(verdict.text.contains("frame 2: received at 1970-01-01T00:00:04Z, before"), "\(verdict.text)")
    #expect(verdict.text.contains("frame 2: no event of the market channel: [["))
  }

  @Test("errors name the place, the value and the remedy; every verb has its help") func refusals() throws {
    let path = try recording()
    for verb in ["list", "inspect", "cut", "verify", "import"] {
      #expect(try floor([verb, "--help"]).text.hasPrefix("usage: floor recording \(verb)"))
    }
    #expect(try refusal(["dance"]).contains("give list, inspect, cut, verify or import"))
    #expect(try refusal(["inspect", directory.path + "/none"]).contains("/none cannot be read"))
    #expect(
      try refusal(["list", path]).contains(
        "rows.jsonl.zst cannot be listed (opendir \(path): Not a directory): give a folder"))
    #expect(
      try refusal(["list", directory.path + "/none"]).contains(
        "/none cannot be listed (opendir \(directory.path)/none: No such file"))
    #expect(try refusal(["cut", path]).contains("--out FILE is wanted"))
    #expect(try refusal(["cut", path, "--from", "soon", "--out", path + "2"]).contains("--from soon"))
    #expect(try refusal(["cut", path, "--out", path]).contains("is there already"))
    let empty = directory.path + "/empty.jsonl.zst"
    #expect(try refusal(["cut", path, "--from", "99999", "--out", empty]).contains("nothing was recorded then"))
    #expect(!FileManager.default.fileExists(atPath: empty))
    let strange = try floor(["cut", path, "--market", "one", "--market", "btc-updown-5m-179518050", "--out", empty])
    #expect(strange.status == .code(ExitCode.usage.rawValue))
    #expect(
      strange.text.hasSuffix("--market btc-updown-5m-179518050: not followed then; give one of one\n"),
      "\(strange.text)")
    #expect(!FileManager.default.fileExists(atPath: empty))
    #expect(
      try refusal(["import", "--format", "tea", path, "--out", empty]).contains("--format tea: one of btc5m_books"))
    let wrong = try refusal(["import", "--format", "clob_ws_capture", directory.path + "/rows.csv", "--out", empty])
    #expect(wrong.contains("rows.csv, as clob_ws_capture: line 1"), "\(wrong)")
  }

  struct Source: CustomTestStringConvertible, Sendable {
    let format: ImportFormat
    let folder: String
    let suffix: String
    var table: String?
    var testDescription: String { format.rawValue }
  }

  static let sources = [
    Source(format: .books, folder: "btc5m_books/raw", suffix: ".jsonl.gz", table: "btc5m_books/markets.csv"),
    Source(format: .capture, folder: "clob_ws_capture", suffix: ".jsonl.gz", table: "clob_ws_capture/markets.json"),
    Source(format: .multifeed, folder: "btc5m_multifeed", suffix: ".json.gz"),
    Source(format: .sportsEvents, folder: "sports_ws_events_mlb", suffix: ".csv.gz"),
    Source(
      format: .sportsBooks, folder: "sports_books_mlb/raw", suffix: ".jsonl.gz", table: "sports_books_mlb/games.csv"),
    Source(format: .oraclePrices, folder: "chainlink_btc_1hz", suffix: ".csv.gz"),
  ]

  @Test(
    "every shape of the public data sets becomes a whole recording with its markets",
    .enabled(if: ReferenceFiles.data.isPresent, Comment(rawValue: ReferenceFiles.data.absence)), arguments: sources)
  func importsPublicData(source: Source) throws {
    // Another file at each run.
    let name = try #require(try ReferenceFiles.data.files(source.folder, suffix: source.suffix).randomElement())
    print(name)
    let out = directory.path + "/out.jsonl.zst"
    let root = ReferenceFiles.data.folder + "/"
    let table = source.table.map { ["--markets", root + $0] } ?? []
    let imported = try floor(
      ["import", "--format", source.format.rawValue, root + source.folder + "/" + name, "--out", out] + table)
    #expect(imported.succeeded, "\(imported.text)")
    let verified = try floor(["verify", out])
    #expect(verified.succeeded, "\(verified.text.prefix(2000))")
    var summary = RecordingSummary(readsEvents: true)
    for frame in try frames(out) { summary.take(frame) }
    // The shortest file holds two books, which are five frames with what stands before them.
    #expect(summary.frames >= 5)
    if source.format == .oraclePrices {
      #expect(summary.streams["reference"]?.events["crypto_prices_chainlink"] ?? 0 > 1000)
    } else {
      #expect(!summary.markets.isEmpty && summary.streams["market"]?.frames ?? 0 > 0)
    }
  }

  @Test(
    "messages that were recorded as they came are in the recording byte for byte, in their order",
    .enabled(if: ReferenceFiles.data.isPresent, Comment(rawValue: ReferenceFiles.data.absence)))
  func rawStaysRaw() throws {
    let name = try #require(try ReferenceFiles.data.files("clob_ws_capture", suffix: ".jsonl.gz").first)
    let out = directory.path + "/out.jsonl.zst"
    let path = ReferenceFiles.data.folder + "/clob_ws_capture/" + name
    #expect(try floor(["import", "--format", "clob_ws_capture", path, "--out", out]).succeeded)
    let file = try GzipLines(path: path)
    var wanted: [[UInt8]] = []
    while let line = try file.next() {
      let start = try #require(line.firstRange(of: Array("\"payload\":".utf8)))
      wanted.append(Array(line[start.upperBound...].dropLast()))
    }
    #expect(try frames(out).filter { $0.stream == "market" }.map(\.frame) == wanted)
  }
}
