import Glibc
import Shared

/// Where one life of a process writes its journal: blocks (`JournalBlocks`) in files by UTC day, a new one each day and each 8 MB. A
/// block is one write into the page cache, so a killed process loses none that was appended; nobody waits for the disk. What cannot be
/// written is dropped, counted and told once, and nothing is tried for ten seconds: a journal never stops who writes it. So it is when
/// less of the disk is free than `disk.reduce_only_free_pct`: the rest belongs to the record of money.
///
/// A file is locked while it is written (`FileLock`), so that it is neither packed nor removed meanwhile.
public final class DayJournal {
  /// Bytes at which a file is closed.
  public static let fileBytes = 8 << 20
  /// How long nothing is tried after an error.
  static let pause = Duration.seconds(10)
  /// Bytes between two looks at the free space.
  private static let lookBytes = 256 << 10

  private let settings: JournalSettings
  private let writer: String
  private let life: String
  private let log: Log
  private let fileBytes: Int
  private var file: AppendFile?
  private var lock: FileLock?
  private var day = ""
  private var part = 0
  private var unlooked = DayJournal.lookBytes
  private var refusedAt: WallTime?
  /// Blocks that were dropped since the last one that was written.
  private var dropped = 0

  /// - Parameters:
  ///   - writer: the process's name.
  ///   - life: its epoch or boot, never used by an earlier life.
  public init(_ settings: JournalSettings, writer: String, life: String, log: Log, fileBytes: Int = fileBytes) {
    self.settings = settings
    self.writer = writer
    self.life = life
    self.log = log
    self.fileBytes = fileBytes
  }

  /// Writes a payload as a block. `false`: it is lost.
  public func append(_ payload: [UInt8], at time: WallTime) -> Bool {
    // A clock that was set back does not make the pause longer.
    if let refusedAt, (.zero..<DayJournal.pause).contains(time.since(refusedAt)) {
      dropped += 1
      return false
    }
    do {
      guard payload.count <= JournalBlocks.payloadMax else {
        throw FloorFailure(.refused, "a block of \(payload.count) bytes, \(JournalBlocks.payloadMax) at most")
      }
      let block = JournalBlocks.block(payload)
      try guardDisk(block.count)
      let file = try target(at: time)
      try file.append(block, isDurable: false)
    } catch {
      refuse(error, at: time)
      return false
    }
    if refusedAt != nil {
      refusedAt = nil
      log.warning("journal written again", [.int("lost_blocks", dropped)])
      dropped = 0
    }
    return true
  }

  private func refuse(_ error: any Error, at time: WallTime) {
    dropped += 1
    if refusedAt == nil {
      log.error("journal not written: this day cannot be replayed as a whole", [.error(error)])
    }
    refusedAt = time
    // The next try begins a new file.
    file = nil
    lock = nil
  }

  private func target(at time: WallTime) throws -> AppendFile {
    let today = JournalName.day(of: time)
    if let file, day == today, file.size < fileBytes { return file }
    guard BirthDocument.isName(writer), BirthDocument.isName(life) else {
      throw FloorFailure(.configuration, "\(writer).\(life) is no name for a journal")
    }
    file = nil
    lock = nil
    let folder = settings.directory + "/" + today
    try DayJournal.makeFolder(settings.directory)
    try DayJournal.makeFolder(folder)
    part += 1
    let path = folder + "/" + JournalName(writer: writer, life: life, part: part).text
    lock = try FileLock.take(path)
    let new = try AppendFile(path, isDurable: false)
    file = new
    day = today
    return new
  }

  private func guardDisk(_ bytes: Int) throws {
    unlooked += bytes
    guard unlooked >= DayJournal.lookBytes || refusedAt != nil else { return }
    let folder = SmallFile.exists(settings.directory) ? settings.directory : SmallFile.parent(of: settings.directory)
    let space = try DiskSpace(at: folder)
    let free = Int64(clamping: Int128(space.bytesFree) * 100_000_000 / Int128(max(1, space.bytesTotal)))
    guard free >= settings.freeMinMicros else {
      throw FloorFailure(
        .tryAgain,
        "less than \(Decimal6.text(settings.freeMinMicros)) % of the disk is free (disk.reduce_only_free_pct)")
    }
    unlooked = 0
  }

  private static func makeFolder(_ path: String) throws {
    if unsafe mkdir(path, 0o700) != 0, errno != EEXIST { throw SystemError.last("mkdir", path) }
  }
}
