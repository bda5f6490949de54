import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared
import Testing

@Suite("Journals on the disk")
struct DayJournalTests {
  /// 2026-11-30T12:00:00Z.
  static let noon = WallTime(nanoseconds: CivilTime.nanoseconds(parsing: "2026-11-30T12:00:00Z")!)

  /// A folder, and who writes there.
  struct Desk {
    let directory: TemporaryDirectory
    let log: Log
    var settings: JournalSettings

    init() throws {
      directory = try TemporaryDirectory()
      log = try Log(directory: directory.path, process: "test")
      settings = JournalSettings(directory: directory.path + "/replay", freeMinMicros: 0)
    }

    func journal(_ life: String, fileBytes: Int = DayJournal.fileBytes, writer: String = "agent-a") -> DayJournal {
      DayJournal(settings, writer: writer, life: life, log: log, fileBytes: fileBytes)
    }

    func files() throws -> [JournalFolder.File] { try JournalFolder(settings.directory).files }

    func count(_ message: String) throws -> Int {
      try String(contentsOfFile: directory.path + "/test.log", encoding: .utf8).components(separatedBy: message).count
        - 1
    }
  }

  @Test("Blocks come back in order, from files by day and by size, numbered through")
  func files() throws {
    let desk = try Desk()
    let journal = desk.journal("1", fileBytes: 100)
    let tomorrow = DayJournalTests.noon.advanced(by: .seconds(43_200))
    for (time, byte) in [(DayJournalTests.noon, 1), (DayJournalTests.noon, 2), (tomorrow, 3)] as [(WallTime, UInt8)] {
      #expect(journal.append([UInt8](repeating: byte, count: 95), at: time))
    }
    let files = try desk.files()
    #expect(files.map(\.day) == ["2026-11-30", "2026-11-30", "2026-12-01"] && files.map(\.name.part) == [1, 2, 3])
    let read = try files.map { try JournalFolder.read($0) }
    #expect(read.allSatisfy { $0.damage == nil })
    #expect(read.flatMap { $0.payloads.map { $0.first } } == [1, 2, 3])
    #expect(try desk.files().map(\.name.life) == ["1", "1", "1"])
  }

  @Test("A block that is too large is lost and told, and the writer goes on")
  func tooLarge() throws {
    let desk = try Desk()
    let journal = desk.journal("1")
    let later = DayJournalTests.noon.advanced(by: .seconds(11))
    #expect(!journal.append([UInt8](repeating: 1, count: JournalBlocks.payloadMax + 1), at: DayJournalTests.noon))
    #expect(try desk.count("journal not written") == 1)
    #expect(journal.append([2], at: later))
    #expect(try desk.files().flatMap { try JournalFolder.read($0).payloads.map(Array.init) } == [[2]])
  }

  @Test("A file that is written is left alone; afterwards it is packed and says the same")
  func packing() throws {
    let desk = try Desk()
    var journal: DayJournal? = desk.journal("1")
    let payload = [UInt8](repeating: 9, count: 5000)
    #expect(journal?.append(payload, at: DayJournalTests.noon) == true)
    let keeper = JournalKeeper(desk.settings)
    #expect(try keeper.pass(at: DayJournalTests.noon).packed == 0)
    #expect(journal?.append([1], at: DayJournalTests.noon) == true)
    journal = nil
    #expect(try keeper.pass(at: DayJournalTests.noon).packed == 1)
    let file = try #require(try desk.files().first)
    #expect(file.name.isPacked)
    #expect(try JournalFolder.read(file).payloads.map(Array.init) == [payload, [1]])
    let size = try FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int
    #expect(try #require(size) < 500)
    let again = try keeper.pass(at: DayJournalTests.noon)
    #expect(again.packed == 0 && again.removed == 0 && again.bytes == size.map { Int64($0) })

    var bytes = try Array(Data(contentsOf: URL(filePath: file.path)))
    bytes[bytes.count / 2] ^= 1
    try Data(bytes).write(to: URL(filePath: file.path))
    #expect(throws: FloorFailure.self) { try JournalFolder.read(file) }
  }

  @Test("What is older than the days that are kept goes, and of the rest the oldest when it is too much")
  func bounds() throws {
    var desk = try Desk()
    for (day, life) in [(-3, "1"), (-2, "2"), (-1, "3"), (0, "4")] as [(Int64, String)] {
      let time = DayJournalTests.noon.advanced(by: .seconds(day * 86_400))
      var random = SeededGenerator(seed: UInt64(life)!)
      #expect(desk.journal(life).append((0..<1000).map { _ in UInt8.random(in: 0...255, using: &random) }, at: time))
    }
    desk.settings.days = 3
    let report = try JournalKeeper(desk.settings).pass(at: DayJournalTests.noon, packMax: 0)
    #expect(report.removed == 1 && report.bytes == 3 * 1008)
    #expect(try desk.files().map(\.name.life) == ["2", "3", "4"])
    desk.settings.bytesMax = 1500
    #expect(try JournalKeeper(desk.settings).pass(at: DayJournalTests.noon, packMax: 0).bytes == 1008)
    #expect(try desk.files().map(\.name.life) == ["4"])
    #expect(try DirectoryListing.names(in: desk.settings.directory) == ["2026-11-30"])
    // The newest is being written: no bound takes it.
    let open = desk.journal("5")
    #expect(open.append([1], at: DayJournalTests.noon))
    desk.settings.bytesMax = 1
    _ = try JournalKeeper(desk.settings).pass(at: DayJournalTests.noon, packMax: 0)
    #expect(try desk.files().map(\.name.life) == ["5"])
    withExtendedLifetime(open) {}
  }

  @Test("Where less of the disk is free than must be, nothing is written; that is said once, and so is the end of it")
  func disk() throws {
    var desk = try Desk()
    desk.settings.freeMinMicros = 101_000_000
    let refused = desk.journal("1")
    for second in 0..<30 {
      #expect(!refused.append([1], at: DayJournalTests.noon.advanced(by: .seconds(Int64(second)))))
    }
    #expect(!SmallFile.exists(desk.settings.directory))
    #expect(try desk.count("journal not written") == 1)

    // A folder that cannot be made, and then can.
    desk.settings.freeMinMicros = 0
    try Data().write(to: URL(filePath: desk.settings.directory))
    let journal = desk.journal("2")
    #expect(!journal.append([2], at: DayJournalTests.noon))
    #expect(!journal.append([3], at: DayJournalTests.noon.advanced(by: .seconds(1))))
    try FileManager.default.removeItem(atPath: desk.settings.directory)
    #expect(
      !journal.append([4], at: DayJournalTests.noon.advanced(by: .seconds(9))), "nothing is tried for ten seconds")
    #expect(journal.append([5], at: DayJournalTests.noon.advanced(by: .seconds(11))))
    #expect(try desk.count("journal not written") == 2 && desk.count("journal written again") == 1)
    #expect(try desk.count("\"lost_blocks\":3") == 1)
    #expect(try desk.files().flatMap { try JournalFolder.read($0).payloads.map(Array.init) } == [[5]])
  }

  @Test(
    "A message is found in whichever file of its boot it stands, packed or not, and also when it was written meanwhile")
  func library() throws {
    let desk = try Desk()
    func write(_ orders: ClosedRange<Int64>, _ journal: DayJournal, boot: String) {
      var page = FeedPage()
      for order in orders { page.add(DayJournalTests.price(order, boot).bytes) }
      #expect(journal.append(page.bytes, at: DayJournalTests.noon))
    }
    let old = desk.journal("f0", writer: ProcessNames.marketFeed)
    write(1...5, old, boot: "f0")
    let feed = desk.journal("f1", fileBytes: 1000, writer: ProcessNames.marketFeed)
    for start in stride(from: Int64(1), through: 91, by: 10) { write(start...(start + 9), feed, boot: "f1") }
    #expect(try desk.files().count == 11)
    _ = try JournalKeeper(desk.settings).pass(at: DayJournalTests.noon, packMax: 4)
    let library = FeedLibrary(try JournalFolder(desk.settings.directory))
    for order in [55, 1, 100, 2, 99, 41, 41] as [Int64] {
      #expect(library.message(boot: "f1", order: order) == .reference(DayJournalTests.price(order, "f1")))
    }
    #expect(library.message(boot: "f0", order: 5) == .reference(DayJournalTests.price(5, "f0")))
    #expect(library.message(boot: "f0", order: 6) == nil && library.message(boot: "f2", order: 1) == nil)
    #expect(library.message(boot: "f1", order: 101) == nil)
    write(101...102, feed, boot: "f1")
    #expect(library.message(boot: "f1", order: 102) == .reference(DayJournalTests.price(102, "f1")))
    #expect(library.damages.isEmpty)
  }

  static func price(_ order: Int64, _ boot: String) -> ReferencePrice {
    ReferencePrice(
      envelope: Envelope(
        source: "market-feed", boot: boot, sequence: order, time: MarketTime(nanoseconds: order),
        sent: WallTime(nanoseconds: order)), order: order, symbol: "btc/usd", kind: .chainlink,
      value: ReferenceValue(parsing: "\(90_000 + order)")!)
  }
}
