import FloorIOData
import FloorTestSupport
import Glibc
import Shared
import Testing

@testable import OrderGateway

@Suite("The gateway's journal")
struct JournalFileTests {
  /// A pipe takes bytes and cannot be waited for: whoever writes there and hears no error has not waited.
  @Test("an append that did not wait for the disk is refused, because what follows it acts on its word")
  func waitsForTheDisk() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/gateway.journal"
    #expect(unsafe mkfifo(path, 0o600) == 0)
    try AppendFile(path).append(Array("taken\n".utf8), isDurable: false)
    let journal = try JournalFile(directory: directory.path)
    #expect(throws: SystemError.self) { try journal.append(["kind": "cancel"]) }
    #expect(journal.records == 0)
  }
}
