import Testing

@Suite("House rules")
struct HouseRuleTests {
  @Test("No unfinished work is left in the sources")
  func nothingUnfinished() {
    let words = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK", "not imple" + "mented"]
    let files = SourceTree.files.filter {
      $0.path.hasPrefix("Sources/") || $0.path.hasPrefix("scripts/") || $0.path.hasPrefix("sql/")
    }
    let bad = SourceTree.findings(files) { line in
      // mktemp templates end in a run of the same letter.
      words.contains { line.contains($0) } && !line.contains("XXX" + "XXX")
    }
    #expect(bad == [])
  }

  @Test("No error is forced or swallowed in the sources")
  func errorsAreHandled() {
    let bad = SourceTree.findings(SourceTree.swift(under: "Sources/")) { line in
      line.contains("try" + "!") || (line.contains("catch {}") || line.contains("catch { }"))
    }
    #expect(bad == [])
  }

  @Test("Tests wait for events, not for luck")
  func testsDoNotSleep() {
    let files = SourceTree.swift(under: "Tests/").filter {
      !$0.path.contains("FloorTestSupport") && !$0.path.contains("HygieneTests")
    }
    let bad = SourceTree.findings(files) { line in
      line.contains("Task.sleep") || line.contains("usleep(") || line.contains("Thread.sleep")
        || line.contains(" sleep(")
    }
    #expect(bad == [])
  }

  @Test("Nothing names a machine's paths or a package registry")
  func noForeignPlaces() {
    let banned = ["/wo" + "rk/", "/fa" + "rm/", "pypi." + "org", "deb.debian" + ".org", "registry." + "npmjs"]
    let bad = SourceTree.findings(SourceTree.files) { line in banned.contains { line.contains($0) } }
    #expect(bad == [])
  }

  @Test("Source files stay readable: the long ones are listed here with their reason")
  func filesStayShort() {
    let longest = 450
    let excused: [String: Int] = [:]
    for file in SourceTree.swift(under: "Sources/") where file.lines.count > excused[file.path, default: longest] {
      Issue.record("\(file.path) has \(file.lines.count) lines: split it by subject, or list it here with a reason")
    }
  }

  @Test("Every script tells its usage")
  func scriptsTellTheirUsage() {
    for file in SourceTree.files where file.path.hasPrefix("scripts/") && !file.path.hasPrefix("scripts/lib/") {
      #expect(file.text.contains("usage:"), "\(file.path) has no usage line")
      #expect(file.text.contains("--help"), "\(file.path) does not take --help")
    }
  }
}
