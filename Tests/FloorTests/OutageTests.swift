import FloorTestSupport
import Foundation
import Shared
import Testing

extension WholeFloor {
  @Suite("A server goes away while the floor trades")
  struct OutageTests {
    /// A floor whose agents send orders all the time, trading.
    static func busyFloor(_ subject: String) throws -> RunningFloor {
      let floor = try RunningFloor(
        subject,
        [
          "--agents", Repository.root + "/config/drill/agents", "--set", "profile=drill", "--set", "judging.act=false",
          "--set", "supervision.stop_within_s=30", "--venue-arguments",
          "--source synthetic --speed 5 --capital 100000 --seed \(UInt32.random(in: 1...9999))",
        ])
      try eventuallyTrue("orders flow and fill", within: .seconds(60)) {
        try floor.count("SELECT count(*) AS value FROM fills") > 3
      }
      return floor
    }

    /// Orders are recorded again, everything is reconciled, and venue, ledger and auditor agree.
    static func expectHealthy(_ floor: RunningFloor) throws {
      let before = try eventually("PostgreSQL answers", within: .seconds(30)) {
        try? floor.count("SELECT count(*) AS value FROM orders")
      }
      try eventuallyTrue("orders flow again", within: .seconds(60)) {
        try floor.count("SELECT count(*) AS value FROM orders") > before + 5
      }
      try eventuallyTrue("the floor is whole again", within: .seconds(60)) {
        try floor.floor("status").status == 0
      }
      let books = try floor.script("check-books", ["--instance", floor.instance])
      #expect(books.status == 0, "\(books.output)")
    }

    @Test("PostgreSQL restarts: the floor says so, no order is lost or doubled, and it returns by itself")
    func postgres() throws {
      let floor = try OutageTests.busyFloor("pg")
      #expect(try floor.supervisorctl("stop", "postgres").status == 0)
      let degraded = try eventually("the floor names what is missing", within: .seconds(20)) {
        let status = try floor.floor("status")
        return status.status != 0 && status.output.contains("PostgreSQL") ? status.output : nil
      }
      #expect(degraded.contains("PostgreSQL"))
      #expect(try floor.supervisorctl("start", "postgres").status == 0)
      try OutageTests.expectHealthy(floor)
      try floor.stop()
    }

    @Test("Redis restarts: the floor says so, agents are not left with old prices, and it returns by itself")
    func redis() throws {
      let floor = try OutageTests.busyFloor("redis")
      let supervisor = try String(contentsOfFile: floor.state + "/etc/supervisor.conf", encoding: .utf8)
      #expect(supervisor.contains("\nstopwaitsecs=35\n") && supervisor.contains(" --stop-wait 35 "))
      #expect(try floor.supervisorctl("stop", "redis").status == 0)
      let degraded = try eventually("the floor names what is missing", within: .seconds(20)) {
        let status = try floor.floor("status")
        return status.status != 0 && status.output.contains("Redis") ? status.output : nil
      }
      #expect(degraded.contains("Redis"))
      #expect(try floor.supervisorctl("start", "redis").status == 0)
      try OutageTests.expectHealthy(floor)
      #expect(try floor.redisValue("floor:state").contains("{"))
      try floor.stop()
    }
  }
}
