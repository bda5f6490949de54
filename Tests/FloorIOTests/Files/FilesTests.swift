import Glibc
import Shared
import Testing

@testable import FloorIOData

@Suite struct AtomicFileTests {
  @Test("the new bytes replace the old ones, with the mode, and nothing else is left") func replacing() throws {
    let directory = ScratchDirectory()
    let path = directory.path + "/effective.json"
    try AtomicFile.write(Array("old".utf8), to: path, mode: 0o644)
    try AtomicFile.write(Array("new".utf8), to: path)
    #expect(directory.read("effective.json") == "new")
    let listing = try Command.run("/bin/ls", ["-A1", directory.path], timeout: .seconds(5)).text
    #expect(listing == "effective.json\n")
    let mode = try Command.run("/usr/bin/stat", ["-c", "%a", path], timeout: .seconds(5)).text
    #expect(mode == "600\n")
  }

  @Test("a link in the place of the file is replaced, not followed") func link() throws {
    let directory = ScratchDirectory()
    try AtomicFile.write(Array("precious".utf8), to: directory.path + "/victim")
    #expect(unsafe symlink(directory.path + "/victim", directory.path + "/file") == 0)
    try AtomicFile.write(Array("x".utf8), to: directory.path + "/file")
    #expect(directory.read("victim") == "precious")
    #expect(throws: SystemError.self) {
      _ = unsafe symlink(directory.path + "/victim", directory.path + "/other")
      return try SmallFile.read(directory.path + "/other", bytesMax: 100)
    }
  }

  @Test("a full disk leaves the old bytes and no litter") func noPlace() throws {
    let directory = ScratchDirectory()
    #expect(throws: SystemError.self) { try AtomicFile.write([1], to: directory.path + "/missing/file") }
    for name in ["..", ".hidden", "a b", "", "a\n"] {
      #expect(throws: SystemError.self) { try AtomicFile.write([1], to: directory.path + "/" + name) }
    }
  }

  @Test("a file longer than allowed is refused, not cut") func tooLong() throws {
    let directory = ScratchDirectory()
    try AtomicFile.write([UInt8](repeating: 65, count: 100), to: directory.path + "/f")
    #expect(try SmallFile.read(directory.path + "/f", bytesMax: 100).count == 100)
    let error = #expect(throws: SystemError.self) { try SmallFile.read(directory.path + "/f", bytesMax: 99) }
    #expect(error?.number == EFBIG)
  }
}

@Suite struct CheckpointFileTests {
  private func record(_ sequence: UInt64) -> CheckpointRecord {
    CheckpointRecord(sequence: sequence, payload: Array("state \(sequence)".utf8))
  }

  @Test("the newest of two generations is read, and a damaged newest falls back to the one before it", arguments: 0..<3)
  func generations(_ extra: UInt64) throws {
    let directory = ScratchDirectory()
    let file = CheckpointFile(directory: directory.path, name: "momentum-1")
    #expect(try file.load() == nil)
    let last = 5 + extra
    for sequence in 1...last { try file.save(record(sequence)) }
    #expect(try file.load() == record(last))
    // Tear the newest in the middle.
    let newest = ["a", "b"].map { directory.path + "/momentum-1." + $0 }
      .max {
        (try? SmallFile.read($0, bytesMax: 1000)).flatMap(CheckpointRecord.init)?.sequence ?? 0
          < (try? SmallFile.read($1, bytesMax: 1000)).flatMap(CheckpointRecord.init)?.sequence ?? 0
      }!
    #expect(unsafe truncate(newest, 15) == 0)
    #expect(try file.load() == record(last - 1))
    try file.save(record(last + 1))
    #expect(try file.load() == record(last + 1))
    // The damaged one was overwritten, not the good one.
    #expect(unsafe truncate(newest, 15) == 0)
    #expect(try file.load() == record(last - 1))
  }
}

@Suite struct FileLockTests {
  @Test("one holder at a time, also across processes; the end of the holder frees it") func exclusive() throws {
    let directory = ScratchDirectory()
    let path = directory.path + "/wallet.lock"
    let lock = try #require(try FileLock.take(path))
    #expect(try FileLock.take(path) == nil)
    #expect(try !Command.run("/usr/bin/flock", ["-n", path, "true"], timeout: .seconds(5)).succeeded)
    lock.release()
    #expect(try Command.run("/usr/bin/flock", ["-n", path, "true"], timeout: .seconds(5)).succeeded)
    // A child does not inherit it.
    let again = try #require(try FileLock.take(path))
    let loop = try EventLoop()
    let child = try ChildProcess.spawn(ChildSpecification(executable: "/bin/sleep", arguments: ["100"]), on: loop) {
      _ in
    }
    again.release()
    #expect(try FileLock.take(path) != nil)
    child.kill()
    _ = try loop.turn(until: { child.exit != nil }, limit: .seconds(5))
  }

  @Test("who waits is told so once, and has it the moment the holder is killed") func waiting() throws {
    let directory = ScratchDirectory()
    let path = directory.path + "/boss.lock"
    try AtomicFile.write(Array("kept".utf8), to: path)
    var waits = 0
    try FileLock.wait(path) { waits += 1 }.release()
    #expect(waits == 0)
    let loop = try EventLoop()
    let holder = try ChildProcess.spawn(
      ChildSpecification(executable: "/usr/bin/flock", arguments: ["--no-fork", path, "/bin/sleep", "100"]), on: loop
    ) { _ in }
    #expect(try loop.turn(until: { isHeld(path) }, limit: .seconds(10)))
    let lock = try FileLock.wait(path) {
      waits += 1
      holder.kill()
    }
    #expect(waits == 1)
    #expect(try FileLock.take(path) == nil)
    #expect(directory.read("boss.lock") == "kept")
    lock.release()
    _ = try loop.turn(until: { holder.exit != nil }, limit: .seconds(5))
  }

  private func isHeld(_ path: String) -> Bool {
    do { return try FileLock.take(path) == nil } catch { return false }
  }
}

@Suite struct AppendFileTests {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test("what is appended stands behind what was there, also after another opening, and only its owner may read it")
  func appending() throws {
    let directory = ScratchDirectory()
    let path = directory.path + "/journal"
    let first = try AppendFile(path)
    try first.append(bytes("one\n"), isDurable: true)
    try first.append([], isDurable: false)
    #expect(first.size == 4)
    let second = try AppendFile(path)
    #expect(second.size == 4)
    try second.append(bytes("two\n"), isDurable: false)
    #expect(directory.read("journal") == "one\ntwo\n")
    try second.cut(to: 4)
    try second.append(bytes("three\n"), isDurable: true)
    #expect(directory.read("journal") == "one\nthree\n" && second.size == 10)
    let mode = try Command.run("/usr/bin/stat", ["-c", "%a", path], timeout: .seconds(5)).text
    #expect(mode == "600\n")
  }

  @Test("a link is not followed, a folder that is missing is an error") func refusals() throws {
    let directory = ScratchDirectory()
    try AtomicFile.write(bytes("kept"), to: directory.path + "/target")
    #expect(unsafe symlink(directory.path + "/target", directory.path + "/link") == 0)
    #expect(throws: SystemError.self) { try AppendFile(directory.path + "/link") }
    #expect(throws: SystemError.self) { try AppendFile(directory.path + "/none/journal") }
  }

  /// The kernel's limit on the size of files stands for a full disk. It is the whole process's, so the file is a sparse one of a terabyte:
  /// the limit there concerns nobody else.
  @Test("what could not be written whole is cut off again: what comes later stands in its place") func tornWrite()
    throws
  {
    let directory = ScratchDirectory()
    let path = directory.path + "/journal"
    let start = 1 << 40
    let file = try AppendFile(path)
    try file.cut(to: start)
    try file.append(bytes("one\n"), isDurable: true)
    signal(SIGXFSZ, SIG_IGN)
    var before = rlimit()
    #expect(unsafe getrlimit(fileSize, &before) == 0)
    var tight = rlimit(rlim_cur: rlim_t(start + 10), rlim_max: before.rlim_max)
    #expect(unsafe setrlimit(fileSize, &tight) == 0)
    #expect(throws: SystemError.self) { try file.append(bytes("a lost line\n"), isDurable: true) }
    #expect(unsafe setrlimit(fileSize, &before) == 0)
    #expect(file.size == start + 4)
    try file.append(bytes("two\n"), isDurable: true)
    #expect(try FileTail.read(path, from: start) == bytes("one\ntwo\n"))
  }

  private var fileSize: __rlimit_resource_t { __rlimit_resource_t(RLIMIT_FSIZE.rawValue) }
}
