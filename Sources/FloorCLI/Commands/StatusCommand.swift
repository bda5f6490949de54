import FloorIOData
import Shared

/// `floor status`: the floor at a glance, also when half of it is down.
enum StatusCommand {
  static let command = FloorCommand(
    name: "status", summary: "the floor at a glance: mode, money, processes, what is missing", usage: "[--json]",
    details: """
      Asks PostgreSQL, Redis and every process's control socket by itself, so what is down is named and the rest is shown.
      Exit status 0: everything is there. 1: something is missing.
      """, run: run)

  private static func run(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    try line.noWords()
    var missing: [String] = []
    let record = look("PostgreSQL", &missing) { try overview(instance) }
    let answers: [ProcessProbe.Answer]
    if let run = instance.runDirectory {
      answers = look("run directory", &missing) { try ProcessProbe.ask(runDirectory: run) } ?? []
      if let problem = redisProblem(instance) { missing.append("Redis: \(problem)") }
    } else {
      answers = []
      missing.append(
        "run directory: unknown; give --run DIR (there is no \(instance.stateDirectory)/etc/instance.json)")
    }
    for answer in answers { if let silence = answer.silence { missing.append("\(answer.process): \(silence)") } }
    let isHalted = SmallFile.exists(instance.haltFile)
    if instance.isJSON {
      print(json(instance, record, answers, missing, isHalted).text)
    } else {
      show(instance, record, answers, missing, isHalted)
    }
    return missing.isEmpty ? .done : .refused
  }

  /// `nil` and a line in `missing` when it fails.
  private static func look<Value>(_ what: String, _ missing: inout [String], _ body: () throws -> Value) -> Value? {
    do { return try body() } catch {
      missing.append("\(what): \(error)")
      return nil
    }
  }

  private struct Overview {
    let floor: Listing
    let agents: Listing
  }

  private static func overview(_ instance: Instance) throws -> Overview {
    let database = try instance.connect(connectTimeout: .seconds(1), timeout: .seconds(3))
    return Overview(
      floor: Listing(
        try database.query(
          """
          SELECT mode, reason, is_paper, capital, treasury, cash, allocated, reserved, invested, day_pnl, agents_running, agents,
                 open_orders, unknown_orders, open_positions, trades_today FROM floor_overview
          """)),
      agents: Listing(
        try database.query(
          """
          SELECT p.name AS agent, p.strategy, p.status, p.generation, p.allocated, p.free, p.trades, p.wins, p.pnl, d.realized AS today
            FROM agent_pnl p LEFT JOIN agent_day_pnl d USING (agent_id) WHERE p.status <> 'RETIRED' ORDER BY p.name
          """)))
  }

  private static func redisProblem(_ instance: Instance) -> String? {
    guard let settings = instance.redisSettings() else { return nil }
    do {
      let loop = try EventLoop()
      let bus = RedisBus(loop: loop, settings: settings, log: .discarding(process: "floor"))
      defer { bus.close() }
      return try loop.turn(until: { bus.isConnected }, limit: .milliseconds(500)) ? nil : bus.lastError
    } catch {
      return "\(error)"
    }
  }

  private static func show(
    _ instance: Instance, _ record: Overview?, _ answers: [ProcessProbe.Answer], _ missing: [String], _ isHalted: Bool
  ) {
    let inForce = inForce(record?.floor, answers)
    if let record, let row = record.floor.cells.first {
      let values = Dictionary(
        uniqueKeysWithValues: zip(record.floor.columns, row.map { $0.map(Listing.short) ?? "-" }))
      func value(_ column: String) -> String { values[column] ?? "-" }
      let kind = value("is_paper") == "t" ? "paper" : "LIVE"
      print(
        "floor \(instance.name)  \(inForce.mode.rawValue)  \(kind)"
          + (inForce.reason.isEmpty ? "" : "  (\(Table.plain(inForce.reason)))"))
      print(
        "money: capital \(value("capital")), cash \(value("cash")), allocated \(value("allocated")), "
          + "reserved \(value("reserved")), invested \(value("invested")), today \(value("day_pnl"))")
      print(
        "work: \(value("agents_running")) of \(value("agents")) agents running, \(value("open_orders")) open orders "
          + "(\(value("unknown_orders")) unknown), \(value("open_positions")) positions, \(value("trades_today")) trades today"
      )
    } else {
      print(
        "floor \(instance.name)  \(inForce.mode.rawValue)  the record cannot be read now"
          + (inForce.reason.isEmpty ? "" : "  (\(Table.plain(inForce.reason)))"))
    }
    if let refusal = refusal(instance) { print("REFUSED at its last start: \(refusal)") }
    if inForce.mode == .halted, let word = answers.first(where: { $0.process == ProcessNames.gateway })?.progress?.note
    {
      print(Table.plain(word))
    }
    if isHalted { print("HALT FILE: \(instance.haltFile) exists; floor resume removes it") }
    print("")
    print(processTable(answers).text)
    if let record {
      print("")
      print(record.agents.table)
    }
    if !missing.isEmpty {
      print("\nmissing:")
      for line in missing { print("  \(Table.plain(line))") }
      print("  floor doctor says what to do")
    }
  }

  /// The message that the last start of the boss ended with, when it was refused.
  private static func refusal(_ instance: Instance) -> String? {
    do {
      let text = String(
        decoding: try SmallFile.read(instance.stateDirectory + "/refused", bytesMax: 1 << 16), as: UTF8.self)
      return text.split(separator: "\n").map { Table.plain(String($0)) }.joined(separator: "\n")
    } catch {
      // There is none, which is the rule.
      return nil
    }
  }

  private static func inForce(_ record: Listing?, _ answers: [ProcessProbe.Answer]) -> ModeInForce {
    func value(_ column: String) -> String? {
      guard let record, let row = record.cells.first, let index = record.columns.firstIndex(of: column) else {
        return nil
      }
      return row[index]
    }
    let gateway = answers.first { $0.process == ProcessNames.gateway }?.progress
    return ModeInForce(
      recorded: value("mode").flatMap(FloorMode.init(rawValue:)), recordedReason: value("reason") ?? "",
      gateway: gateway.flatMap { FloorMode(rawValue: $0.mode) }, gatewayNote: gateway?.note ?? "")
  }

  static func processTable(_ answers: [ProcessProbe.Answer]) -> Table {
    Table(
      ["process", "pid", "epoch", "state", "mode", "lag ms", "work", "note"],
      answers.map { answer in
        guard let hello = answer.hello, let progress = answer.progress else {
          return [answer.process, "-", "-", "down", "-", "-", "-", answer.silence ?? ""]
        }
        return [
          answer.process, String(hello.identity.pid), hello.epoch.description, progress.isReady ? "ready" : "starting",
          progress.mode, String(progress.lag.milliseconds), String(progress.progress),
          String(progress.note.prefix(100)),
        ]
      })
  }

  private static func json(
    _ instance: Instance, _ record: Overview?, _ answers: [ProcessProbe.Answer], _ missing: [String], _ isHalted: Bool
  ) -> JSON {
    let processes = answers.map { answer -> JSON in
      guard let hello = answer.hello, let progress = answer.progress else {
        return ["process": .string(answer.process), "up": false, "why": .string(answer.silence ?? "")]
      }
      return [
        "process": .string(answer.process), "up": true, "pid": .int(hello.identity.pid),
        "epoch": .int(hello.epoch.number),
        "build": .string(hello.build), "ready": .bool(progress.isReady), "mode": .string(progress.mode),
        "lag_ms": .int(progress.lag.milliseconds), "progress": .int(progress.progress), "note": .string(progress.note),
      ]
    }
    let inForce = inForce(record?.floor, answers)
    return [
      "instance": .string(instance.name), "halt_file": .bool(isHalted), "mode": .string(inForce.mode.rawValue),
      "why": .string(inForce.reason), "refused": refusal(instance).map { .string($0) } ?? .null,
      "floor": record.flatMap { $0.floor.json.array?.first } ?? .null, "agents": record?.agents.json ?? .null,
      "processes": .array(processes), "missing": .array(missing.map { .string($0) }),
    ]
  }
}
