import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

/// The boss's executable with real processes, PostgreSQL and Redis. Stand-ins make the faults that real children should not have.
@Suite("The boss and its processes", .serialized)
struct BossTests {
  private static let agents = ["agent-a", "agent-b"]
  static let all = ProcessNames.desk + agents
  private let gatewaySecrets: JSON = [
    "database_password", "redis_password", "venue",
  ]

  @Test(
    "A first start seeds the roster, brings desk and agents up under epochs, allocates capital, and opens for entries")
  func firstStart() throws {
    let floor = try BossFloor()
    try floor.start()
    try floor.awaitReady(BossTests.all)
    try eventuallyTrue("active") { try floor.mode() == "ACTIVE" }
    #expect(try floor.status("a") == "RUNNING" && floor.status("b") == "RUNNING")
    try eventuallyTrue("capital") {
      try floor.administrator.query("SELECT count(*) AS n FROM allocations WHERE allocated = 100").one().int("n") == 2
    }
    // Two agents and one place for a clone: min(10 %, 40 % ÷ 3) of 1,000 dollars.
    let born = try #require(try floor.heard("agent-a").first)
    #expect(born["secrets"] == ["database_password", "intent_secret", "redis_password"])
    #expect(born["agent"]?["parameters"]?["input"] != nil || born["agent"]?["parameters"]?.members?.isEmpty == false)
    let epoch = try floor.administrator.query("SELECT epoch FROM agents WHERE name = 'a'").one().int("epoch")
    #expect(born["born"]?.int == epoch)
    try eventuallyTrue("grants") {
      try Set(floor.heard(ProcessNames.gateway).filter { $0["cmd"] == "grant" }.compactMap { $0["agent"]?.string }) == [
        "a", "b",
      ]
    }
    #expect(
      try floor.heard(ProcessNames.gateway).first?["secrets"] == gatewaySecrets)
    #expect(try floor.heard(ProcessNames.auditor).first?["secrets"] == ["database_password", "redis_password"])
    try eventuallyTrue("the state for people") {
      guard let state = try redisGet(floor, "floor:state") else { return false }
      return state["mode"] == "ACTIVE" && state["agents_ready"]?.int == 2 && state["desk_ready"]?.int == 5
    }
  }

  @Test("A killed agent is back at once under a higher epoch, and the gateway is told its new secret")
  func killedAgent() throws {
    let floor = try BossFloor()
    try floor.start()
    try floor.awaitReady(BossTests.all)
    let before = try #require(try floor.process("agent-a"))
    kill(try #require(before.pid), SIGKILL)
    let after = try floor.awaitReplaced("agent-a", try #require(before.pid))
    #expect(after.epoch > before.epoch && after.restarts == 1)
    try eventuallyTrue("grant of the new epoch") {
      try floor.heard(ProcessNames.gateway).contains {
        $0["cmd"] == "grant" && $0["agent"] == "a" && $0["epoch"]?.int == after.epoch
      }
    }
    #expect(try floor.process("agent-b")?.restarts == 0)
  }

  @Test("A killed gateway comes back and hears every grant again")
  func killedGateway() throws {
    let floor = try BossFloor()
    try floor.start()
    try floor.awaitReady(BossTests.all)
    let old = try #require(try floor.process(ProcessNames.gateway)?.pid)
    let heardBefore = try floor.heard(ProcessNames.gateway).count
    kill(old, SIGKILL)
    _ = try floor.awaitReplaced(ProcessNames.gateway, old)
    try eventuallyTrue("grants repeated") {
      let since = try floor.heard(ProcessNames.gateway).dropFirst(heardBefore)
      return Set(since.filter { $0["cmd"] == "grant" }.compactMap { $0["agent"]?.string }) == ["a", "b"]
    }
  }

  @Test("A process that reports and does no work that waits is replaced; one that has nothing to do is left alone")
  func stuckAndIdle() throws {
    let floor = try BossFloor()
    try floor.faults(["agent-a": ["stuck": true], "agent-b": ["idle": true], "auditor": ["idle": true]])
    try floor.start(["--set", "supervision.progress_deadline_ms=1000"])
    try floor.awaitReady(["agent-b", "auditor"])
    let idle = try floor.process("agent-b")?.pid
    try eventuallyTrue("the stuck one is found") { try floor.events("hung") >= 1 }
    try floor.faults(["agent-b": ["idle": true], "auditor": ["idle": true]])
    let births = try floor.births("agent-a").count
    #expect(births >= 1)
    try eventuallyTrue("it is back") {
      guard let row = try floor.process("agent-a") else { return false }
      return try row.state == "READY" && floor.births("agent-a").count >= 2
    }
    #expect(try floor.process("agent-b")?.pid == idle && floor.process("agent-b")?.restarts == 0)
    #expect(try floor.process("auditor")?.restarts == 0)
    let hung = try floor.administrator.query(
      "SELECT DISTINCT component FROM system_events WHERE event_type = 'hung'")
    #expect(try hung.map { try $0.text("component") } == ["agent-a"])
  }

  @Test(
    "After kill -9 of the boss the next one adopts the desk, respawns the agents under new epochs, and leaves no orphan"
  )
  func killedBoss() throws {
    let floor = try BossFloor()
    let first = try floor.start()
    try floor.awaitReady(BossTests.all)
    let desk = try ProcessNames.desk.map { try floor.process($0)?.pid }
    let epochs = try BossTests.agents.map { try #require(try floor.process($0)).epoch }
    kill(first.processIdentifier, SIGKILL)
    let begin = Date()
    try floor.start()
    for (name, epoch) in zip(BossTests.agents, epochs) {
      try eventuallyTrue("\(name) back") {
        guard let row = try floor.process(name) else { return false }
        return row.state == "READY" && row.epoch > epoch
      }
    }
    // The dead boss's lease is not waited for.
    #expect(Date().timeIntervalSince(begin) < 5)
    try floor.awaitReady(ProcessNames.desk)
    #expect(try ProcessNames.desk.map { try floor.process($0)?.pid } == desk, "the desk was adopted")
    try eventuallyTrue("no orphan") { floor.standIns.count == 7 }
    #expect(try floor.heard("agent-a").contains { $0["lifeline"] == "closed" })
    // An adopted process is supervised on: its death is noticed though nobody may read its exit status.
    let auditor = try #require(try floor.process(ProcessNames.auditor)?.pid)
    kill(auditor, SIGKILL)
    _ = try floor.awaitReplaced(ProcessNames.auditor, auditor)
    // A boss that adopted its gateway must be able to bear the next one: with the wallet.
    let gateway = try #require(try floor.process(ProcessNames.gateway)?.pid)
    let heardBefore = try floor.heard(ProcessNames.gateway).count
    kill(gateway, SIGKILL)
    _ = try floor.awaitReplaced(ProcessNames.gateway, gateway)
    let reborn = try floor.heard(ProcessNames.gateway).dropFirst(heardBefore).first
    #expect(reborn?["secrets"] == gatewaySecrets)
  }

  @Test("An agent that outlives its boss is ended before the new boss starts another")
  func orphan() throws {
    let floor = try BossFloor()
    try floor.faults(["agent-a": ["ignores_lifeline": true, "deaf": true]])
    let first = try floor.start()
    try floor.awaitReady(BossTests.all)
    let orphan = try #require(try floor.process("agent-a")?.pid)
    kill(first.processIdentifier, SIGKILL)
    try floor.start()
    _ = try floor.awaitReplaced("agent-a", orphan, within: .seconds(15))
    #expect(ProcessStat.read(pid: orphan)?.isDead ?? true)
    try eventuallyTrue("no orphan") { floor.standIns.count == 7 }
  }

  @Test("A second boss stands by, without a word to the children, and takes over when the first is gone")
  func standBy() throws {
    let floor = try BossFloor()
    let first = try floor.start()
    try floor.awaitReady(BossTests.all)
    let second = try floor.start()
    try eventuallyTrue("standing by") {
      String(decoding: try SmallFile.read(floor.state + "/log/boss.err", bytesMax: 1 << 20), as: UTF8.self).contains(
        "standing by")
    }
    #expect(first.isRunning && second.isRunning)
    let agent = try #require(try floor.process("agent-a"))
    kill(first.processIdentifier, SIGKILL)
    try eventuallyTrue("taken over") { try (floor.process("agent-a")?.epoch ?? 0) > agent.epoch }
    #expect(second.isRunning)
  }

  @Test("A hung agent is fenced, ended and replaced; one that ignores TERM is killed")
  func hungAgent() throws {
    let floor = try BossFloor()
    try floor.start(["--set", "supervision.progress_deadline_ms=1000"])
    try floor.awaitReady(BossTests.all)
    let before = try #require(try floor.process("agent-a"))
    // Stopped, it neither reports nor hears TERM: only KILL ends it.
    kill(try #require(before.pid), SIGSTOP)
    let after = try floor.awaitReplaced("agent-a", try #require(before.pid), within: .seconds(15))
    #expect(after.epoch > before.epoch)
    #expect(try floor.events("hung") >= 1)
    #expect(ProcessStat.read(pid: try #require(before.pid))?.isDead ?? true)
  }

  @Test(
    "A crash loop is quarantined, the other agent and the boss go on, and more than half in quarantine closes entries")
  func crashLoop() throws {
    let floor = try BossFloor()
    try floor.faults(["agent-a": ["exit": 70]])
    let boss = try floor.start()
    try floor.awaitReady(ProcessNames.desk + ["agent-b"])
    try eventuallyTrue("quarantined") { try floor.status("a") == "QUARANTINED" }
    #expect(try floor.births("agent-a").count == 3, "three crashes with the same fingerprint")
    #expect(try floor.mode() == "ACTIVE")
    // From now on the other one dies as well.
    try floor.faults(["agent-a": ["exit": 70], "agent-b": ["signal": 11]])
    kill(try #require(try floor.process("agent-b")?.pid), SIGKILL)
    try eventuallyTrue("reduce only") { try floor.mode() == "REDUCE_ONLY" }
    #expect(boss.isRunning)
    // A person mends it.
    try floor.faults([:])
    for agent in ["a", "b"] { #expect(try floor.awaitCommand(floor.command("start", agent)).done) }
    try floor.awaitReady(BossTests.agents)
    try eventuallyTrue("active again") { try floor.mode() == "ACTIVE" }
    #expect(try floor.births("agent-a").count == Set(floor.births("agent-a")).count, "no epoch twice")
  }

  @Test("A first roster that cannot be recorded as a whole is not recorded at all, and is complete when it can")
  func seedsAllOrNothing() throws {
    let floor = try BossFloor(agents: ["a", "b", "c"])
    try floor.administrator.execute(
      script: """
        CREATE FUNCTION stand_in_the_way() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN IF NEW.name = 'b' THEN RAISE 'not now'; END IF; RETURN NEW; END $$;
        CREATE TRIGGER stand_in_the_way BEFORE INSERT ON agents FOR EACH ROW EXECUTE FUNCTION stand_in_the_way();
        """)
    let first = try floor.start()
    try eventuallyTrue("it says what it waits for") {
      try floor.log().contains("the first roster: not now")
    }
    #expect(try floor.status("a") == nil)
    kill(first.processIdentifier, SIGKILL)
    try floor.administrator.execute(script: "DROP TRIGGER stand_in_the_way ON agents")
    try floor.start()
    try floor.awaitReady(ProcessNames.desk + ["agent-a", "agent-b", "agent-c"])
    for agent in ["a", "b", "c"] { #expect(try floor.status(agent) == "RUNNING") }
  }

  @Test("A pause outlives a crash loop; start ends both")
  func pauseInQuarantine() throws {
    let floor = try BossFloor()
    try floor.start(["--set", "supervision.quarantine_first_s=2", "--set", "supervision.quarantine_longest_s=2"])
    try floor.awaitReady(BossTests.all)
    #expect(try floor.awaitCommand(floor.command("pause", "a")).done)
    try floor.faults(["agent-a": ["exit": 70]])
    kill(try #require(try floor.process("agent-a")?.pid), SIGKILL)
    try eventuallyTrue("in quarantine") { try floor.process("agent-a")?.state == "QUARANTINED" }
    #expect(try floor.status("a") == "PAUSED")
    try floor.faults([:])
    try floor.awaitReady(["agent-a"])
    #expect(try floor.status("a") == "PAUSED")
    // Back into quarantine, and out of it by a person.
    try floor.faults(["agent-a": ["exit": 78]])
    kill(try #require(try floor.process("agent-a")?.pid), SIGKILL)
    try eventuallyTrue("given up") { try floor.events("given-up") == 1 }
    try floor.faults([:])
    #expect(try floor.awaitCommand(floor.command("start", "a")).done)
    try floor.awaitReady(["agent-a"])
    try eventuallyTrue("running") { try floor.status("a") == "RUNNING" }
  }

  @Test("A status that could not be written is written when the database takes it again")
  func statusLater() throws {
    let floor = try BossFloor()
    try floor.administrator.execute(
      script: """
        CREATE FUNCTION stand_in_the_way() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not now'; END $$;
        CREATE TRIGGER stand_in_the_way BEFORE UPDATE OF status ON agents FOR EACH ROW WHEN (NEW.status = 'QUARANTINED')
          EXECUTE FUNCTION stand_in_the_way();
        """)
    try floor.faults(["agent-a": ["exit": 70]])
    try floor.start()
    try eventuallyTrue("in quarantine") { try floor.process("agent-a")?.state == "QUARANTINED" }
    #expect(try floor.status("a") == "RUNNING")
    try floor.administrator.execute(script: "DROP TRIGGER stand_in_the_way ON agents")
    try eventuallyTrue("the record says so") { try floor.status("a") == "QUARANTINED" }
    let reason = try floor.administrator.query("SELECT status_reason AS r FROM agents WHERE name = 'a'").one().text("r")
    #expect(reason.contains("the same crash 3 times"))
  }

  @Test("Missing programs do not end the boss; they are started when they are there")
  func missingProgram() throws {
    let floor = try BossFloor()
    let program = floor.bin + "/" + ProcessNames.auditor
    try FileManager.default.moveItem(atPath: program, toPath: program + ".away")
    let boss = try floor.start([
      "--set", "supervision.quarantine_first_s=1", "--set", "supervision.quarantine_longest_s=1",
    ])
    try floor.awaitReady(BossTests.all.filter { $0 != ProcessNames.auditor })
    try eventuallyTrue("failures told") { try floor.events("spawn-failed") >= 2 }
    #expect(boss.isRunning)
    try FileManager.default.moveItem(atPath: program + ".away", toPath: program)
    try floor.awaitReady([ProcessNames.auditor], within: .seconds(20))
  }

  @Test("Commands pause, stop, start, clone, retire, halt and resume; each is answered in its row")
  func commands() throws {
    let floor = try BossFloor()
    try floor.start()
    try floor.awaitReady(BossTests.all)
    #expect(try floor.awaitCommand(floor.command("pause", "a")).done)
    #expect(try floor.status("a") == "PAUSED")
    #expect(try floor.process("agent-a")?.state == "READY", "a paused agent may still exit positions")
    #expect(try floor.awaitCommand(floor.command("stop", "a")).done)
    try eventuallyTrue("stopped") { try floor.process("agent-a")?.pid == nil }
    #expect(try floor.awaitCommand(floor.command("start", "a")).done)
    try floor.awaitReady(["agent-a"])

    let clone = try floor.command("clone", "a", ["reason": "trying"])
    #expect(try floor.awaitCommand(clone).done)
    let name = "a-c\(clone)"
    try floor.awaitReady(["agent-" + name])
    let row = try floor.administrator.query(
      """
      SELECT c.generation, p.name AS parent, c.parameters <> p.parameters AS mutated FROM agents c JOIN agents p ON p.id = c.parent_id
       WHERE c.name = $1
      """, [.text(name)]
    ).one()
    #expect(try row.int("generation") == 1 && row.text("parent") == "a" && row.bool("mutated"))
    try eventuallyTrue("the clone has capital") {
      try floor.administrator.query(
        "SELECT l.allocated FROM allocations l JOIN agents a ON a.id = l.agent_id WHERE a.name = $1", [.text(name)]
      ).one().usd("allocated") == USD(dollars: 50)
    }

    #expect(try floor.awaitCommand(floor.command("retire", "b")).done)
    #expect(try floor.status("b") == "RETIRED")
    try eventuallyTrue("gone") { floor.standIns.count == 7 }
    #expect(try floor.heard(ProcessNames.gateway).contains { $0["cmd"] == "revoke" && $0["agent"] == "b" })
    let nobody = try floor.awaitCommand(floor.command("retire", "zz"))
    #expect(!nobody.done && nobody.result["refused"]?.string?.hasPrefix("there is no agent zz") == true)
    let nonsense = try floor.awaitCommand(floor.command("dance", "a"))
    #expect(!nonsense.done)

    #expect(try floor.awaitCommand(floor.command("halt", "", ["reason": "test"])).done)
    #expect(try floor.mode() == "HALTED")
    #expect(try floor.awaitCommand(floor.command("resume", "")).done)
    try eventuallyTrue("active again") { try floor.mode() == "ACTIVE" }
  }

  @Test("A retire that loses its boss in the middle is brought to its end by the next one")
  func retireAcrossBosses() throws {
    let floor = try BossFloor()
    let first = try floor.start()
    try floor.awaitReady(BossTests.all)
    try eventuallyTrue("capital") {
      try floor.administrator.query("SELECT count(*) AS n FROM allocations WHERE allocated > 5").one().int("n") == 2
    }
    // Something of it is still open, as far as the record knows: the retire cannot end yet.
    try floor.administrator.execute(
      script: "UPDATE allocations SET invested = 5 WHERE agent_id = (SELECT id FROM agents WHERE name = 'a')")
    let command = try floor.command("retire", "a")
    try eventuallyTrue("draining") { try floor.status("a") == "DRAINING" }
    let epoch = try floor.administrator.query("SELECT epoch FROM agents WHERE name = 'a'").one().int("epoch")
    kill(first.processIdentifier, SIGKILL)
    try floor.administrator.execute(
      script: "UPDATE allocations SET invested = 0 WHERE agent_id = (SELECT id FROM agents WHERE name = 'a')")
    try floor.start()
    #expect(try floor.awaitCommand(command, within: .seconds(15)).done)
    #expect(try floor.status("a") == "RETIRED")
    #expect(
      try floor.administrator.query("SELECT epoch FROM agents WHERE name = 'a'").one().int("epoch") == epoch,
      "fenced once")
    try eventuallyTrue("its process is gone") { floor.standIns.count == 6 }
  }

  @Test("Advice to retire and to clone is followed, with a verdict that carries the evidence")
  func advice() throws {
    let floor = try BossFloor(agents: ["a", "b", "c"])
    try floor.start()
    try floor.awaitReady(ProcessNames.desk + ["agent-a", "agent-b", "agent-c"])
    let monitor = try floor.database.open(as: "floor_monitor")
    for (agent, action) in [("a", "CLONE"), ("b", "RETIRE"), ("c", "KEEP")] {
      try monitor.query(
        """
        INSERT INTO recommendations (agent_id, action, rule, evidence) SELECT id, $2, 'first-rule', $3 FROM agents WHERE name = $1
        """, [.text(agent), .text(action), .json(["trades": 40])])
    }
    try eventuallyTrue("verdicts", within: .seconds(15)) {
      try floor.administrator.query("SELECT count(*) AS n FROM verdicts WHERE recommendation_id IS NOT NULL").one().int(
        "n") == 3
    }
    let rows = try floor.administrator.query(
      """
      SELECT v.verdict, a.name, v.evidence FROM verdicts v JOIN agents a ON a.id = v.agent_id
       WHERE v.recommendation_id IS NOT NULL ORDER BY v.recommendation_id
      """)
    #expect(try rows.map { try $0.text("verdict") } == ["CLONE", "RETIRE", "DECLINE"])
    #expect(try rows[0].json("evidence")["evidence"]?["trades"]?.int == 40)
    #expect(try floor.status("b") == "RETIRED")
    try floor.awaitReady(["agent-a-r1"])
  }

  @Test("SIGTERM stops agents, then the gateway, then the desk; the boss ends with 0 and nothing is left")
  func orderedStop() throws {
    let floor = try BossFloor()
    let boss = try floor.start()
    try floor.awaitReady(BossTests.all)
    boss.terminate()
    #expect(try floor.awaitEnd(boss) == 0)
    #expect(floor.standIns.isEmpty)
    #expect(try floor.heard("agent-a").contains { $0["signal"]?.int == 15 })
    #expect(try floor.heard(ProcessNames.gateway).contains { $0["cmd"] == "drain" })
    #expect(
      try floor.administrator.query("SELECT count(*) AS n FROM processes WHERE pid IS NOT NULL").one().int("n") == 0)
    let lease = try floor.administrator.query(
      "SELECT expires_at < clock_timestamp() AS over FROM leases WHERE name = 'boss'"
    ).one()
    #expect(try lease.bool("over"))
    // The next start needs no wait.
    try floor.start()
    try floor.awaitReady(BossTests.all)
  }

  @Test("Deaf processes do not hold a stop beyond its limit")
  func deafStop() throws {
    let floor = try BossFloor(agents: ["a"])
    try floor.faults(["agent-a": ["deaf": true], ProcessNames.web: ["deaf": true]])
    let boss = try floor.start()
    try floor.awaitReady(ProcessNames.desk + ["agent-a"])
    let begin = Date()
    boss.terminate()
    try eventuallyTrue("the stop begins") {
      try floor.heard("agent-a").contains { $0["signal"]?.int == 15 }
    }
    // Whoever asks twice gets no half floor.
    boss.terminate()
    #expect(try floor.awaitEnd(boss) == 0)
    #expect(Date().timeIntervalSince(begin) < 20)
    #expect(floor.standIns.isEmpty)
  }

  @Test("The halt file halts without a command, and --sweep ends what a lost floor left")
  func haltFileAndSweep() throws {
    let floor = try BossFloor()
    let boss = try floor.start()
    try floor.awaitReady(BossTests.all)
    try floor.write("", to: floor.state + "/halt")
    try eventuallyTrue("halted") { try floor.mode() == "HALTED" }
    kill(boss.processIdentifier, SIGKILL)
    try eventuallyTrue("agents gone: \(floor.standIns)") { floor.standIns.count == 5 }
    let sweep = try floor.start(["--sweep"])
    #expect(try floor.awaitEnd(sweep) == 0)
    #expect(floor.standIns.isEmpty)
  }

  @Test(
    "--sweep leaves a floor alone that has a boss; without one it ends what is hung as well, and names what it cannot end"
  )
  func sweepOfSilentProcesses() throws {
    let floor = try BossFloor()
    func sweep() throws -> (status: ExitCause, text: String) {
      // No configuration, no secrets: a floor that lost these must be swept too.
      let output = try Command.run(
        floor.bin + "/floor-boss",
        ["--sweep", "--config", "/nowhere", "--state", floor.state, "--run", floor.run],
        timeout: .seconds(30))
      return (output.status, output.text)
    }
    let boss = try floor.start()
    try floor.awaitReady(BossTests.all)
    let early = try sweep()
    #expect(early.status == .code(75) && early.text.contains("a boss of this instance is at work"))
    #expect(floor.standIns.count == 7)
    boss.terminate()
    #expect(try floor.awaitEnd(boss) == 0)

    // A program of the floor, stopped and without a socket.
    let program = floor.state + "/bin/" + ProcessNames.monitor
    try FileManager.default.createDirectory(atPath: floor.state + "/bin", withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: "/bin/sleep", toPath: program)
    let hung = Foundation.Process()
    hung.executableURL = URL(filePath: program)
    hung.arguments = ["600"]
    try hung.run()
    defer { kill(hung.processIdentifier, SIGKILL) }
    kill(hung.processIdentifier, SIGSTOP)
    let swept = try sweep()
    #expect(swept.status == .code(0), "\(swept.text)")
    #expect(swept.text.contains("ending perf-monitor (\(hung.processIdentifier)@"))
    #expect(swept.text.contains("which does not answer"))
    try eventuallyTrue("it is gone") { !hung.isRunning }

    // Somebody else's program behind one of our sockets.
    let mute = Foundation.Process()
    mute.executableURL = URL(filePath: "/usr/bin/python3")
    mute.arguments = [
      "-c",
      "import socket,time\ns=socket.socket(socket.AF_UNIX)\ns.bind('\(floor.run)/auditor.sock')\ns.listen()\ntime.sleep(600)",
    ]
    try mute.run()
    defer { kill(mute.processIdentifier, SIGKILL) }
    try eventuallyTrue("it listens") {
      TCPProbe.refusal(host: floor.run + "/auditor.sock", port: 0, limit: .seconds(1)) == nil
    }
    let failed = try sweep()
    #expect(failed.status == .code(75))
    #expect(failed.text.contains("somebody holds \(floor.run)/auditor.sock"), "\(failed.text)")
  }

  @Test(
    "A boss that waits for PostgreSQL ends on SIGTERM with the whole desk that another boss left")
  func stopWhileWaiting() throws {
    let floor = try BossFloor()
    let first = try floor.start()
    try floor.awaitReady(BossTests.all)
    kill(first.processIdentifier, SIGKILL)
    try eventuallyTrue("the desk alone") { floor.standIns.count == 5 }
    let known: JSON = [
      "postgres": .string("/nowhere-pg 5432 \(floor.database.name)"),
      "redis": .string(floor.servers.redisSocket),
    ]
    try floor.write(known.text, to: floor.state + "/etc/reached.json")
    let boss = try floor.start(["--set", "postgres.host=/nowhere-pg"])
    try eventuallyTrue("it waits") { try floor.log().contains("PostgreSQL: ") }
    #expect(floor.standIns.count == 5)
    boss.terminate()
    #expect(try floor.awaitEnd(boss) == 0)
    #expect(floor.standIns.isEmpty)
    // Asked, not killed.
    for name in ProcessNames.desk {
      #expect(
        try floor.heard(name).contains { $0["signal"]?.int == 15 || $0["cmd"] == "drain" },
        "\(name)")
    }
  }

  @Test("What happened while the record took nothing is told when it does again")
  func lateEvents() throws {
    let floor = try BossFloor()
    try floor.start()
    try floor.awaitReady(BossTests.all)
    // As a full disk would answer: for the moment.
    try floor.administrator.execute(
      script: """
        CREATE FUNCTION stand_in_the_way() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN RAISE 'no room' USING ERRCODE = '53100'; END $$;
        CREATE TRIGGER stand_in_the_way BEFORE INSERT ON system_events FOR EACH ROW EXECUTE FUNCTION stand_in_the_way();
        """)
    let old = try #require(try floor.process("agent-a")?.pid)
    kill(old, SIGKILL)
    _ = try floor.awaitReplaced("agent-a", old)
    #expect(try floor.events("crash") == 0)
    try floor.administrator.execute(script: "DROP TRIGGER stand_in_the_way ON system_events")
    try eventuallyTrue("told") { try floor.events("crash") == 1 }
    let metadata = try floor.administrator.query(
      "SELECT metadata FROM system_events WHERE event_type = 'crash'"
    ).one().json("metadata")
    #expect(
      metadata["happened_at"]?.string != nil
        && metadata["cause"]?.string?.contains("signal 9") == true)
  }

  @Test("A hire that could not work here is refused with the reason, and spends no name")
  func impossibleHire() throws {
    let floor = try BossFloor()
    try floor.start()
    try floor.awaitReady(BossTests.all)
    func hire(_ series: JSON, _ parameters: JSON) throws -> (done: Bool, result: JSON) {
      try floor.awaitCommand(
        floor.command(
          "hire", "n",
          [
            "strategy": "momentum",
            "parameters": ["series": series, "size_usd": "5", "parameters": parameters],
          ]))
    }
    let stranger = try hire(["foo-1m"], .object([]))
    #expect(
      !stranger.done
        && stranger.result["refused"]?.string?.contains("does not follow foo-1m") == true)
    let nonsense = try hire(["btc-5m"], ["colour": "red"])
    #expect(
      !nonsense.done && nonsense.result["refused"]?.string?.contains("no parameter colour") == true)
    #expect(try floor.status("n") == nil)
    #expect(try hire(["btc-5m"], .object([])).done)
    try floor.awaitReady(["agent-n"])
  }

  @Test("A bad configuration is refused with exit 78 and every problem in one message; nothing is started")
  func refusedConfiguration() throws {
    let floor = try BossFloor()
    try floor.write("name: a\nstrategy: momentun\nseries: [btc-5m]\n", to: floor.home.path + "/c/agents/a.yaml")
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: floor.state + "/etc/secrets.yaml")
    let boss = try floor.start(["--set", "limits.per_trade=2", "--set", "mode=live"])
    #expect(try floor.awaitEnd(boss) == 78)
    let text = String(decoding: try SmallFile.read(floor.state + "/log/boss.err", bytesMax: 1 << 20), as: UTF8.self)
    #expect(text.contains("did you mean momentum?"))
    #expect(text.contains("did you mean limits.per_trade_pct"))
    #expect(text.contains("live.armed is false"))
    #expect(text.contains("chmod 600"))
    #expect(floor.standIns.isEmpty)
  }

  private func redisGet(_ floor: BossFloor, _ key: String) throws -> JSON? {
    let loop = try EventLoop()
    let bus = RedisBus(
      loop: loop,
      settings: RedisSettings(
        address: .socket(floor.servers.redisSocket), user: "boss", password: floor.servers.busPassword("boss"),
        clientName: "test"),
      log: .discarding())
    var answer: JSON?
    var isDone = false
    bus.onConnected = {
      bus.get(key) { result in
        if case .success(let bytes?) = result { answer = try? JSON.parse(bytes) }
        isDone = true
      }
    }
    _ = try loop.turn(until: { isDone }, limit: .seconds(5))
    bus.close()
    return answer
  }
}
