import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared
import Testing

extension WholeFloor {
  /// The default floor at demo speed: what its agents say they decided on must be what the feed recorded of the venue.
  @Suite("Every entry can be taken anew from the recording")
  struct RecordingTests {
    struct Entry {
      let id: Int64
      let strategy: String
      let reason: String
      let market: MarketSlug
      let detail: JSON
    }

    static func entries(_ floor: RunningFloor) throws -> [Entry] {
      let rows = try floor.rows(
        """
        SELECT d.id, a.strategy, d.reason, d.market, d.detail::text AS detail
          FROM decisions d JOIN agents a ON a.id = d.agent_id JOIN intents i ON i.id = d.intent_id
         WHERE d.kind = 'signal' AND i.action = 'enter' ORDER BY d.id
        """)
      return try rows.map { row in
        Entry(
          id: try row.int("id"), strategy: try row.text("strategy"), reason: try row.text("reason"),
          market: try #require(MarketSlug(try row.text("market"))), detail: try JSON.parse(try row.text("detail")))
      }
    }

    /// The figures of the recording as it is now; `alter` may change a frame on the way. Without a decision on a token's price the books
    /// need not be put together.
    static func figures(
      _ floor: RunningFloor, for entries: [Entry], _ alter: (RecordedFrame) throws -> [UInt8] = { $0.frame }
    ) throws -> RecordedFigures {
      let needsBooks = try entries.contains { try SignalEvidence($0.detail).input == .tokenMid }
      var figures = RecordedFigures()
      let partly = try RecordingReader.readAll(in: floor.state + "/recordings", prefix: "frames") { frame in
        guard needsBooks || frame.stream == "reference" else { return }
        figures.take(stream: frame.stream, frame: try alter(frame))
      }
      // The newest file is being written; damage is another matter.
      for (path, reading) in partly { #expect(reading.lastDamage == nil, "\(path)") }
      return figures
    }

    static func differences(_ entries: [Entry], _ figures: RecordedFigures) throws -> [String] {
      try entries.compactMap { entry in
        let verdict = try figures.check(reason: entry.reason, market: entry.market, detail: entry.detail)
        return verdict == .confirmed ? nil : "decision \(entry.id), \(entry.reason) in \(entry.market): \(verdict)"
      }
    }

    /// The frame with the price of that moment changed by the smallest unit.
    static func altering(_ frame: RecordedFrame, at time: MarketTime, kind: ReferenceKind) throws -> [UInt8] {
      guard frame.stream == "reference" else { return frame.frame }
      let ticks = StreamFrame<ReferenceTick>(reference: frame.frame).events
      guard let tick = ticks.first(where: { $0.observedAt == time && $0.kind == kind }), ticks.count == 1,
        let micros = tick.value.micros
      else { return frame.frame }
      let json = try JSON.parse(frame.frame)
      let text = Decimal6.text(micros + 1, minimumDecimals: 6)
      let payload = try json.need("payload").with("value", .number(text)).with("full_accuracy_value", .string(text))
      return json.with("payload", payload).bytes
    }

    @Test(
      "Entries of both strategies are recomputed from the feed's own recording, and one altered price is noticed; its day is decided once more elsewhere, equal but for what another threshold changes"
    )
    func recomputed() throws {
      let seed = UInt32.random(in: 1...9999)
      print("seed \(seed)")
      let floor = try RunningFloor("rec", ["--speed", "20", "--seed", "\(seed)"])
      try DayReplay.killAgent("reversion-eth", of: floor)
      let waited = try floor.floor("wait", "--strategies", "2", "--trades", "1", "--timeout", "150")
      #expect(waited.status == 0, "\(waited.output)")
      let entries = try RecordingTests.entries(floor)
      let unexplained = try floor.rows(
        """
        SELECT i.id FROM intents i
         WHERE i.origin = 'agent' AND NOT EXISTS (SELECT FROM decisions d WHERE d.intent_id = i.id AND d.kind = 'signal')
        """)
      #expect(unexplained.isEmpty, "intents without a decision")
      #expect(Set(entries.map(\.strategy)) == ["momentum", "reversion"])
      // The recording is written out once a second.
      let figures = try eventually("the recording has come so far", within: .seconds(20)) {
        let figures = try RecordingTests.figures(floor, for: entries)
        let missing = try RecordingTests.differences(entries, figures).contains { $0.contains("notRecorded") }
        return missing ? nil : figures
      }
      let differences = try RecordingTests.differences(entries, figures)
      #expect(differences.isEmpty, "seed \(seed): \(differences.joined(separator: "\n"))")
      #expect(figures.lastUnreadable == nil && figures.frames > 500)
      print("\(entries.count) entries taken anew from \(figures.frames) recorded messages")

      // It can fail: the price that was decided on, and a price that a decision was measured against, a millionth off.
      let entry = try #require(entries.last)
      let evidence = try SignalEvidence(entry.detail)
      let kind = try #require(ReferenceKind(rawValue: try entry.detail.needText("reference_kind")))
      let decidedOn = try RecordingTests.figures(floor, for: entries) {
        try RecordingTests.altering($0, at: evidence.valueTime, kind: kind)
      }
      #expect(try RecordingTests.differences([entry], decidedOn).count == 1)
      let momentum = try #require(entries.first { $0.strategy == "momentum" })
      let measured = try SignalEvidence(momentum.detail)
      let symbol = try #require(MarketSeries.contract(momentum.market)?.series.symbol)
      let start = measured.valueTime.advanced(by: .zero - measured.lookback)
      let base = try #require(figures.reference(symbol, kind).last { $0.time <= start })
      let spoiltBase = try RecordingTests.figures(floor, for: entries) {
        try RecordingTests.altering($0, at: base.time, kind: kind)
      }
      #expect(try RecordingTests.differences([momentum], spoiltBase).count == 1)

      try ShadowOfAFloor(floor: floor).expectLikeness()
      let day = try DayReplay(floor)
      try day.expectEqual(killed: "reversion-eth")
      let agent = try floor.text(
        "SELECT a.name AS value FROM agents a JOIN decisions d ON d.agent_id = a.id WHERE d.id = \(momentum.id)")
      try day.expectEqualRows(of: agent)
      try day.expectExactlyTheAffected(agent: agent)
      try floor.stop()
    }
  }
}
