import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

extension BossTests {
  /// Who works for the boss: the first roster, statuses, commands, advice.
  @Suite("The boss and its roster")
  struct Roster {
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
      let reason = try floor.administrator.query("SELECT status_reason AS r FROM agents WHERE name = 'a'").one().text(
        "r")
      #expect(reason.contains("the same crash 3 times"))
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
        try floor.administrator.query("SELECT count(*) AS n FROM verdicts WHERE recommendation_id IS NOT NULL").one()
          .int(
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

    @Test("An agent that wants more an entry than the floor allows is born with what it may, and told of once")
    func clippedSize() throws {
      let floor = try BossFloor()
      try floor.start()
      try floor.awaitReady(BossTests.all)
      let hired = try floor.awaitCommand(
        floor.command(
          "hire", "n",
          [
            "strategy": "volume",
            "parameters": ["series": ["btc-5m"], "size_usd": "30", "parameters": .object([])],
          ]))
      #expect(hired.done)
      try floor.awaitReady(["agent-n"])
      let first = try #require(try floor.process("agent-n")?.pid)
      kill(first, SIGKILL)
      _ = try floor.awaitReplaced("agent-n", first)
      let sizes = try floor.heard("agent-n").compactMap { $0["agent"]?["size_usd"]?.string }
      #expect(sizes == ["20", "20"])
      #expect(try floor.events("size-clipped") == 1)
    }

    @Test("An agent of event markets is born with their names, of those that the feed follows")
    func eventMarkets() throws {
      let floor = try BossFloor()
      try floor.start(["--set", "market.events=mlb-cle-sf-2025-06-17,mlb-mil-chc-2025-06-17"])
      try floor.awaitReady(BossTests.all)
      func hire(_ name: String, _ events: JSON) throws -> (done: Bool, result: JSON) {
        try floor.awaitCommand(
          floor.command(
            "hire", name,
            [
              "strategy": "momentum",
              "parameters": ["events": events, "size_usd": "5", "parameters": ["input": "token_mid"]],
            ]))
      }
      let stranger = try hire("n", ["nba-*"])
      #expect(!stranger.done && stranger.result["refused"]?.string?.contains("names nba-*") == true)
      #expect(try hire("n", ["mlb-*"]).done)
      try floor.awaitReady(["agent-n"])
      let born = try floor.heard("agent-n").compactMap { $0["agent"] }
      #expect(born.last?["events"] == ["mlb-*"] && born.last?["series"] == [])
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
          && stranger.result["refused"]?.string?.contains("names foo-1m, which the feed does not follow") == true)
      let nonsense = try hire(["btc-5m"], ["colour": "red"])
      #expect(
        !nonsense.done && nonsense.result["refused"]?.string?.contains("no parameter colour") == true)
      #expect(try floor.status("n") == nil)
      #expect(try hire(["btc-5m"], .object([])).done)
      try floor.awaitReady(["agent-n"])
    }
  }
}
