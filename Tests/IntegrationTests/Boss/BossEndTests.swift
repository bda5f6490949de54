import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

extension BossTests {
  /// How a floor ends: in order, with the deaf, from the halt file, and after a boss that was lost.
  @Suite("The boss and the end")
  struct End {
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
      // The first boss may have waited for its own connection: only what is written from here on is the second's.
      let before = try floor.log().utf8.count
      let boss = try floor.start(["--set", "postgres.host=/nowhere-pg"])
      try eventuallyTrue("it waits") {
        String(decoding: try floor.log().utf8.dropFirst(before), as: UTF8.self).contains(
          "PostgreSQL: ")
      }
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
  }
}
