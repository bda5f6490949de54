import FloorIOData
import FloorIOVenue
import FloorSim
import Shared

/// `floor replay`: a recorded day through the agents once more (docs/replay.md). Needs no running floor.
enum ReplayCommand {
  static let command = FloorCommand(
    name: "replay", summary: "re-run a recorded day through the agents and compare every decision, bit for bit",
    usage: "--day YYYY-MM-DD [--agent NAME]… [--journal DIR] [--set KEY=VALUE]… [--agents DIR]",
    details: """
      Gives every agent what its journal says it was given, and compares each decision with the recorded one. One hash a day.

        --day YYYY-MM-DD      the UTC day (list the folder for those that are there)
        --agent NAME          this agent alone; again for more
        --journal DIR         the journal folder, or a copy of it (default: STATE/replay)
        --against database    compares also with the rows of the table decisions, of the running floor
      with other parameters (what would have been decided in the world as it was; see docs/replay.md for what that can show)
        --set KEY=VALUE       a strategy's parameter, or size_usd, for every agent whose strategy has it; again for more
        --agents DIR          the parameters in DIR/NAME.yaml, for the agents that have a file there
      out
        --show N              differences that are listed (default 100)
        --json                everything, as one document

      exit status: 0 equal, 1 different, 69 not different, but part of it cannot be proved (holes are named)
      """,
    options: ["day", "agent", "journal", "against", "set", "agents", "show"], run: run)

  private static func run(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    try line.noWords()
    guard let day = line.option("day"), JournalName.isDay(day) else {
      throw FloorFailure(.usage, "--day YYYY-MM-DD is wanted, a day by UTC")
    }
    let directory =
      line.option("journal").map(Instance.absolute)
      ?? JournalSettings.directory(stateDirectory: instance.stateDirectory)
    let names = try line.every("agent").map { text in
      guard let name = AgentName(text) else { throw FloorFailure(.usage, "--agent \(text): no agent's name") }
      return name
    }
    let against = line.option("against")
    guard against == nil || against == "database" else {
      throw FloorFailure(.usage, "--against \(against ?? ""): database is the only other record there is")
    }
    let replay = try DayReplay(
      try folder(directory, day), day: day, names: names, change: try change(line), keepsDecisions: against != nil)
    if replay.lives.isEmpty {
      let who = names.isEmpty ? "no agent" : "none of these agents"
      throw FloorFailure(.usage, "\(who) wrote a journal on \(day) in \(directory)")
    }
    let rows = against == nil ? nil : try DecisionRows(replay, try instance.openDatabase())
    let report = ReplayReport(replay, rows)
    let show = try line.whole("show", default: 100, in: 0...1_000_000)
    print(instance.isJSON ? report.json.text : report.text(show: show))
    return report.isDifferent ? .refused : report.isWhole ? .done : .unavailable
  }

  private static func folder(_ directory: String, _ day: String) throws -> JournalFolder {
    let folder: JournalFolder
    do { folder = try JournalFolder(directory) } catch {
      throw FloorFailure(
        .usage, "\(directory) holds no journal (\(error)): give --journal, or --state; replay.record must be true")
    }
    guard folder.days.contains(day) else {
      let days = folder.days
      let known = days.isEmpty ? "it is empty" : "it holds \(days.joined(separator: ", "))"
      throw FloorFailure(.usage, "\(directory) has nothing of \(day); \(known)")
    }
    return folder
  }

  private static func change(_ line: CommandLineWords) throws -> ReplayChange {
    var change = ReplayChange()
    for pair in line.every("set") {
      guard let equals = pair.firstIndex(of: "=") else { throw FloorFailure(.usage, "--set takes KEY=VALUE") }
      let key = String(pair[..<equals])
      guard ReplayChange.isKnown(key) else {
        throw FloorFailure(.usage, "--set \(pair): no strategy has \(key); see floor config explain STRATEGY")
      }
      change.settings.append(JSON.Member(key, .string(String(pair[pair.index(after: equals)...]))))
    }
    if let path = line.option("agents").map(Instance.absolute) {
      let files: [String]
      do { files = try DirectoryListing.names(in: path).filter { $0.hasSuffix(".yaml") } } catch {
        throw FloorFailure(.usage, "--agents \(path): \(error)")
      }
      for name in files {
        let file = try RosterCommands.agentFile(at: path + "/" + name, stem: String(name.dropLast(5)))
        change.agents[file.name] = .init(strategy: file.strategy, parameters: file.parameters)
      }
      guard !change.agents.isEmpty else { throw FloorFailure(.usage, "--agents \(path) holds no agent (NAME.yaml)") }
    }
    return change
  }
}
