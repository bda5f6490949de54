import Glibc
import Shared
import Testing

@testable import FloorIOData

@Suite struct LogTests {
  private func lines(_ text: String?) throws -> [JSON] {
    try (text ?? "").split(separator: "\n").map { try JSON.parse(String($0)) }
  }

  @Test("every event is one parsable line; debug is left out until asked for") func writing() throws {
    let directory = ScratchDirectory()
    let log = try Log(directory: directory.path, process: "feed")
    log.debug("hidden")
    log.info("started", [.int("pid", 5)])
    log.minimum = .debug
    log.debug("shown")
    let all = try lines(directory.read("feed.log"))
    #expect(all.map { $0["message"]?.string } == ["started", "shown"])
    #expect(all[0]["process"] == "feed")
    #expect(log.counts[.info] == 1)
  }

  @Test("the files are bounded in size and number, and the newest lines are never lost") func rotation() throws {
    let directory = ScratchDirectory()
    let log = try Log(directory: directory.path, process: "feed", bytesTotal: 5000)
    for number in 0..<200 { log.info("event", [.int("number", number)]) }
    #expect(directory.read("feed.log.5") == nil)
    var numbers: [Int64] = []
    for name in ["feed.log.4", "feed.log.3", "feed.log.2", "feed.log.1", "feed.log"] {
      let text = try #require(directory.read(name))
      #expect(text.utf8.count <= 1000)
      numbers += try lines(text).compactMap { $0["number"]?.int }
    }
    #expect(numbers == Array((200 - Int64(numbers.count))..<200))
    #expect(numbers.count > 20 && numbers.count < 100)
  }

  @Test("a restart appends to the file that is there") func appending() throws {
    let directory = ScratchDirectory()
    for _ in 0..<2 { try Log(directory: directory.path, process: "feed").info("started") }
    #expect(try lines(directory.read("feed.log")).count == 2)
  }

  @Test("a full disk drops lines, counts them, and says so when there is room again")
  func fullDisk() throws {
    // A size limit on this process would hit the other tests, so the disk that is always full stands in.
    let file = try LogFile(path: "/dev/full", bytesMax: 1000, filesMax: 1)
    #expect(!file.write(Array("line\n".utf8)))
    #expect(!file.write(Array("line\n".utf8)))
  }

  @Test("a log is not opened through a symbolic link") func symbolicLink() throws {
    let directory = ScratchDirectory()
    #expect(unsafe symlink("/dev/null", directory.path + "/feed.log") == 0)
    #expect(throws: SystemError.self) { try Log(directory: directory.path, process: "feed") }
  }
}
