import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

@testable import FloorIOVenue

@Suite("Recordings")
struct RecordingTests {
  static func frames(_ count: Int, seed: UInt64, bytes: Int = 400) -> [RecordedFrame] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { number in
      // Random letters compress badly: sizes are predictable. Some frames carry what must be escaped.
      let text = (0..<bytes).map { _ in UInt8.random(in: 97...122, using: &random) }
      return RecordedFrame(
        receivedAt: WallTime(nanoseconds: 1_795_180_500_000_000_000 + Int64(number) * 1_000_000),
        stream: number % 2 == 0 ? "market" : "reference", frame: Array("[\"žluť\"\n\\".utf8) + text)
    }
  }

  static func readAll(_ directory: String) throws -> (frames: [RecordedFrame], whole: [Bool]) {
    var frames: [RecordedFrame] = []
    let whole = try RecordingReader.files(in: directory, prefix: "raw").map { file in
      try RecordingReader.read(file) { frames.append($0) }.isWhole
    }
    return (frames, whole)
  }

  @Test("What is written is read back, over several files, in order")
  func roundTrip() throws {
    let directory = try TemporaryDirectory()
    let writer = RecordingWriter(directory: directory.path, prefix: "raw", fileBytes: 400_000, totalBytes: 1 << 30)
    let frames = Self.frames(5000, seed: 1)
    for frame in frames { try writer.append(frame) }
    try writer.close()
    let read = try Self.readAll(directory.path)
    #expect(read.frames == frames)
    #expect(read.whole.count > 1 && read.whole.allSatisfy { $0 })
  }

  @Test("Every file begins with its head, made for the time of the frame that comes next")
  func head() throws {
    let directory = try TemporaryDirectory()
    let writer = RecordingWriter(directory: directory.path, prefix: "raw", fileBytes: 200_000, totalBytes: 1 << 30)
    var heads: [RecordedFrame] = []
    writer.head = { time in
      let head = RecordedFrame(receivedAt: time, stream: "feed", frame: Array("{\"number\":\(heads.count)}".utf8))
      heads.append(head)
      return [head]
    }
    let frames = Self.frames(3000, seed: 5)
    for frame in frames { try writer.append(frame) }
    try writer.close()
    let files = RecordingReader.files(in: directory.path, prefix: "raw")
    #expect(files.count > 2 && files.count == heads.count)
    var kept: [RecordedFrame] = []
    for (path, head) in zip(files, heads) {
      var all: [RecordedFrame] = []
      _ = try RecordingReader.read(path) { all.append($0) }
      #expect(all.first == head && all[1].receivedAt == head.receivedAt)
      kept += all.dropFirst()
    }
    #expect(kept == frames)
  }

  @Test("The files together stay below the bound, and the newest frames are kept")
  func bounded() throws {
    let directory = try TemporaryDirectory()
    let writer = RecordingWriter(directory: directory.path, prefix: "raw", fileBytes: 100_000, totalBytes: 500_000)
    let frames = Self.frames(8000, seed: 2)
    for frame in frames { try writer.append(frame) }
    try writer.close()
    let files = RecordingReader.files(in: directory.path, prefix: "raw")
    let sizes = try files.map { try FileManager.default.attributesOfItem(atPath: $0)[.size] as? Int ?? 0 }
    // Each file may pass its size by what one compression step holds back.
    #expect(sizes.reduce(0, +) <= 500_000 + 256 << 10, "\(sizes)")
    let read = try Self.readAll(directory.path)
    #expect(read.frames.last == frames.last && read.frames.count < frames.count && read.frames.count > 500)
    #expect(read.frames == Array(frames.suffix(read.frames.count)))
  }

  @Test("A writer that was killed loses only what came after its last flush")
  func killed() throws {
    let directory = try TemporaryDirectory()
    let writer = RecordingWriter(directory: directory.path, prefix: "raw", totalBytes: 1 << 30)
    let frames = Self.frames(300, seed: 3)
    for frame in frames[..<200] { try writer.append(frame) }
    try writer.flush()
    for frame in frames[200...] { try writer.append(frame) }
    // Not closed: as the file stands now.
    let read = try Self.readAll(directory.path)
    #expect(read.frames.count >= 200 && read.frames == Array(frames.prefix(read.frames.count)))
    #expect(read.whole == [false])
  }

  /// A zstd file of one uncompressed block.
  static func stored(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    precondition(bytes.count < 256)
    let block = UInt32(bytes.count) << 3 | 1
    return [0x28, 0xB5, 0x2F, 0xFD, 0x20, UInt8(bytes.count)] + (0..<3).map { UInt8(block >> ($0 * 8) & 0xFF) } + bytes
  }

  @Test("Damaged lines are left out and counted, and the last is named with its reason")
  func damagedLines() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/raw-1.jsonl.zst"
    let text = """
      {"wall_ns":1,"stream":"market","raw":[1]}
      {"wall_ns":"x","stream":"market","raw":[2]}
      {"wall_ns":3,"stream":"feed","frame":"three"}
      {"wall_ns":4,"stream":"market","ra
      {"wall_ns":5,"stream":"feed","raw":}

      """
    try Data(Self.stored(text)).write(to: URL(filePath: path))
    var frames: [RecordedFrame] = []
    let reading = try RecordingReader.read(path) { frames.append($0) }
    #expect(frames.map(\.receivedAt.nanoseconds) == [1, 3, 5])
    #expect(frames.map(\.frame) == ["[1]", "three", ""].map { Array($0.utf8) })
    #expect(reading.isEnded && !reading.isWhole && reading.damagedLines == 2)
    #expect(reading.lastDamage?.hasPrefix("line 4: ") == true, "\(reading)")
    #expect { try RecordedFrame(line: Array(#"{"wall_ns":"x","stream":"market","raw":[2]}"#.utf8)[...]) } throws: {
      "\($0)" == "no wall_ns"
    }
  }

  @Test(
    "A file is whole whatever its length, that which fills the reader's space to the last byte included",
    arguments: [(256 << 10) - 1, 256 << 10, (256 << 10) + 1, 512 << 10])
  func exactlyFull(bytes: Int) throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/raw-1.jsonl.zst"
    let writer = try RecordingFileWriter(path: path)
    func frame(_ letters: Int) -> RecordedFrame {
      RecordedFrame(
        receivedAt: WallTime(seconds: 1), stream: "market", frame: [UInt8](repeating: UInt8(ascii: "x"), count: letters)
      )
    }
    var head: [UInt8] = []
    frame(1).append(to: &head)
    try writer.append(frame(bytes - head.count + 1))
    try writer.close()
    let file = try RecordingFile(path: path)
    var count = 0
    while try file.next() != nil { count += 1 }
    #expect(count == 1 && file.bytes == bytes && file.reading.isWhole, "\(file.reading)")
  }

  @Test("What has no line in it is given up as no recording, and not kept in memory to its end")
  func endlessLine() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/raw-1.jsonl.zst"
    let writer = try RecordingFileWriter(path: path)
    try writer.append(
      RecordedFrame(
        receivedAt: WallTime(seconds: 1), stream: "market",
        frame: [UInt8](repeating: UInt8(ascii: "x"), count: 3 << 20)))
    try writer.append(RecordedFrame(receivedAt: WallTime(seconds: 2), stream: "market", frame: [0x7B, 0x7D]))
    try writer.close()
    let file = try RecordingFile(path: path, lineMax: 1 << 20)
    #expect(try file.next() == nil)
    #expect(try file.next() == nil)
    #expect(file.reading.lastDamage == "line 1: longer than 1048576 bytes" && !file.reading.isEnded)
    var count = 0
    #expect(try RecordingReader.read(path) { _ in count += 1 }.isWhole && count == 2)
  }

  @Test("What cannot be read is an error at every call") func unreadable() throws {
    let directory = try TemporaryDirectory()
    let file = try RecordingFile(path: directory.path)
    for _ in 0..<2 {
      #expect { try file.next() } throws: { ($0 as? SystemError)?.number == EISDIR }
    }
  }

  @Test("Compression that is damaged is told with the place and the reason")
  func damagedCompression() throws {
    let directory = try TemporaryDirectory()
    var bytes = Self.stored("{\"wall_ns\":1,\"stream\":\"market\",\"raw\":[1]}\n")
    bytes += [0, 1, 2, 3, 4, 5, 6, 7]
    try Data(bytes).write(to: URL(filePath: directory.path + "/raw-1.jsonl.zst"))
    var count = 0
    let partly = try RecordingReader.readAll(in: directory.path, prefix: "raw") { _ in count += 1 }
    #expect(count == 1 && partly.count == 1)
    let reading = try #require(partly.first?.reading)
    #expect(!reading.isEnded && reading.damagedLines == 0)
    #expect(reading.lastDamage?.hasPrefix("after line 1: ") == true, "\(reading)")
  }

  @Test("A directory that is not there is an error, not a crash; tried again after a while, and until then not at all")
  func missingDirectory() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/later"
    let writer = RecordingWriter(directory: path, prefix: "raw", totalBytes: 1 << 30)
    let frames = Self.frames(12_000, seed: 4, bytes: 1)
    #expect(throws: SystemError.self) { try writer.append(frames[0]) }
    #expect(writer.isRefused)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    var refused = 1
    for frame in frames[1...] {
      do throws(SystemError) { try writer.append(frame) } catch {
        #expect(error.number == ENOENT)
        refused += 1
      }
    }
    // A frame comes every millisecond.
    #expect(refused == 10_000 && writer.lost == refused && writer.isRefused)
    try writer.flush()
    #expect(!writer.isRefused)
    try writer.close()
    #expect(try Self.readAll(path).frames == Array(frames[refused...]))
  }
}
