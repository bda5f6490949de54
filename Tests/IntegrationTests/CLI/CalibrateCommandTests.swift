import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

@testable import FloorCLI

/// `floor calibrate` as a program, on files.
@Suite struct CalibrateCommandTests {
  private let directory: TemporaryDirectory
  private static let start = 1_795_180_500

  init() throws {
    directory = try TemporaryDirectory()
    try stream().write(toFile: directory.path + "/day.csv", atomically: true, encoding: .utf8)
    try quotes().write(toFile: directory.path + "/quotes.jsonl", atomically: true, encoding: .utf8)
  }

  /// The oracle's table: a price that rises by ten cents a second through two windows and falls through two.
  private func stream() -> String {
    var lines = ["feed_ts_ms,value,full_accuracy_value,server_ts_ms,recv_ms"]
    for second in -300...1210 {
      let at = (CalibrateCommandTests.start + second) * 1000
      let cents = 9_000_000 + 10 * (second < 600 ? second : 1200 - second) + second % 3
      lines.append("\(at),0,\(cents)0000000000000000,\(at + 900),\(at + 1200)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func quotes() -> String {
    (0..<4).map { window in
      #"{"ts":\#(CalibrateCommandTests.start + window * 300),"up_mid":\#(window < 2 ? 0.8 : 0.4),"up_lag":50,"winner":"\#(window < 2 ? "UP" : "DOWN")"}"#
    }.joined(separator: "\n") + "\n"
  }

  private func calibrate(_ words: [String]) throws -> Command.Output {
    try Command.run(
      try Siblings.path("floor"), ["calibrate"] + words + ["--state", directory.path], timeout: .seconds(300))
  }

  private var data: [String] { [directory.path + "/day.csv", "--format", "chainlink_btc_1hz"] }

  @Test(
    "A stream alone is enough: table on the terminal, and JSON, CSV and page with --out, the same again for the same seed"
  )
  func calibrates() throws {
    let out = directory.path + "/out"
    let output = try calibrate(data + ["--before", "60,10", "--out", out, "--seed", "7"])
    #expect(output.succeeded, "\(output.text)")
    #expect(output.text.contains("t3_twap") && output.text.contains("reconstructed") && output.text.contains("seed 7"))
    let report = try JSON.parse(try SmallFile.read(out + "/calibration.json", bytesMax: 1 << 24))
    #expect(report["about"]?["settlement_twap_s"]?.int == 60 && report["bootstrap"]?["seed"]?.string == "7")
    let rows = try #require(report["rows"]?.array)
    #expect(rows.map { $0["before_s"]?.int } == [60, 10])
    // A price that goes one way for ten minutes leaves nothing open.
    let brier = try #require(
      rows[1]["scores"]?.array?.first { $0["forecaster"] == "t3_twap" }?["brier"]?["value"]?.double)
    #expect(brier < 0.01 && (rows[1]["samples"]?.int ?? 0) >= 3)
    let csv = try String(contentsOfFile: out + "/calibration.csv", encoding: .utf8)
    #expect(csv.hasPrefix("before_s,forecaster,samples") && csv.contains("\n10,t3_twap,"))
    let page = try String(contentsOfFile: out + "/calibration.html", encoding: .utf8)
    #expect(page.hasPrefix("<!DOCTYPE html>") && page.contains("day.csv") && page.contains("the mean over 60 s"))
    let again = try calibrate(data + ["--before", "60,10", "--seed", "7", "--json"])
    #expect(try JSON.parse(again.text) == report)
  }

  @Test("Quotes are judged alone, and with a stream the models are asked at their moments") func quoted() throws {
    let quotes = ["--quotes", directory.path + "/quotes.jsonl", "--twap", "none", "--json"]
    let alone = try JSON.parse(try calibrate(quotes).text)
    #expect(alone["rows"]?.array?.first?["scores"]?.array?.count == 1)
    // (0.2² + 0.2² + 0.4² + 0.4²) / 4
    let brier = try #require(alone["rows"]?.array?.first?["scores"]?.array?.first?["brier"]?["value"]?.double)
    #expect(abs(brier - 0.1) < 1e-12)
    let both = try JSON.parse(try calibrate(data + quotes).text)
    let names = try #require(both["rows"]?.array?.first?["scores"]?.array).map { $0["forecaster"]?.string }
    #expect(names == ["t3_spot", "normal_spot", "market_mid"])
    #expect(both["rows"]?.array?.first?["before_s"]?.int == 50)
  }

  @Test("What cannot be calibrated is refused with the place, the value and a remedy") func refusals() throws {
    func refusal(_ words: [String]) throws -> String {
      let output = try calibrate(words)
      #expect(!output.succeeded)
      return output.text
    }
    #expect(try refusal([]).contains("--quotes FILE"))
    #expect(try refusal(data + ["--before", "60,now"]).contains("--before 60,now: seconds from 1 to 300"))
    #expect(try refusal(data + ["--before", "301"]).contains("--before 301"))
    #expect(try refusal(data + ["--series", "btc-7m"]).contains("--series btc-7m"))
    #expect(try refusal(data + ["--twap", "45"]).contains("none, 30 or 60"))
    #expect(try refusal(data + ["--draws", "5"]).contains("--draws takes a whole number from 100"))
    #expect(try refusal(data + ["--series", "eth-5m"]).contains("no window can be judged"))
    #expect(try refusal(["--quotes", directory.path + "/day.csv"]).contains("as quotes: line 1"))
    #expect(try refusal(data + ["--results", directory.path + "/day.csv"]).contains("slug and outcome"))
  }
}
