import Foundation
import Testing

/// The seeded bugs of `scripts/mutants` are data; these tests keep them from rotting between two runs of it.
@Suite("Seeded bugs")
struct MutantTests {
  struct Mutant: Decodable {
    let name: String
    let means: String
    let file: String
    let before: String
    let after: String
    let caughtBy: String
  }

  private let mutants: [Mutant]

  init() throws {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    mutants = try decoder.decode(
      [Mutant].self, from: Data(contentsOf: SourceTree.root.appending(path: "Tests/Mutants/mutants.json")))
  }

  private func text(_ path: String) throws -> String {
    try #require(SourceTree.files.first { $0.path == path }, "\(path) is not there").text
  }

  @Test("There are many, each with a name of its own")
  func names() {
    #expect(mutants.count >= 25)
    #expect(Set(mutants.map(\.name)).count == mutants.count)
  }

  @Test("The text of each stands once in its file, and what it becomes is another")
  func texts() throws {
    for mutant in mutants {
      let parts = try text(mutant.file).components(separatedBy: mutant.before)
      #expect(parts.count == 2, "\(mutant.name) stands \(parts.count - 1) times in \(mutant.file)")
      #expect(mutant.before != mutant.after, "\(mutant.name) changes nothing")
    }
  }

  @Test("A function or view of the schema that is seeded with a bug is not defined anew by a later migration")
  func functions() throws {
    let migrations = SourceTree.files.filter { $0.path.hasPrefix("sql/migrations/") }
    for mutant in mutants where mutant.file.hasSuffix(".sql") {
      let before = try text(mutant.file).components(separatedBy: mutant.before)[0]
      let head = try #require(
        before.components(separatedBy: "\n").last {
          let words = $0.split(separator: " ")
          return words.first == "create" && words.prefix(4).contains { $0 == "function" || $0 == "view" }
        }, "\(mutant.name) is in no function or view")
      let words = head.split { " (".contains($0) }
      let kind = try #require(words.firstIndex { $0 == "function" || $0 == "view" })
      let name = words[kind + 1]
      let anew = words[kind] == "view" ? "view \(name) as" : "function \(name)(p"
      for later in migrations where later.path > mutant.file {
        #expect(!later.text.contains(anew), "\(mutant.name): \(later.path) defines \(name) anew")
      }
    }
  }

  @Test("The test that catches each is there")
  func catchers() throws {
    for mutant in mutants {
      let words = mutant.caughtBy.components(separatedBy: "/")
      try #require(words.count == 2, "\(mutant.name): \(mutant.caughtBy) is not a suite and a function")
      let isThere = SourceTree.swift(under: "Tests/").contains {
        $0.text.contains("struct \(words[0]) ") && $0.text.contains("  func \(words[1])(")
      }
      #expect(isThere, "\(mutant.name): no \(mutant.caughtBy)")
    }
  }

  @Test("The page about them has a line for each, in order, and no other")
  func documented() throws {
    let page = try text("docs/mutants.md")
    let rows = page.components(separatedBy: "\n").filter { $0.hasPrefix("| `") }
    let expected = mutants.map {
      "| `\($0.name)` | \($0.means) | `\($0.file.split(separator: "/").last ?? "")` | `\($0.caughtBy)` |"
    }
    #expect(rows == expected)
  }
}
