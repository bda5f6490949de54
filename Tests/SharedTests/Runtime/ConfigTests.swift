import Shared
import Testing

/// A tree from `key: value` pairs, one line each, dots making sections.
private func tree(_ pairs: [(String, String)]) -> ConfigNode {
  func build(_ rows: [(path: [Substring], value: String, line: Int)]) -> ConfigNode {
    var entries: [ConfigNode.Entry] = []
    var done: Set<Substring> = []
    for row in rows {
      guard let head = row.path.first, done.insert(head).inserted || row.path.count == 1 else { continue }
      if row.path.count == 1 {
        entries.append(.init(String(head), line: row.line, ConfigNode(.scalar(row.value), line: row.line)))
      } else {
        let below = rows.filter { $0.path.first == head }.map { (Array($0.path.dropFirst()), $0.value, $0.line) }
        entries.append(.init(String(head), line: row.line, build(below)))
      }
    }
    return ConfigNode(.mapping(entries), line: rows.first?.line ?? 1)
  }
  return build(pairs.enumerated().map { ($0.element.0.split(separator: "."), $0.element.1, $0.offset + 1) })
}

private func file(_ pairs: (String, String)...) -> ConfigLayer {
  ConfigLayer(name: "file", file: "floor.yaml", tree: tree(pairs))
}

private func load(_ layers: ConfigLayer...) throws -> EffectiveConfig {
  try ConfigLoader.load(schema: FloorSchema.schema, layers: layers, home: "floor.yaml", rules: FloorRules.all)
}

private func problems(_ layers: ConfigLayer...) -> [ConfigProblem] {
  do {
    _ = try ConfigLoader.load(schema: FloorSchema.schema, layers: layers, home: "floor.yaml", rules: FloorRules.all)
    return []
  } catch { return error.problems }
}

@Suite("Configuration")
struct ConfigTests {
  @Test("The built-in values alone are a legal floor with the card's limits")
  func builtInIsLegal() throws {
    let config = try load().reader
    #expect(try config.text("mode") == "paper")
    #expect(try config.usd("floor.capital_usd") == USD(dollars: 1000))
    #expect(try config.micros("limits.system_pct") == 40_000_000)
    #expect(try config.duration("supervision.progress_deadline_ms") == .seconds(3))
    #expect(try config.list("market.series").count == 4)
  }

  @Test("The last layer wins for an ordinary key, and its provenance is kept")
  func lastLayerWins() throws {
    let schema = FloorSchema.schema
    let environment = ConfigLayer(
      environment: [("FLOOR_WEB_PORT", "8600"), ("HOME", "/x")], schema: schema, ignoring: [])
    let config = try load(file(("web.port", "8502")), environment, ConfigLayer(commandLine: ["sim.port=0"]))
    #expect(config.offer("web.port")?.value == .whole(8600))
    #expect(config.offer("web.port")?.place == "environment FLOOR_WEB_PORT")
    #expect(config.offer("sim.port")?.layer == "command line")
    #expect(config.offer("mode")?.layer == "built-in")
    let text = try #require(config.explain("web.port"))
    #expect(text.contains("web.port = 8600") && text.contains("overridden  8502 from file (floor.yaml:1)"))
  }

  @Test("A limit can be tightened by any layer and loosened by none")
  func limitsTighten() throws {
    let tight = ConfigLayer(name: "profile p", file: "p.yaml", tree: tree([("limits.per_trade_pct", "1")]))
    let config = try load(tight, file(("limits.per_trade_pct", "50"), ("limits.loss_streak_pause_s", "10")))
    #expect(config.offer("limits.per_trade_pct")?.value == .decimal(micros: 1_000_000))
    #expect(config.offer("limits.per_trade_pct")?.place == "p.yaml:1")
    // A pause is tighter when longer.
    #expect(config.value("limits.loss_streak_pause_s") == .whole(3600))
    let text = try #require(config.explain("limits.per_trade_pct"))
    #expect(text.contains("less strict  50 from file (floor.yaml:1)"))
  }

  @Test("All problems of all layers come in one message, each with place, value and remedy")
  func allProblemsAtOnce() {
    let schema = FloorSchema.schema
    let environment = ConfigLayer(environment: [("FLOOR_WEB_PROT", "1")], schema: schema, ignoring: [])
    let found = problems(
      file(
        ("mode", "life"), ("limits.per_trade", "2"), ("web.port", "70000"), ("floor.capital_usd", "1e3"),
        ("supervision.progress_deadline_s", "3"), ("colour", "red")),
      environment, ConfigLayer(commandLine: ["nonsense"]))
    #expect(found.count == 8)
    let message = ConfigRefusal(found).description
    #expect(message.hasPrefix("configuration refused, 8 problems:"))
    #expect(
      message.contains(
        "floor.yaml:1: mode = \"life\" is none of the known words → give one of paper, live"))
    #expect(
      message.contains(
        "limits.per_trade = \"2\" is not a key of the floor → the unit is part of the key: did you mean "
          + "limits.per_trade_pct (in per cent)?"))
    #expect(message.contains("web.port = \"70000\" is out of range → give a whole number from 0 to 65535"))
    #expect(message.contains("floor.capital_usd = \"1e3\" is not a plain decimal number"))
    #expect(message.contains("did you mean supervision.progress_deadline_ms? convert the value too"))
    #expect(message.contains("environment FLOOR_WEB_PROT: stands for no key of the configuration → did you mean"))
    #expect(message.contains("command line: \"nonsense\" is not of the form key=value"))
  }

  @Test("A misspelled key is told its nearest neighbour")
  func nearestNeighbour() {
    #expect(FloorSchema.schema.remedy(forUnknown: "floor.capitol_usd") == "did you mean floor.capital_usd?")
    #expect(FloorSchema.schema.remedy(forUnknown: "limits.metrics_port") == "did you mean web.metrics_port?")
    #expect(
      FloorSchema.schema.remedy(forUnknown: "orders.hold_s") == "did you mean orders.hold_to_settlement_s?")
    #expect(FloorSchema.schema.remedy(forUnknown: "qqqqqqqqqq").hasPrefix("remove it"))
  }

  @Test("A key that stands twice in a file is refused with both lines")
  func duplicateKey() {
    let node = ConfigNode(
      .mapping([
        .init("mode", line: 1, ConfigNode(.scalar("paper"), line: 1)),
        .init("mode", line: 7, ConfigNode(.scalar("live"), line: 7)),
      ]), line: 1)
    let found = problems(ConfigLayer(name: "file", file: "f.yaml", tree: node))
    #expect(
      found.map(\.description) == ["f.yaml:7: mode stands twice in one file (first on line 1) → keep one of the two"])
  }

  @Test("A value where a section belongs, and a list where a value belongs, are refused")
  func wrongShapes() {
    let node = ConfigNode(
      .mapping([
        .init("limits", line: 1, ConfigNode(.scalar("2"), line: 1)),
        .init("mode", line: 2, ConfigNode(.sequence([ConfigNode(.scalar("paper"), line: 3)]), line: 3)),
      ]), line: 1)
    let found = problems(ConfigLayer(name: "file", file: "f.yaml", tree: node))
    #expect(found.map(\.key) == ["limits", "mode"])
    #expect(found.map(\.reason) == ["is a section, not a value", "is a list, which this key does not take"])
  }

  @Test(
    "Unsafe combinations are refused though each value is legal",
    arguments: [
      ([("mode", "live"), ("venue", "polymarket")], ["mode"]),
      ([("mode", "live"), ("live.armed", "true")], ["venue"]),
      ([("mode", "live")], ["mode", "venue"]),
      ([("endpoints.clob_url", "https://clob.polymarket.com")], ["endpoints.clob_url"]),
      ([("endpoints.clob_url", "http://127.0.0.1@clob.polymarket.com/")], ["endpoints.clob_url"]),
      ([("endpoints.user_ws_url", "ws://127.0.0.1.example.com/ws")], ["endpoints.user_ws_url"]),
      ([("web.port", "8601")], ["sim.port"]),
      ([("limits.per_agent_pct", "1")], ["limits.per_trade_pct"]),
      ([("limits.drawdown_pct", "5")], ["limits.daily_loss_pct"]),
      ([("floor.capital_usd", "40")], ["limits.per_trade_pct"]),
      ([("supervision.quarantine_first_s", "400")], ["supervision.quarantine_first_s"]),
      ([("disk.reduce_only_free_pct", "20")], ["disk.reduce_only_free_pct"]),
      (
        [("mode", "live"), ("live.armed", "true"), ("venue", "polymarket"), ("floor.capital_usd", "5000")],
        ["floor.capital_usd"]
      ),
      (
        [
          ("mode", "live"), ("live.armed", "true"), ("venue", "polymarket"), ("judging.trades_min_count", "5"),
          ("orders.absence_proof_s", "10"),
        ],
        ["judging.trades_min_count", "orders.absence_proof_s"]
      ),
    ] as [([(String, String)], [String])])
  func unsafeCombinations(settings: [(String, String)], keys: [String]) {
    let found = problems(ConfigLayer(name: "file", file: "f.yaml", tree: tree(settings)))
    #expect(found.map { $0.key ?? "" } == keys)
  }

  @Test("An armed live floor, paper on the public data and endpoints on this machine are accepted")
  func safeCombinations() throws {
    _ = try load(file(("mode", "live"), ("live.armed", "true"), ("venue", "polymarket")))
    // Paper on the real venue's public data.
    _ = try load(file(("venue", "polymarket")))
    let local = try load(
      file(("endpoints.clob_url", "http://localhost:9000/x"), ("web.metrics_port", "0"), ("web.port", "0")))
    #expect(try VenueEndpoints(local.reader).clob == "http://localhost:9000/x")
    #expect(try VenueEndpoints(local.reader).marketStream == "ws://127.0.0.1:8601/ws/market")
    #expect(try VenueEndpoints(local.reader).authorities == nil)
    #expect(try VenueEndpoints(local.reader).clock == "http://localhost:9000/x/sim/clock")
  }

  @Test("Rules are lists of members; those of all layers hold together, and what they came from is told")
  func rulesAddUp() throws {
    func item(_ pairs: [(String, String)]) -> ConfigNode {
      ConfigNode(.mapping(pairs.map { .init($0.0, line: 3, ConfigNode(.scalar($0.1), line: 3)) }), line: 3)
    }
    func rules(_ name: String, _ items: [ConfigNode]) -> ConfigLayer {
      ConfigLayer(
        name: name, file: "\(name).yaml",
        tree: ConfigNode(
          .mapping([
            .init(
              "limits", line: 1,
              ConfigNode(.mapping([.init("rules", line: 2, ConfigNode(.sequence(items), line: 2))]), line: 1))
          ]), line: 1))
    }
    let file = rules("file", [item([("scope", "category"), ("pct", "20.0")])])
    #expect(try load(file).reader.list("limits.rules") == ["scope=category pct=20"])
    #expect(try RiskLimits(load().reader).rules == [])
    let config = try load(
      rules("profile", [item([("usd", "50"), ("scope", "event_group"), ("name", "btc-5m")])]), file,
      ConfigLayer(commandLine: [
        "limits.rules=scope=market usd=5, scope=agent basis=allocation pct=50.0, scope=category pct=20"
      ]))
    #expect(
      try RiskLimits(config.reader).rules.map(\.text) == [
        "scope=event_group name=btc-5m usd=50", "scope=category pct=20", "scope=market usd=5",
        "scope=agent pct=50 basis=allocation",
      ])
    #expect(config.explain("limits.rules")?.contains("part of it") == true)
    let layers = try #require(EffectiveConfig(schema: FloorSchema.schema, layersJSON: config.layersJSON))
    #expect(layers.value("limits.rules") == config.value("limits.rules"))
    for (members, words) in [
      ([("scope", "galaxy"), ("pct", "5")], "galaxy"), ([("scope", "floor"), ("name", "x"), ("pct", "5")], "no names"),
      ([("scope", "market")], "neither pct nor usd"), ([("scope", "market"), ("percent", "5")], "percent"),
      ([("pct", "5")], "no scope"), ([("scope", "market"), ("pct", "500")], "not from 0.01 to 100"),
      ([("scope", "market"), ("usd", "a lot")], "something other than a word"),
      ([("scope", "market"), ("usd", "1e3")], "no plain decimal"),
      ([("scope", "category"), ("name", "Crypto"), ("usd", "5")], "small letters"),
      ([("scope", "agent"), ("pct", "5"), ("basis", "gold")], "basis gold, which there is not"),
      ([("scope", "agent"), ("usd", "5"), ("basis", "equity")], "no pct that could be of it"),
      ([("scope", "market"), ("pct", "5"), ("basis", "allocation")], "a market has none"),
    ] {
      let found = problems(rules("file", [item(members)]))
      #expect(found.count == 1 && found[0].description.contains(words), "\(found)")
      #expect(found[0].key == "limits.rules" && !found[0].remedy.isEmpty)
    }
  }

  @Test(
    "A breaker's threshold that makes no sense is refused with its key, what it was and what to do, and of several layers the strictest holds",
    arguments: [
      ("limits.rejects_count", "0", "4", "9"), ("limits.rejects_window_s", "86401", "900", "60"),
      ("limits.rejects_pause_s", "0", "3600", "60"), ("limits.strategy_loss_streak_count", "1001", "6", "70"),
      ("limits.strategy_daily_loss_pct", "0", "3", "50"), ("limits.strategy_drawdown_pct", "101", "4", "60"),
    ])
  func breakers(key: String, bad: String, strict: String, lax: String) throws {
    let found = problems(ConfigLayer(commandLine: ["\(key)=\(bad)"]))
    #expect(found.map(\.key) == [key])
    #expect(found[0].description.contains(bad) && !found[0].remedy.isEmpty, "\(found)")
    for layers in [[strict, lax], [lax, strict]] {
      let config = try load(
        ConfigLayer(commandLine: ["\(key)=\(layers[0])"]), ConfigLayer(commandLine: ["\(key)=\(layers[1])"]))
      #expect(config.value(key)?.written.hasPrefix(strict) == true, "\(layers)")
    }
  }

  @Test("Every number's key ends in its unit, and every environment name is unique")
  func schemaIsConsistent() {
    for key in FloorSchema.schema.keys {
      if let unit = key.kind.unit {
        #expect(key.name == unit.rawValue || key.name.hasSuffix(unit.suffix), "\(key.path)")
      }
      #expect(key.meaning.hasSuffix("."), "\(key.path)")
      if key.isLimit, key.combination != .allBind {
        #expect(key.kind.unit != nil, "only numbers are limits: \(key.path)")
      }
    }
    #expect(Set(FloorSchema.schema.keys.map(\.environmentName)).count == FloorSchema.schema.keys.count)
    let names = Set(FloorSchema.schema.keys.map(\.environmentName))
    #expect(names.isDisjoint(with: FloorSchema.otherEnvironmentNames))
  }

  @Test("The JSON of a birth document reads back to the same values")
  func jsonRoundTrip() throws {
    let config = try load(file(("limits.per_trade_pct", "1.5"), ("market.record", "false")))
    let reader = ConfigReader(try JSON.parse(config.json.bytes))
    #expect(try reader.micros("limits.per_trade_pct") == 1_500_000)
    #expect(try reader.flag("market.record") == false)
    #expect(try reader.share(of: USD(dollars: 1000), "limits.per_trade_pct") == USD(dollars: 15))
    #expect(throws: ConfigReadError.self) { try reader.text("no.such_key") }
    #expect(throws: ConfigReadError.self) { try reader.duration("web.port") }
  }

  @Test("Random text never gets past a number's range or crashes the loader", arguments: 0..<20)
  func hostileValues(seed: UInt64) throws {
    var chance = SeededGenerator(seed: seed &* 7919 &+ 17)
    let alphabet = Array("0123456789.-+eE_, \u{0}\u{7f}äxtrue[]{}:#")
    for _ in 0..<200 {
      let text = String(
        (0..<Int.random(in: 0...24, using: &chance)).map { _ in alphabet.randomElement(using: &chance)! })
      let key = FloorSchema.schema.keys.randomElement(using: &chance)!
      let layer = ConfigLayer(commandLine: ["\(key.path)=\(text)"])
      guard let config = try? ConfigLoader.load(schema: FloorSchema.schema, layers: [layer], home: "") else { continue }
      switch (config.value(key.path), key.kind) {
      case (.whole(let n)?, .whole(let range, _)): #expect(range.contains(n))
      case (.decimal(let n)?, .decimal(let range, _)): #expect(range.contains(n))
      case (.text(let t)?, .text(let most, _)): #expect(t.utf8.count <= most && !t.utf8.contains(0))
      default: break
      }
    }
  }
}

@Suite("Floor limits")
struct FloorLimitsTests {
  @Test("Capital is divided so that the whole roster with its reserve stays inside the system limit", arguments: 1...40)
  func allocation(agents: Int) throws {
    let limits = try FloorLimits(load().reader, agents: agents)
    #expect(limits.perTrade == USD(dollars: 20))
    #expect(limits.system == USD(dollars: 400))
    #expect(limits.allocationPerAgent <= USD(dollars: 100))
    #expect(limits.allocationPerAgent.micros * Int64(agents + 1) <= limits.system.micros)
    if agents + 1 <= 4 { #expect(limits.allocationPerAgent == USD(dollars: 100)) }
  }

  @Test("A wish of thirty dollars an entry becomes twenty, until the capital makes two per cent of it thirty")
  func clip() throws {
    let small = try FloorLimits(load().reader, agents: 4)
    #expect(small.entry(wanting: USD(dollars: 30)) == USD(dollars: 20))
    #expect(small.entry(wanting: USD(dollars: 3)) == USD(dollars: 3))
    let large = try FloorLimits(load(file(("floor.capital_usd", "1500"))).reader, agents: 4)
    #expect(large.entry(wanting: USD(dollars: 30)) == USD(dollars: 30))
  }
}

@Suite("Agent files")
struct AgentFileTests {
  private let strategies: [String: [ConfigKey]] = [
    "momentum": [
      ConfigKey("threshold_pct", .decimal(from: "0.01", to: "5", .percent), builtIn: "0.5", "Move that counts.")
    ]
  ]

  private func agent(_ pairs: [(String, String)], stem: String = "momentum-btc") -> Result<AgentFile, ConfigRefusal> {
    do {
      return .success(
        try AgentFile.load(
          file: "a.yaml", stem: stem, tree: tree(pairs), strategies: strategies,
          followed: FollowedMarkets(series: ["btc-5m", "btc-15m"], events: ["mlb-cle-sf-2025-06-17"])))
    } catch { return .failure(error) }
  }

  @Test(
    "What an entry spends is fixed dollars, a share of the allocation, or Kelly's where a chance is stated; other pairs are refused"
  )
  func sizing() throws {
    func sized(_ pairs: (String, String)...) throws -> PositionSizing {
      try agent([("name", "momentum-btc"), ("strategy", "momentum"), ("series", "btc-5m")] + pairs).get().sizing
    }
    #expect(try sized() == PositionSizing(.fixed))
    let percent = try sized(("sizing.method", "percent"), ("sizing.pct", "12.5"))
    #expect(percent == PositionSizing(.percent, percentMicros: 12_500_000))
    #expect(PositionSizing(percent.json) == percent)
    for (pairs, key, words) in [
      ([("sizing.method", "kelly")], "sizing.method", "one of fixed, percent"),
      ([("sizing.method", "percent")], "sizing.pct", "give 0.01 to 100"),
      ([("sizing.pct", "5")], "sizing.pct", "sizing.method: percent"),
      ([("sizing.part_pct", "5")], "sizing.part_pct", "known here: pct, method"),
    ] {
      let all = [("name", "momentum-btc"), ("strategy", "momentum"), ("series", "btc-5m")] + pairs
      guard case .failure(let refusal) = agent(all) else {
        Issue.record("\(pairs) is taken")
        continue
      }
      #expect(refusal.problems.count == 1 && refusal.problems[0].key == key, "\(refusal)")
      #expect(refusal.problems[0].remedy.contains(words), "\(refusal)")
    }
  }

  @Test("A file gives an agent with complete parameters")
  func complete() throws {
    let file = try agent([("name", "momentum-btc"), ("strategy", "momentum"), ("series", "btc-5m")]).get()
    #expect(file.size == USD(dollars: 20))
    #expect(file.parameters["threshold_pct"]?.decimalText == "0.5")
    #expect(file.json["series"] == ["btc-5m"])
  }

  @Test("An agent may trade event markets instead of series; one that names neither is told so")
  func events() throws {
    let named = [("name", "momentum-btc"), ("strategy", "momentum")]
    let file = try agent(named + [("events", "mlb-*")]).get()
    #expect(file.series.isEmpty && file.events == ["mlb-*"] && file.json["events"] == ["mlb-*"])
    for (more, words) in [
      ([], "name at least one series"), ([("events", "nba-*")], "names nba-*, which the feed does not follow"),
      ([("events", "btc-updown-5m-1795180500")], "contracts of a series belong to series"),
    ] {
      guard case .failure(let refusal) = agent(named + more) else { return #expect(Bool(false), "\(more) accepted") }
      #expect(refusal.problems.count == 1 && refusal.description.contains(words), "\(refusal)")
    }
  }

  @Test("Everything wrong in a file is said at once")
  func everythingWrong() throws {
    let result = agent(
      [
        ("name", "other"), ("strategy", "momentum"), ("series", "doge-5m"), ("size_usd", "0"),
        ("parameters.threshold", "1"),
      ])
    guard case .failure(let refusal) = result else { return #expect(Bool(false), "accepted") }
    #expect(Set(refusal.problems.map { $0.key ?? "" }) == ["name", "series", "size_usd", "parameters.threshold"])
    #expect(refusal.description.contains("did you mean parameters.threshold_pct (in per cent)?"))
  }

  @Test("An unknown strategy is told the nearest known one, once")
  func unknownStrategy() throws {
    let result = agent([
      ("name", "momentum-btc"), ("strategy", "momentun"), ("series", "btc-5m"), ("parameters.x", "1"),
    ])
    guard case .failure(let refusal) = result else { return #expect(Bool(false), "accepted") }
    #expect(refusal.problems.map(\.remedy) == ["did you mean momentum?"])
  }

  @Test("What was read travels to another program whole: values, layers and places")
  func layersTravel() throws {
    let config = try load(
      file(("web.port", "8502"), ("market.series", "btc-5m"), ("limits.per_trade_pct", "1.5")),
      ConfigLayer(commandLine: ["web.port=8600"]))
    let other = try #require(
      EffectiveConfig(schema: FloorSchema.schema, layersJSON: try JSON.parse(config.layersJSON.text)))
    for key in FloorSchema.schema.keys {
      #expect(other.value(key.path) == config.value(key.path), "\(key.path)")
      #expect(other.explain(key.path) == config.explain(key.path))
    }
    #expect(other.places("web.port") == ["command line", "the program", "floor.yaml:1", "command line"])
    #expect(EffectiveConfig(schema: FloorSchema.schema, layersJSON: [["key": "colour"]]) == nil)
  }

  @Test("A key explains itself: range, unit, built-in value, how to set it, and that a limit only tightens")
  func explanation() throws {
    let text = try #require(load().explain("limits.per_trade_pct"))
    for words in [
      "limits.per_trade_pct = 2", "built-in (the program)", "a number from 0.01 to 100, per cent", "default  2",
      "means    Most of the floor's capital", "none can loosen it", "FLOOR_LIMITS_PER_TRADE_PCT=",
    ] { #expect(text.contains(words), "\(words): \(text)") }
    #expect(try load().explain("endpoints.clob_url")?.contains("endpoints.clob_url = (empty)") == true)
    #expect(try load().explain("colour") == nil)
  }

  @Test("What could be read is there beside the problems, refused values replaced from below")
  func examination() {
    let (config, problems) = ConfigLoader.examine(
      schema: FloorSchema.schema, layers: [file(("web.port", "90000"), ("sim.port", "8700"))], home: "floor.yaml")
    #expect(problems.map(\.key) == ["web.port"])
    #expect(config.value("web.port") == .whole(8501))
    #expect(config.value("sim.port") == .whole(8700))
    #expect(ConfigProblem(problems[0].json) == problems[0])
  }

  @Test(
    "An address gives its host and port",
    arguments: [
      ("http://127.0.0.1:8601/x", "127.0.0.1", 8601), ("https://clob.polymarket.com", "clob.polymarket.com", 443),
      ("ws://[::1]:9/ws", "::1", 9), ("wss://a/ws?b:1", "a", 443), ("http://[::1]", "::1", 80),
    ])
  func targets(_ address: String, _ host: String, _ port: Int) throws {
    let target = try #require(VenueEndpoints.target(of: address))
    #expect(target.host == host && target.port == port)
    #expect(VenueEndpoints.target(of: "nowhere") == nil)
    #expect(VenueEndpoints.target(of: "http://a:b") == nil)
  }
}
