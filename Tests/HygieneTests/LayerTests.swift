import Testing

@Suite("Layers")
struct LayerTests {
  static func imports(_ line: Substring) -> Substring? {
    let words = line.split(separator: " ")
    guard let at = words.firstIndex(of: "import"), at < 3, at + 1 < words.count,
      words[..<at].allSatisfy({ $0.hasPrefix("@") || ["public", "internal", "private", "package"].contains($0) })
    else { return nil }
    return words[at + 1]
  }

  @Test("Shared imports nothing but the language: no C, no Glibc, no Foundation")
  func sharedIsPure() {
    let allowed: Set<Substring> = ["Synchronization"]
    let bad = SourceTree.findings(SourceTree.swift(under: "Sources/Shared/")) {
      Self.imports($0).map { !allowed.contains($0) } ?? false
    }
    #expect(bad == [])
  }

  @Test("FloorSim uses Shared and nothing else: a backtest reads no clock and opens nothing")
  func simulationIsPure() {
    let files = SourceTree.swift(under: "Sources/FloorSim/")
    #expect(files.count > 5)
    let bad = SourceTree.findings(files) { Self.imports($0).map { $0 != "Shared" } ?? false }
    #expect(bad == [])
  }

  @Test("Only FloorIO imports C modules")
  func onlyFloorIOImportsC() {
    let cModules = Set(
      SourceTree.files.filter { $0.path.hasPrefix("Sources/C") && $0.path.hasSuffix("module.modulemap") }
        .map { $0.path.split(separator: "/")[1] })
    #expect(cModules.count >= 9)
    let files = SourceTree.swift(under: "Sources/").filter { !$0.path.hasPrefix("Sources/FloorIO/") }
    let bad = SourceTree.findings(files) {
      Self.imports($0).map { cModules.contains($0) || $0 == "CPlat" } ?? false
    }
    #expect(bad == [])
  }

  @Test("No floor process links Foundation")
  func noFoundation() {
    let bad = SourceTree.findings(SourceTree.swift(under: "Sources/")) {
      Self.imports($0).map { $0.hasPrefix("Foundation") } ?? false
    }
    #expect(bad == [])
  }

  @Test("Shared and FloorSim read no clock and no ambient randomness")
  func sharedIsDeterministic() {
    let banned = [
      "ContinuousClock", "SuspendingClock", "Date()", "SystemRandomNumberGenerator", "clock_gettime", ".random()",
    ]
    let pure = SourceTree.swift(under: "Sources/Shared/") + SourceTree.swift(under: "Sources/FloorSim/")
    let bad = SourceTree.findings(pure) { line in
      banned.contains { line.contains($0) } || (line.contains("random(in:") && !line.contains("using:"))
        || (line.contains(".shuffled()") || line.contains(".randomElement()"))
    }
    #expect(bad == [])
  }

  @Test("A main.swift is an import and one line")
  func mainsAreThin() {
    for file in SourceTree.swift(under: "Sources/") where file.path.hasSuffix("/main.swift") {
      #expect(file.lines.filter { !$0.isEmpty }.count <= 2, "\(file.path) does more than start")
    }
  }

  @Test("Every folder of Shared says what it is for in a file of its name")
  func foldersIntroduceThemselves() {
    let folders = Set(SourceTree.swift(under: "Sources/Shared/").map { $0.path.split(separator: "/")[2] })
    for folder in folders {
      let header = SourceTree.files.first { $0.path == "Sources/Shared/\(folder)/\(folder).swift" }
      #expect(
        header?.text.hasPrefix("//") == true, "Sources/Shared/\(folder)/\(folder).swift should introduce the folder")
    }
  }
}
