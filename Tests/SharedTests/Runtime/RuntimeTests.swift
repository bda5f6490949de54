import Shared
import Testing

@Suite struct SecretTests {
  @Test("a secret does not leak through description, interpolation, reflection or dump") func noLeak() {
    let secret = Secret("hunter2")
    var dumped = ""
    dump(["k": secret], to: &dumped)
    for text in ["\(secret)", String(reflecting: secret), dumped, "\([secret])", "\(Optional(secret) as Any)"] {
      #expect(!text.contains("hunter2"))
    }
    #expect(secret.reveal() == "hunter2")
  }

  @Test("two secrets match only when all their bytes do") func matching() {
    #expect(Secret("abc").matches(Secret("abc")))
    #expect(!Secret("abc").matches(Secret("abd")))
    #expect(!Secret("abc").matches(Secret("abcd")))
  }
}

@Suite struct LogLineTests {
  private func line(_ message: String, _ fields: [LogField]) throws -> JSON {
    let bytes = LogLine.bytes(at: WallTime(seconds: 1_795_180_500), .warning, process: "auditor", message, fields)
    #expect(bytes.last == 0x0A)
    #expect(bytes.dropLast().allSatisfy { $0 >= 0x20 })
    #expect(bytes.count <= LogLine.bytesMax)
    return try JSON.parse(bytes)
  }

  @Test("a line is one JSON object with time, level, process, message and the fields") func whole() throws {
    let parsed = try line("books disagree", [.int("drift_micro_usd", -7), .text("agent", "a1"), .bool("halted", true)])
    #expect(
      parsed == [
        "ts": "2026-11-20T13:15:00Z", "level": "WARNING", "process": "auditor", "message": "books disagree",
        "drift_micro_usd": -7, "agent": "a1", "halted": true,
      ])
  }

  @Test("newlines, quotes and control characters in values cannot forge a second line")
  func injection() throws {
    let evil = "x\n{\"level\":\"ERROR\"}\r\u{0}\u{1B}[31m\"\\"
    #expect(try line("m", [.text("note", evil)])["note"]?.string == evil)
  }

  @Test("a long text is cut and says so") func longText() throws {
    let parsed = try line("m", [.text("note", String(repeating: "é", count: 5000))])
    let note = try #require(parsed["note"]?.string)
    #expect(note.utf8.count <= LogLine.textBytesMax)
    #expect(note.hasSuffix("é…"))
  }

  @Test("fields that do not fit are left out, and the line says so")
  func manyFields() throws {
    let long = String(repeating: "y", count: 2000)
    let fields: [LogField] = [
      .text("a", long), .text("b", long), .text("c", long), .text("d", long), .text("e", long), .int("last", 1),
    ]
    let parsed = try line("m", fields)
    #expect(parsed["e"] == nil)
    #expect(parsed["last"] == 1)
    #expect(parsed["truncated"] == true)
  }
}

extension LogLineTests {
  @Test("a redacted secret stays redacted in a field") func secretField() throws {
    let parsed = try line("m", [.text("password", Secret("hunter2"))])
    #expect(parsed["password"] == "«redacted»")
  }
}

@Suite struct BirthDocumentTests {
  static let whole = BirthDocument(
    process: "agent-momentum-1", instance: "demo", stateDirectory: "/var/s", runDirectory: "/run/f", epoch: Epoch(7),
    boot: "b7", lifeline: true, configuration: ["tick": "0.01"], secrets: ["database_password": Secret("pw\n\"")])

  @Test("what is written is what is read") func roundTrip() throws {
    let line = Self.whole.line
    #expect(!line.contains(0x0A))
    let back = try BirthDocument(parsing: line)
    #expect(back.line == line)
    #expect(back.epoch == Epoch(7))
    #expect(back.lifeline)
    #expect(back.secrets["database_password"]?.reveal() == "pw\n\"")
    #expect(back.configuration["tick"] == "0.01")
  }

  @Test(
    "a document that is not exactly one is refused, and the refusal holds no value",
    arguments: [
      ("", "unexpected end"), ("[]", "not an object"), ("{}", "process"),
      (#"{"process":"../x"}"#, "legal name"),
      (
        #"{"process":"a","instance":"i","state_directory":"rel","run_directory":"/r","boot":"b","epoch":1}"#, "absolute"
      ),
      (#"{"process":"a","instance":"i","state_directory":"/s","run_directory":"/r","boot":"b","epoch":-1}"#, "epoch"),
      (#"{"process":"a","surprise":"topsecret"}"#, "unknown key surprise"),
      (
        #"{"process":"a","instance":"i","state_directory":"/s","run_directory":"/r","boot":"b","epoch":1,"secrets":{"k":1}}"#,
        "secret k"
      ),
    ])
  func refused(_ text: String, _ words: String) {
    let problem = #expect(throws: BirthDocument.Problem.self) { try BirthDocument(parsing: Array(text.utf8)) }
    #expect(problem?.description.contains(words) == true)
    #expect(problem?.description.contains("topsecret") == false)
  }
}

@Suite struct LaunchArgumentsTests {
  @Test("help and version win over everything") func questions() throws {
    #expect(try LaunchArguments.parse(["--birth-fd", "3", "--help"]) == .help)
    #expect(try LaunchArguments.parse(["--version"]) == .version)
  }

  @Test("a birth source and the declared options are taken") func birth() throws {
    #expect(try LaunchArguments.parse(["--birth-fd", "3"]) == .birthDescriptor(3, options: [:]))
    #expect(
      try LaunchArguments.parse(["--agent", "a1", "--birth", "f"], options: ["agent"])
        == .birthFile("f", options: ["agent": "a1"]))
  }

  @Test(
    "anything else is a usage error",
    arguments: [
      [], ["x"], ["--birth"], ["--birth-fd", "-1"], ["--birth-fd", "3", "--birth", "f"], ["--nope", "1"],
      ["--agent", "a", "--agent", "b", "--birth", "f"],
    ])
  func refused(_ arguments: [String]) {
    let failure = #expect(throws: FloorFailure.self) { try LaunchArguments.parse(arguments, options: ["agent"]) }
    #expect(failure?.exitCode == .usage)
  }
}
