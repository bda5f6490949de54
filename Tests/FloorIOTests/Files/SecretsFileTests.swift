import FloorIOData
import FloorTestSupport
import Glibc
import Shared
import Testing

@Suite("The file of secrets")
struct SecretsFileTests {
  @Test("Where there is none, nobody has secrets; one that others may read, or that is damaged, is refused by name")
  func readIfOurs() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/secrets.yaml"
    #expect(try SecretsFile.readIfOurs(path).isEmpty)
    #expect(try SecretsFile.readIfOurs(directory.path + "/none/secrets.yaml").isEmpty)
    try AtomicFile.write(Array("database_floor_boss: \"abc\"\n".utf8), to: path, mode: 0o600)
    #expect(try SecretsFile.readIfOurs(path).keys.sorted() == ["database_floor_boss"])
    #expect(unsafe chmod(path, 0o644) == 0)
    #expect { try SecretsFile.readIfOurs(path) } throws: { "\($0)".contains(path) && "\($0)".contains("chmod 600") }
    try AtomicFile.write(Array("database_floor_boss: [\n".utf8), to: path, mode: 0o600)
    #expect { try SecretsFile.readIfOurs(path) } throws: { "\($0)".contains(path) }
  }
}
