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
        do {
          if let bytes = try result.get() { answer = try JSON.parse(bytes) }
        } catch { Issue.record("\(error)") }
        isDone = true
      }
    }
    _ = try loop.turn(until: { isDone }, limit: .seconds(5))
    bus.close()
    return answer
  }
}
