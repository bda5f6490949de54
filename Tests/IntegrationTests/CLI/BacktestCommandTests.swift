import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

@testable import FloorCLI

/// `floor backtest` and `floor sweep` as programs, on files.
@Suite struct BacktestCommandTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    try rows().write(toFile: directory.path + "/day.csv", atomically: true, encoding: .utf8)
    try #"{"lookback_s": [3, 5], "threshold_token_mid_points": ["0.03", "0.05", "0.08"]}"#
      .write(toFile: directory.path + "/grid.json", atomically: true, encoding: .utf8)
  }

  private func floor(_ words: [String]) throws -> Command.Output {
    try Command.run(try Siblings.path("floor"), words + ["--state", directory.path], timeout: .seconds(300))
  }

  /// Three windows in the neutral form; in each the price rises ten seconds after its beginning, and Yes wins.
  private func rows() -> String {
    var lines = ["at_ms,kind,market,yes,no,token,side,price,size,winner"]
    for window in 0..<3 {
      let start = 1_795_180_500 + window * 300
      let (slug, yes, no) = ("btc-updown-5m-\(start)", "\(start)1", "\(start)2")
      lines.append("\(start)000,market,\(slug),\(yes),\(no),,,,,")
      for second in stride(from: 1, to: 299, by: 2) {
        let (bid, ask) = second < 10 ? ("0.50", "0.52") : ("0.59", "0.61")
        let at = start * 1000 + second * 1000
        lines.append("\(at),book,,,,\(yes),,,,")
        lines.append("\(at),level,,,,\(yes),BUY,\(bid),1000,")
        lines.append("\(at),level,,,,\(yes),SELL,\(ask),1000,")
      }
      lines.append("\(start + 330)000,result,\(slug),,,,,,,\(yes)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private var data: [String] { [directory.path + "/day.csv", "--format", "neutral"] }
  private var trader: [String] {
    [
      "--strategy", "momentum", "--series", "btc-5m", "--set", "input=token_mid", "--set", "take_profit_points=0",
      "--set", "stop_loss_points=0", "--set", "holding_max_s=0", "--set", "entries_max_count=1",
    ]
  }

  @Test("A backtest needs no floor, prints a table, and writes the report, the trades and the page") func backtest()
    throws
  {
    let out = directory.path + "/out"
    let output = try floor(["backtest"] + data + trader + ["--set", "lookback_s=5", "--out", out])
    #expect(output.succeeded, "\(output.text)")
    #expect(output.text.contains("3 markets") && output.text.contains("results: 3 told"))
    let report = try JSON.parse(try SmallFile.read(out + "/report.json", bytesMax: 1 << 24))
    #expect(report["total"]?["trades"]?.int == 3 && report["total"]?["wins"]?.int == 3)
    #expect(report["books_balance"] == true)
    let trades = try String(contentsOfFile: out + "/trades.csv", encoding: .utf8).split(separator: "\n")
    #expect(trades.count == 4 && trades.dropFirst().allSatisfy { $0.contains(",0.61,1,") && $0.contains("settlement") })
    #expect(output.text.contains("report.json, trades.csv, report.html"))
    let page = try String(contentsOfFile: out + "/report.html", encoding: .utf8)
    #expect(page.hasPrefix("<!DOCTYPE html>") && page.hasSuffix("</html>\n"))
    // Three markets, each with its price, its entry and its end; nothing from elsewhere.
    #expect(page.components(separatedBy: "<path class=\"band\"").count >= 4)
    #expect(page.components(separatedBy: "class=\"mark hollow won\"").count == 4)
    #expect(!page.contains("<script") && !page.contains("://"))
    let json = try JSON.parse(
      try floor(["backtest"] + data + trader + ["--set", "lookback_s=5", "--json"]).text)
    #expect(json == report)
  }

  @Test("The floor's own configuration counts, with what it was started with; a named one stands alone")
  func ownConfiguration() throws {
    let config = Repository.root + "/config/floor.yaml"
    try FileManager.default.createDirectory(atPath: directory.path + "/etc", withIntermediateDirectories: true)
    let instance: JSON = ["config": .string(config), "settings": ["floor.capital_usd=5000"]]
    try instance.text.write(toFile: directory.path + "/etc/instance.json", atomically: true, encoding: .utf8)
    func capital(_ more: [String]) throws -> String? {
      let output = try floor(["backtest"] + data + trader + ["--json"] + more)
      #expect(output.succeeded, "\(output.text)")
      return try JSON.parse(output.text)["assumptions"]?["capital_usd"]?.string
    }
    #expect(try capital([]) == "5000")
    #expect(try capital(["--config", config]) == "1000")
    #expect(try capital(["--capital-usd", "70"]) == "70")
  }

  @Test("What cannot be run is refused with the place, the value and a remedy") func refusals() throws {
    func refusal(_ words: [String]) throws -> String {
      let output = try floor(["backtest"] + words)
      #expect(!output.succeeded)
      return output.text
    }
    #expect(try refusal(trader).contains("give at least one recording"))
    #expect(try refusal(data + ["--strategy", "tea-leaves", "--series", "btc-5m"]).contains("tea-leaves"))
    #expect(try refusal(data + ["--strategy", "momentum"]).contains("--series"))
    #expect(try refusal(data + trader + ["--fee-rate", "7"]).contains("--fee-rate 7: a rate from 0 to 1"))
    #expect(try refusal(data + trader + ["--twap", "45"]).contains("none, 30 or 60"))
    #expect(try refusal(data + trader + ["--results", directory.path + "/grid.json"]).contains("slug and outcome"))
    #expect(try refusal([directory.path + "/day.csv", "--format", "morse"] + trader).contains("--format morse"))
    #expect(try refusal([directory.path + "/none.jsonl.zst"] + trader).contains("none.jsonl.zst"))
    try "at_ms,kind,market,yes,no,token,side,price,size,winner\n"
      .write(toFile: directory.path + "/empty.csv", atomically: true, encoding: .utf8)
    let empty = directory.path + "/empty.csv"
    #expect(try refusal([empty, "--format", "neutral"] + trader).contains("empty.csv holds no frame"))
    #expect(try refusal([empty] + data + trader).contains("empty.csv holds no frame"))
    #expect(try refusal(data + trader + ["--set", "lookback_s=soon"]).contains("lookback_s"))
  }

  @Test("A sweep that was stopped goes on behind what is finished, and shards put together are the whole")
  func sweep() throws {
    func sweep(_ out: String, _ more: [String] = []) throws -> Command.Output {
      let output = try floor(
        ["sweep"] + data + trader + ["--grid", directory.path + "/grid.json", "--out", directory.path + "/" + out]
          + more)
      #expect(output.succeeded, "\(output.text)")
      return output
    }
    func read(_ name: String) throws -> String {
      try String(contentsOfFile: directory.path + "/" + name, encoding: .utf8)
    }
    let whole = try sweep("whole")
    #expect(whole.text.contains("the best of 6 runs (6 combinations, 3 settled markets)"))
    #expect(whole.text.contains("verdict"))
    let table = try read("whole.csv")
    #expect(table.split(separator: "\n").count == 7)

    // Killed in the midst of its fourth line.
    let journal = try read("whole.runs.jsonl")
    let lines = journal.split(separator: "\n", omittingEmptySubsequences: false)
    try (lines[..<4].joined(separator: "\n") + "\n" + lines[4].prefix(40))
      .write(toFile: directory.path + "/cut.runs.jsonl", atomically: true, encoding: .utf8)
    _ = try sweep("cut", ["--jobs", "1"])
    #expect(try read("cut.csv") == table)
    #expect(try read("cut.json") == read("whole.json"))

    for part in 1...2 {
      let text = try sweep("part\(part)", ["--shard", "\(part)/2"]).text
      #expect(
        text.contains("INCOMPLETE: 3 of 6 combinations (50") && text.contains("the best of 6 gamblers"), "\(text)")
    }
    let parts = (1...2).map { directory.path + "/part\($0).runs.jsonl" }
    let merged = try floor(["sweep", "merge"] + parts + ["--out", directory.path + "/merged"])
    #expect(merged.succeeded, "\(merged.text)")
    #expect(merged.text.contains("verdict") && !merged.text.contains("INCOMPLETE"))
    #expect(merged.text.contains("written: \(directory.path)/merged.csv, .json"))
    #expect(!merged.text.contains(".json, .runs.jsonl") && !SmallFile.exists(directory.path + "/merged.runs.jsonl"))
    #expect(try read("merged.csv") == table)
    #expect(try read("merged.json") == read("whole.json"))

    let other = try floor(
      ["sweep"] + data + trader + [
        "--latency-ms", "51", "--grid", directory.path + "/grid.json", "--out", directory.path + "/whole",
      ])
    #expect(!other.succeeded && other.text.contains("another sweep"))
  }

  @Test("Two sweeps do not write one journal: the second is refused, and what the first wrote stays")
  func locked() throws {
    let sweep =
      ["sweep"] + data + trader + ["--grid", directory.path + "/grid.json", "--out", directory.path + "/one"]
    let journal = directory.path + "/one.runs.jsonl"
    let lock = try #require(try FileLock.take(journal + ".lock"))
    let refused = try floor(sweep)
    #expect(
      !refused.succeeded && refused.text.contains("another sweep writes it: wait, or give each shard its own --out"))
    #expect(!SmallFile.exists(journal))
    lock.release()
    #expect(try floor(sweep).succeeded)
  }

  @Test("A journal goes on only with equal data, in an equal shape, and an equal program, wherever that lies")
  func fingerprint() throws {
    let program = try Siblings.path("floor")
    func sweep(_ program: String, _ more: [String]) throws -> Command.Output {
      try Command.run(
        program,
        ["sweep"] + more + trader + [
          "--grid", directory.path + "/grid.json", "--out", directory.path + "/one", "--state", directory.path,
        ], timeout: .seconds(300))
    }
    func refuses(_ program: String, _ more: [String]) throws {
      let output = try sweep(program, more)
      #expect(!output.succeeded && output.text.contains("another sweep"), "\(output.text)")
    }
    let table = directory.path + "/markets.csv"
    try "a\n".write(toFile: table, atomically: true, encoding: .utf8)
    let first = try sweep(program, data + ["--markets", table])
    #expect(first.succeeded, "\(first.text)")
    let copy = directory.path + "/program"
    try FileManager.default.copyItem(atPath: program, toPath: copy)
    let again = try sweep(copy, data + ["--markets", table])
    #expect(again.succeeded, "\(again.text)")

    try refuses(program, data)
    try refuses(program, [directory.path + "/day.csv", "--format", "btc5m_books", "--markets", table])
    try "b\n".write(toFile: table, atomically: true, encoding: .utf8)
    try refuses(program, data + ["--markets", table])
    try "a\n".write(toFile: table, atomically: true, encoding: .utf8)
    // As many bytes, one of them another.
    try rows().replacing("0.61", with: "0.62").write(
      toFile: directory.path + "/day.csv", atomically: true, encoding: .utf8)
    try refuses(program, data + ["--markets", table])
    try rows().write(toFile: directory.path + "/day.csv", atomically: true, encoding: .utf8)
    let handle = try #require(FileHandle(forWritingAtPath: copy))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data([0]))
    try handle.close()
    try refuses(copy, data + ["--markets", table])
    #expect(try sweep(program, data + ["--markets", table]).succeeded)
  }

  @Test("The judgement says what the deflated ratio is a probability of, and a journal of an older form is refused")
  func words() throws {
    func run(_ number: Int, _ results: [Int]) -> JSON {
      let markets = results.enumerated().map { JSON.Member("m\($0.offset)", .string("\($0.element)")) }
      return [
        "number": .int(number), "values": [.int(number == 0 ? 3 : 5)], "trades": 5, "wins": 3,
        "pnl_usd": .string("\(results.reduce(0, +))"), "fees_usd": "0", "at_risk_usd": "9", "max_drawdown_usd": "2",
        "trades_an_hour": 1, "markets": .object(markets), "bets": [:], "sold_usd": [:], "digest": "a",
      ]
    }
    func merge(_ version: Int) throws -> Command.Output {
      let head: JSON = [
        "sweep": .int(version), "fingerprint": "f", "strategy": "momentum", "runnable": 2,
        "grid": ["lookback_s": [3, 5]],
      ]
      let lines = [head, run(0, [1, -1, 2, 3, -2]), run(1, [1, -1, -1, 1, -1])].map(\.text)
      let path = directory.path + "/old.runs.jsonl"
      try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
      return try floor(["sweep", "merge", path, "--out", directory.path + "/old"])
    }
    let output = try merge(2)
    #expect(output.succeeded, "\(output.text)")
    #expect(output.text.contains("expected of the best of so many without an edge; the true one lies above that with"))
    #expect(!output.text.contains("that it is real"))
    #expect(output.text.contains("the best of 2 gamblers") && output.text.contains("NOT MORE THAN LUCK"))
    let old = try merge(1)
    #expect(!old.succeeded && old.text.contains("old.runs.jsonl") && old.text.contains("version 2"), "\(old.text)")
  }

  @Test("When files begin is noted once; they are read anew from it, each when it is due")
  func index() throws {
    let earlier = directory.path + "/earlier.csv"
    let lines = rows().split(separator: "\n").map { $0.replacing("17951", with: "17950") }
    try lines.joined(separator: "\n").write(toFile: earlier, atomically: true, encoding: .utf8)
    let index = try BacktestData.Index([directory.path + "/day.csv", earlier], format: .neutral, markets: nil)
    func frames() throws -> [RecordedFrame] {
      let data = BacktestData(index)
      var frames: [RecordedFrame] = []
      while let frame = try data.next() { frames.append(frame) }
      return frames
    }
    let first = try frames()
    #expect(zip(first, first.dropFirst()).allSatisfy { $0.receivedAt <= $1.receivedAt })
    #expect(first.count > 2 * 3 * 149)
    #expect(try frames() == first)
    try FileManager.default.removeItem(atPath: directory.path + "/day.csv")
    // One file alone is read when its frames are wanted, and not before.
    let alone = BacktestData(try BacktestData.Index([directory.path + "/day.csv"], format: .neutral, markets: nil))
    #expect(throws: FloorFailure.self) { try alone.next() }
    let data = BacktestData(index)
    #expect(try data.next() == first[0])
    #expect(throws: FloorFailure.self) { while try data.next() != nil {} }
  }
}
