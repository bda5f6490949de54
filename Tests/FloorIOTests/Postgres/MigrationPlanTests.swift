import FloorIOData
import Testing

@Suite("Migration plan")
struct MigrationPlanTests {
  static func files(_ count: Int) -> [Migration] {
    (1...count).map { Migration(name: "000\($0)_step.sql", script: "select \($0)")! }
  }

  static func applied(_ files: some Sequence<Migration>) -> [MigrationPlan.Applied] {
    files.map { .init(number: $0.number, name: $0.name, checksum: $0.checksum) }
  }

  @Test("a fresh database gets all steps in order, a current one none")
  func pending() throws {
    let files = Self.files(3)
    #expect(try MigrationPlan(files: files, applied: [], known: 3).pending == files)
    #expect(try MigrationPlan(files: files, applied: Self.applied(files[..<2]), known: 3).pending == [files[2]])
    #expect(try MigrationPlan(files: files, applied: Self.applied(files), known: 3).pending == [])
  }

  @Test("a database newer than the program is refused by the migration's name")
  func newer() {
    let files = Self.files(3)
    #expect(throws: MigrationError.newerSchema(applied: "0003_step.sql", known: 2)) {
      try MigrationPlan(files: Array(files[..<2]), applied: Self.applied(files), known: 2)
    }
    #expect(MigrationError.newerSchema(applied: "0003_step.sql", known: 2).description.contains("0003_step.sql"))
  }

  @Test("a step that was edited after it was applied is refused")
  func edited() {
    var files = Self.files(2)
    let before = Self.applied(files)
    files[0] = Migration(name: "0001_step.sql", script: "select 9")!
    #expect(throws: MigrationError.changed(name: "0001_step.sql")) {
      try MigrationPlan(files: files, applied: before, known: 2)
    }
  }

  @Test("gaps, lost files and strange names are refused")
  func holes() {
    let files = Self.files(3)
    #expect(throws: MigrationError.gap(expected: 2, found: "0003_step.sql")) {
      try MigrationPlan(files: [files[0], files[2]], applied: [], known: 3)
    }
    #expect(throws: MigrationError.missing(name: "0003_step.sql")) {
      try MigrationPlan(files: Array(files[..<2]), applied: Self.applied(files), known: 3)
    }
    #expect(Migration(name: "1_a.sql", script: "") == nil)
    #expect(Migration(name: "0000_a.sql", script: "") == nil)
    #expect(Migration(name: "0001_.sql", script: "") == nil)
    #expect(Migration(name: "0001_a.txt", script: "") == nil)
  }
}
