import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

/// What a floor wrote down of its day, decided once more elsewhere.
struct DayReplay {
  let floor: RunningFloor
  /// Where the copy stands: nothing of the floor is near it.
  let directory: TemporaryDirectory

  init(_ floor: RunningFloor) throws {
    self.floor = floor
    directory = try TemporaryDirectory()
  }

  /// Ends the process of an agent as nobody would wish.
  static func killAgent(_ name: String, of floor: RunningFloor) throws {
    let find = "SELECT pid AS value FROM processes WHERE name = 'agent-\(name)' AND state = 'READY'"
    let pid = try eventually("agent \(name) is there", within: .seconds(60)) {
      try floor.rows(find).first?.int("value")
    }
    #expect(kill(Int32(pid), SIGKILL) == 0)
    try eventuallyTrue("agent \(name) lives again", within: .seconds(60)) {
      try floor.rows(find).first?.int("value") ?? pid != pid
    }
  }

  /// The answers for all days that the copy holds: nearly always one.
  func replay(_ words: [String]) throws -> [(status: Int32, json: JSON)] {
    let copy = directory.path + "/copy"
    if FileManager.default.fileExists(atPath: copy) { try FileManager.default.removeItem(atPath: copy) }
    try FileManager.default.copyItem(atPath: floor.state + "/replay", toPath: copy)
    return try DirectoryListing.names(in: copy).map { day in
      let path = directory.path + "/answer.json"
      let words = ["replay", "--day", day, "--journal", copy, "--json"] + words
      let program = ProgramUnderTest.directory.appending(path: "floor").path
      let line = ([program] + words).map { "'\($0)'" }.joined(separator: " ")
      let status = try Tool.run("bash", ["-c", "cd / && \(line) > '\(path)'"]).status
      return (status, try JSON.parse(try SmallFile.read(path, bytesMax: 64 << 20), limits: JSONLimits(bytes: 64 << 20)))
    }
  }

  /// Every decision is made again, bit for bit, of the agent that was killed in both its lives.
  func expectEqual(killed: String) throws {
    var decisions: Int64 = 0
    for (status, json) in try replay([]) {
      #expect(status == 0 && json["equal"] == true && json["whole"] == true, "\(json.text.prefix(2000))")
      #expect(json["recorded_sha256"] == json["replayed_sha256"])
      for agent in json["agents"]?.array ?? [] {
        decisions += agent["equal"]?.int ?? 0
        if agent["agent"]?.string == killed { #expect((agent["lives"]?.int ?? 0) >= 2) }
      }
    }
    print("\(decisions) decisions of the floor were made again, each equal")
    #expect(decisions > 0)
  }

  /// The rows of the database say the same. (Of a killed agent the last refusals are in the journal alone.)
  func expectEqualRows(of agent: String) throws {
    let words = ["--agent", agent, "--against", "database", "--state", floor.state]
    try eventuallyTrue("journal and database agree", within: .seconds(120)) {
      let answers = try replay(words)
      return answers.allSatisfy { $0.status == 0 }
        && answers.contains { ($0.json["database"]?["equal"]?.int ?? 0) > 0 }
    }
  }

  /// One agent's threshold out of all reach: its entries and what came of their signals are gone, and nothing else differs.
  func expectExactlyTheAffected(agent: String) throws {
    let folder = directory.path + "/agents"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let file = try String(contentsOfFile: floor.state + "/share/config/agents/\(agent).yaml", encoding: .utf8)
    let key = "threshold_reference_pct:"
    let changed = file.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.contains(key) ? "  \(key) 99" : String(line)
    }
    #expect(changed.contains("  \(key) 99"))
    try changed.joined(separator: "\n").write(toFile: folder + "/\(agent).yaml", atomically: true, encoding: .utf8)
    var entries = 0
    for (_, json) in try replay(["--agents", folder]) {
      for line in json["agents"]?.array ?? [] {
        let isIt = line["agent"]?.string == agent
        #expect(line["with_other_parameters"]?.bool == isIt)
        if isIt { #expect(line["equal"] == line["replayed"]) } else { #expect(line["equal"] == line["recorded"]) }
      }
      for difference in json["differences"]?.array ?? [] {
        let decision = difference["recorded"] ?? .null
        #expect(difference["agent"]?.string == agent && difference["kind"] == "only_recorded", "\(difference.text)")
        #expect(DayReplay.needsSignal(decision), "\(decision.text)")
        if decision["kind"] == "signal" { entries += 1 }
      }
      for kept in json["agents"]?.array ?? [] where kept["agent"]?.string == agent {
        let gone = json["differences"]?.array?.count ?? 0
        #expect((kept["recorded"]?.int ?? 0) - (kept["equal"]?.int ?? 0) == Int64(gone))
      }
    }
    #expect(entries > 0)
  }

  /// Entries, entries without an answer, and signals that were refused.
  private static func needsSignal(_ decision: JSON) -> Bool {
    decision["detail"]?["action"] == "enter" || decision["detail"]?["signal"] != nil
      || decision["reason"] == "stale_reference"
  }
}
