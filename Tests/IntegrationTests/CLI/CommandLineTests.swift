import FloorIOData
import FloorTestSupport
import Shared
import Testing

@testable import FloorCLI

@Suite struct CommandLineTests {
  private func words(_ text: String) throws -> CommandLineWords {
    try CommandLineWords(
      text.split(separator: " ").map(String.init), options: ["state", "set", "lines"], flags: ["json", "help"])
  }

  @Test("words, options in both forms and flags are told apart, wherever they stand") func parsing() throws {
    let line = try words("a --state /x b --json --set k=v --set=l=w -- --c")
    #expect(line.words == ["a", "b", "--c"])
    #expect(line.option("state") == "/x")
    #expect(line.every("set") == ["k=v", "l=w"])
    #expect(line.has("json"))
    #expect(try words("-h").has("help"))
  }

  @Test("what is not known is a usage error", arguments: ["--nope", "--state", "--json=1", "--lines 0", "--lines x"])
  func refusals(_ text: String) {
    let failure = #expect(throws: FloorFailure.self) { try words(text).whole("lines", default: 1, in: 1...5) }
    #expect(failure?.exitCode == .usage)
  }

  @Test("every command explains itself, and its name is used once") func helpTexts() {
    #expect(Set(FloorCommands.all.map(\.name)).count == FloorCommands.all.count)
    for command in FloorCommands.all {
      #expect(FloorCommands.help.contains(command.summary))
      #expect(FloorCommands.help(of: command).contains("usage: floor \(command.name)"))
    }
    for code in ExitCode.allCases { #expect(FloorCommands.help.contains("\(code.rawValue) \(code.meaning)")) }
  }

  @Test(
    "what is asked for is explained: a strategy, its parameter, a parameter alone, an old spelling",
    arguments: [
      (
        "momentum.lookback_s",
        ["momentum.lookback_s", "a whole number from 1 to 14400, seconds", "default  300", "10 to 1800"]
      ),
      ("lookback_s", ["momentum.lookback_s", "reversion.lookback_s", "default  600"]),
      ("spike", ["spike.roc_threshold_pct", "spike.cusum_unit"]),
      ("volume.surge_ratio", ["default  3", "move it from 1.5 to 10", "parameters:"]),
      ("money.starting_balance", ["old spelling of floor.capital_usd"]),
      ("HAMMER_SECS", ["a hammer agent", "old spelling of parameters.hammer_s", "hammer.hammer_s", "default  30"]),
      ("d_min", ["parameters.d_min_usd, with parameters.d_min_sigma: 0"]),
      ("detection.roc_threshold", ["not read", "with ai75 it is parameters.roc_threshold_pct (the number times 100)"]),
    ])
  func explanations(name: String, words: [String]) throws {
    let text = try #require(Explanation.elsewhere(name))
    for word in words { #expect(text.contains(word), "\(word) in \(text)") }
    #expect(Explanation.elsewhere("colour") == nil && Explanation.elsewhere("momentum.colour") == nil)
  }

  @Test("a table lines its columns up, numbers to the right, and lets nothing steer the terminal") func table() {
    let table = Table(
      ["agent", "pnl", "note"], [["momentum-1", "12.50", "ok"], ["m", "-3.00", "a\u{1B}[31m\nb"], ["x", "-", ""]])
    #expect(
      table.text == """
        AGENT         PNL  NOTE
        momentum-1  12.50  ok
        m           -3.00  a [31m b
        x               -
        """)
    #expect(Table(["a"]).text == "A\n(none)")
  }

  @Test(
    "amounts and times are shown as people write them",
    arguments: [
      ("12.500000", "12.50"), ("0.000001", "0.000001"), ("-3.000000", "-3.00"), ("100", "100"), ("a.b", "a.b"),
      ("1.2.3", "1.2.3"),
      ("2026-11-20 13:15:00.123456+00", "2026-11-20 13:15:00"), ("", ""),
    ])
  func shortening(_ long: String, _ short: String) { #expect(Listing.short(long) == short) }

  @Test("what set-up wrote down is found; the command line wins; a neighbour's environment does not speak")
  func instance()
    throws
  {
    let directory = try TemporaryDirectory()
    let state = directory.path
    func instance(_ text: String, _ environment: [String: String] = [:]) throws -> Instance {
      let line = try CommandLineWords(
        text.split(separator: " ").map(String.init), options: FloorCommands.commonOptions,
        flags: FloorCommands.commonFlags)
      return try Instance(line, environment: environment)
    }
    let sourced = ["FLOOR_STATE": state, "FLOOR_RUN": "/tmp/sourced", "PGHOST": "/tmp/sourced-pg"]
    #expect(try instance("", sourced).runDirectory == "/tmp/sourced")
    #expect(try instance("--state /elsewhere", sourced).runDirectory == nil)
    _ = try Command.run("/bin/mkdir", [state + "/etc"], timeout: .seconds(5))
    let written: JSON = [
      "instance": "demo", "state": .string(state), "run": "/tmp/written", "postgres_host": "/tmp/written-pg",
      "redis_socket": "/tmp/written/redis.sock",
    ]
    try AtomicFile.write(written.bytes, to: state + "/etc/instance.json")
    let found = try instance("--state \(state)", sourced)
    #expect(found.runDirectory == "/tmp/written")
    #expect(found.database.host == "/tmp/written-pg")
    #expect(found.name == "demo")
    #expect(found.redisSettings()?.keyPrefix == "demo:")
    #expect(try instance("--state \(state) --host /x --run /y").database.host == "/x")
    try AtomicFile.write(Array("{".utf8), to: state + "/etc/instance.json")
    let failure = #expect(throws: FloorFailure.self) { try instance("--state \(state)") }
    #expect(failure?.exitCode == .configuration)
  }

  @Test("log lines become text, other people's lines stay, and the level filters") func logLines() {
    let text = """
      {"ts":"2026-11-20T13:15:00.123456Z","level":"INFO","process":"auditor","message":"checked","rows":3}
      libsomething: hello
      {"ts":"2026-11-20T13:15:01Z","level":"ERROR","process":"auditor","message":"books disagree","drift":"-0.000001"}
      """
    let all = LogsCommand.parse(Array(text.utf8), .debug)
    #expect(all.count == 3)
    #expect(all[0].text == "13:15:00.123  INFO     auditor           checked  rows=3")
    #expect(all[1].time == all[0].time)
    let grave = LogsCommand.parse(Array(text.utf8), .warning)
    #expect(grave.map(\.text) == ["13:15:01      ERROR    auditor           books disagree  drift=-0.000001"])
  }

  @Test("the disk is judged by the configured bounds, and by what every disk needs") func disk() {
    func judge(_ free: Int64, of total: Int64 = 100 << 30, alarm: Int64 = 15, stop: Int64 = 5) -> DiskJudgement {
      DiskJudgement(
        bytesFree: free, bytesTotal: total, alarmMicros: alarm * 1_000_000, stopMicros: stop * 1_000_000)
    }
    #expect(judge(20 << 30).verdict == .enough)
    #expect(judge(14 << 30).verdict == .scarce)
    #expect(judge(4 << 30).verdict == .entriesStopped)
    #expect(judge(14 << 30, alarm: 10).verdict == .enough)
    #expect(judge(20 << 30, alarm: 40, stop: 30).verdict == .entriesStopped)
    #expect(judge(4 << 30, alarm: 0, stop: 0).verdict == .enough)
    #expect(judge(400 << 20, of: 1 << 30).verdict == .scarce, "40 %, and still not much")
    #expect(judge(14 << 30, alarm: 10, stop: 2).detail.contains("alarm below 10 %, no entries below 2 %"))
  }
}
