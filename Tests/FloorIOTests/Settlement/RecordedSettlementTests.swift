import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared
import Testing

/// Every settled window of the recordings, decided anew by our own code.
@Suite(
  "Recorded settlements", .enabled(if: ReferenceFiles.data.isPresent, Comment(rawValue: ReferenceFiles.data.absence)))
struct RecordedSettlementTests {
  private func lines(_ path: String) throws -> [String] {
    let file = try GzipLines(path: ReferenceFiles.data.folder + "/" + path)
    var lines: [String] = []
    while let line = try file.next() { lines.append(String(decoding: line, as: UTF8.self)) }
    return lines
  }

  /// Rows of a comma-separated file by the names in its first line. No field of these files is quoted.
  private func rows(_ path: String) throws -> [[Substring: Substring]] {
    let lines = try lines(path)
    let names = try #require(lines.first).split(separator: ",", omittingEmptySubsequences: false)
    return lines.dropFirst().map { line in
      Dictionary(zip(names, line.split(separator: ",", omittingEmptySubsequences: false))) { first, _ in first }
    }
  }

  @Test(
    "A day of single observations: every window whose closing second was recorded ends as the venue said, the others are unprovable"
  )
  func observations() throws {
    var decided = 0
    var unprovable = 0
    var windows = 0
    for prices in try ReferenceFiles.data.files("chainlink_btc_1hz", suffix: ".csv.gz") {
      var series = ReferenceSeries()
      for row in try rows("chainlink_btc_1hz/" + prices) {
        let attos = try #require(row["full_accuracy_value"].flatMap { Int128($0) })
        let stamp = try #require(row["feed_ts_ms"].flatMap { Int64($0) })
        series.put(
          ReferenceValue(attos: attos), at: stamp / 1000,
          received: try #require(row["recv_ms"].flatMap { Int64($0) }))
      }
      let day = try #require(prices.firstMatch(of: /\d{4}-\d{2}-\d{2}/)).0
      for name in try ReferenceFiles.data.files("chainlink_btc_1hz", suffix: "\(day).jsonl.gz") {
        for line in try lines("chainlink_btc_1hz/" + name) {
          let market = try JSON.parse(Array(line.utf8))
          guard market["resolved"]?.bool == true, let prices = market["outcome_prices"]?.array,
            prices.first?.string == "1" || prices.first?.string == "0"
          else { continue }
          windows += 1
          let strike = market["strike_value"]?.string.flatMap { Int128($0) }.map(ReferenceValue.init(attos:))
          let opens = try market.needInt("start_sec")
          let closes = try market.needInt("end_sec")
          let verdict = UpDownSettlement.verdict(
            opens: opens, closes: closes, series: series, strike: strike)
          // What the venue calls the strike is what the series says at the opening second.
          if let strike, let opening = series[opens] { #expect(strike == opening, "\(opens)") }
          switch verdict {
          case .decided(let outcome, _, _):
            #expect((outcome == .yes) == (prices.first?.string == "1"), "\(opens)")
            decided += 1
          case .unprovable(let missing):
            #expect(missing == .opening || series[closes] == nil, "\(opens)")
            unprovable += 1
          }
        }
      }
    }
    #expect(windows > 0 && decided + unprovable == windows)
    #expect(decided * 100 >= windows * 85, "\(decided) of \(windows) decided, \(unprovable) unprovable")
  }

  @Test(
    "Windows settled on the source's mean end by its values at their edges, also where the price itself went the other way"
  )
  func means() throws {
    var against = 0
    var windows = 0
    for name in try ReferenceFiles.data.files("btc5m_multifeed", suffix: ".json.gz") {
      let json = try JSON.parse(
        Array(try lines("btc5m_multifeed/" + name).joined(separator: "\n").utf8), limits: JSONLimits(bytes: 256 << 20))
      for window in try #require(json["windows"]?.array) {
        let opens = try window.needInt("window_ts")
        var mean = ReferenceSeries()
        var single = ReferenceSeries()
        for (place, event) in try #require(window["events"]?.array).enumerated() {
          guard let parts = event.array, parts.count == 4, let kind = parts[1].string, kind == "t" || kind == "l",
            let stamp = parts[2].decimalText.flatMap({ Double($0) }),
            let value = parts[3].decimalText.flatMap({ ReferenceValue(parsing: $0) })
          else { continue }
          if kind == "t" { mean.put(value, at: Int64(stamp), received: Int64(place)) }
          if kind == "l" { single.put(value, at: Int64(stamp), received: Int64(place)) }
        }
        let verdict = UpDownSettlement.verdict(opens: opens, closes: opens + 300, series: mean)
        let label = try window.need("label")
        windows += 1
        guard case .decided(let outcome, let opening, let closing) = verdict else {
          Issue.record("\(name): \(verdict)")
          continue
        }
        #expect((outcome == .yes) == (label["resolved_up"]?.int == 1), "\(name)")
        #expect(opening == label["price_to_beat"]?.decimalText.flatMap { ReferenceValue(parsing: $0) }, "\(name)")
        #expect(closing == label["final_price"]?.decimalText.flatMap { ReferenceValue(parsing: $0) }, "\(name)")
        if let other = UpDownSettlement.verdict(opens: opens, closes: opens + 300, series: single).outcome,
          other != outcome
        {
          against += 1
        }
      }
    }
    #expect(windows > 0 && against < windows, "\(against) of \(windows) ended against their single observations")
  }

  @Test(
    "Thousands of published strikes and final prices give the published results, and each final price is the next strike"
  )
  func published() throws {
    var checked = 0
    for name in try ReferenceFiles.data.files("updown5m_outcomes", suffix: "labels.csv.gz") {
      var finals: [String: ReferenceValue] = [:]
      let all = try rows("updown5m_outcomes/" + name)
      for row in all {
        let id = String(try #require(row["window_id"]))
        let opening = try #require(row["price_to_beat"].flatMap { ReferenceValue(parsing: $0) }, "\(id)")
        let closing = try #require(row["final_price"].flatMap { ReferenceValue(parsing: $0) }, "\(id)")
        let outcome = UpDownSettlement.outcome(opening: opening, closing: closing)
        #expect((outcome == .yes) == (row["resolved_up"] == "1"), "\(id)")
        finals[id] = closing
        checked += 1
      }
      var followed = 0
      for row in all {
        let id = String(try #require(row["window_id"]))
        let start = try #require(row["start_ts"].flatMap { Int64($0) })
        let before = id.replacing(String(start), with: String(start - 300))
        guard let last = finals[before], let opening = row["price_to_beat"].flatMap({ ReferenceValue(parsing: $0) })
        else { continue }
        if last == opening { followed += 1 }
      }
      #expect(followed > 0, "\(name)")
    }
    #expect(checked > 0)
  }
}
