import FloorTestSupport
import Foundation
import Shared
import Testing

/// The order path under a fault every two seconds (docs/torture.md). `scripts/torture` runs it for as long as is wanted.
@Suite("Torture", .oneAtATime, .timeLimit(.minutes(600)))
struct TortureTests {
  private static let environment = ProcessInfo.processInfo.environment

  private static func number(_ name: String, _ usual: Int) throws -> Int {
    guard let text = environment[name] else { return usual }
    return try #require(Int(text), "\(name)=\(text) is no number")
  }

  @Test(
    "Killed, cut and lied to every other second, the floor loses no wish, doubles none, exceeds no limit, and its books are the venue's"
  )
  func torture() throws {
    let seed = Seeds.some(1).last!
    let wishes = try Self.number("TORTURE_WISHES", 3_000)
    let every = try Self.number("TORTURE_FAULT_MS", 1_500)
    let minutes = try Self.number("TORTURE_MINUTES", 0)
    let burst = try Self.number("TORTURE_BURST", 0)
    let isLong = Self.environment["TORTURE_WISHES"] != nil
    let floor = try TortureFloor(
      agents: 20, durable: isLong, isUnlimited: Self.environment["TORTURE_UNLIMITED"] != nil,
      // What stands in the venue's sockets during a burst has its answer a while later.
      requestTimeout: burst > 0 ? .seconds(10) : .milliseconds(800), seed: seed)
    let report = Self.environment["TORTURE_REPORT"]
    func tell(_ text: String) {
      guard let report, let file = FileHandle(forWritingAtPath: report) else { return }
      file.seekToEndOfFile()
      file.write(Data((text + "\n").utf8))
    }
    let plan = TortureFloor.Plan(
      wishes: wishes, longest: minutes > 0 ? .seconds(Int64(minutes * 60)) : nil,
      window: try Self.number("TORTURE_WINDOW", 200),
      faultEvery: every > 0 ? .milliseconds(every) : nil,
      patience: .seconds(Int64(300 + wishes / 20)), progress: tell)
    do {
      try floor.run(plan)
      if burst > 0 {
        tell(try floor.burst(burst, within: .seconds(30)).text)
        try floor.run(TortureFloor.Plan(wishes: 0, window: 0, patience: .seconds(120)))
      }
      let found = try floor.differences()
      #expect(found == [], "seed \(seed)")
    } catch {
      Issue.record("seed \(seed): \(error)")
    }
    let text = floor.report.text(gateways: floor.lives)
    tell(text + "\nthe fullest agent had \(Int(floor.fullest * 100)) % of its allocation at risk")
    // A run without orders, or one that never came near a limit, would show nothing.
    #expect(floor.report.unreadable == [])
    #expect(floor.report.wholeLives > floor.report.wishes / 10, "\(text)")
    #expect(floor.fullest > 0.5)
    if every > 0, wishes >= 3_000 { #expect(floor.report.struck > 0) }
  }
}
