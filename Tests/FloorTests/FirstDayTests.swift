import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

extension WholeFloor {
  @Suite("A new operator's first minutes")
  struct FirstDayTests {
    @Test("Both strategies close trades, a window settles, and the documented status, SQL and Redis lines show it")
    func firstDay() throws {
      let floor = try RunningFloor("day", ["--speed", "20", "--volatility", "2.4"])
      let waited = try floor.floor("wait", "--strategies", "2", "--trades", "2", "--timeout", "120")
      #expect(waited.status == 0, "\(waited.output)")
      try eventuallyTrue("a window settles", within: .seconds(60)) {
        try floor.count("SELECT count(*) AS value FROM markets WHERE payout_yes IS NOT NULL") > 0
      }
      let status = try floor.floor("status")
      #expect(status.status == 0, "\(status.output)")
      #expect(status.output.contains("ACTIVE") && status.output.contains("momentum-btc"))
      // The seed's three queries, as README.md prints them.
      let readme = try String(contentsOfFile: Repository.root + "/README.md", encoding: .utf8)
      let block = try #require(readme.components(separatedBy: "```sql\n").dropFirst().first)
      let queries = try #require(block.components(separatedBy: "```").first).components(separatedBy: ";\n").filter {
        $0.contains("SELECT")
      }
      #expect(queries.count == 3)
      for query in queries { #expect(try floor.rows(query).count > 0 || query.contains("system_events")) }
      for key in ["market:BTC-15m", "circuit:polymarket:state", "agent:momentum-btc:state", "floor:state"] {
        let value = try floor.redisValue(key)
        #expect(value.contains("{") || (key.hasPrefix("circuit") && value == "closed\n"), "\(key) is \(value)")
      }
      #expect(try floor.count("SELECT count(*) AS value FROM findings") == 0)
      let record = try SmallFile.read(floor.state + "/venue-of-record", bytesMax: 100)
      #expect(String(decoding: record, as: UTF8.self) == "sim paper")
      let memory = try floor.script("memory", ["--instance", floor.instance, "--json"])
      #expect(memory.status == 0, "\(memory.output)")
      let table = try JSON.parse(memory.output)
      let sizes = try table.need("rows").array?.map { ($0["name"]?.string ?? "", $0["pss_kb"]?.int ?? 0) } ?? []
      #expect(sizes.allSatisfy { $0.1 > 0 } && sizes.map(\.0).contains("agent-momentum-btc"))
      #expect(
        Set(sizes.map(\.0)).isSuperset(of: ProcessNames.desk + ["floor-boss", "PostgreSQL", "Redis", "sim-venue"]))
      let own = sizes.filter { $0.0 != "sim-venue" }.map(\.1).reduce(0, +)
      #expect(table["together_pss_kb"]?.int == own)
      try floor.stop()
      #expect(!FileManager.default.fileExists(atPath: floor.state))
    }
  }
}
