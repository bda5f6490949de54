import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

@testable import OrderGateway

/// The gateway dies at every named point of an order's way, whatever the venue answers: at most one venue order an intent, every fill
/// once, the ledger equal to the venue's truth log to the micro-dollar (docs/crash-matrix.md). `scripts/crash-matrix` plays it with more
/// seeds.
@Suite("Crash matrix", .oneAtATime, .timeLimit(.minutes(120)))
struct CrashMatrixTests {
  private static let environment = ProcessInfo.processInfo.environment

  /// Every point × every answer, once with a seed of its own; `CRASH_SEEDS=10` takes the seeds 1 to 10, `CRASH_POINT` and
  /// `CRASH_ANSWER` one row or column.
  private static func lanes() throws -> [CrashMatrix.Lane] {
    var points = CrashPoint.allCases
    var answers = VenueAnswer.allCases
    if let text = environment["CRASH_POINT"] { points = [try #require(CrashPoint(rawValue: text))] }
    if let text = environment["CRASH_ANSWER"] { answers = [try #require(VenueAnswer(rawValue: text))] }
    let count = environment["CRASH_SEEDS"].flatMap { UInt64($0) }
    let seeds = count.map { (1...max(1, $0)).map { $0 } } ?? [Seeds.some(1).last!]
    // Windows end only where market time runs fast, and those floors wait most of the time.
    let kinds = [points.filter { $0.stage == .payout }, points.filter { $0.stage != .payout }].filter { !$0.isEmpty }
    return seeds.flatMap { seed in
      kinds.flatMap { points in answers.map { CrashMatrix.Lane(answer: $0, seed: seed, points: points) } }
    }
  }

  @Test(
    "Whatever the venue answers, a gateway that dies at any point doubles no order, loses no fill, and its books are the venue's"
  )
  func matrix() throws {
    let lanes = try Self.lanes()
    let threads = Self.environment["CRASH_LANES"].flatMap { Int($0) } ?? 14
    let outcome = try CrashMatrix(lanes, report: Self.environment["CRASH_REPORT"]).run(threads: threads)
    for failure in outcome.failures { Issue.record("\(failure)") }
    for result in outcome.results {
      if let failure = result.failure { Issue.record("\(result.cell): \(failure)") }
    }
    let wanted = lanes.reduce(0) { $0 + $1.points.count }
    #expect(outcome.results.count == wanted)
    #expect(outcome.reached.isSuperset(of: lanes.flatMap(\.points)))
    // A matrix of orders that never came to the venue would show nothing.
    #expect(outcome.results.reduce(0) { $0 + $1.taken } >= wanted)
    #expect(outcome.results.reduce(0) { $0 + $1.fills } >= wanted / 2)
  }

  @Test(
    "The oracle sees each single thing that a truth log could say otherwise: to the micro-dollar, the micro-share and the byte"
  )
  func oracleSees() throws {
    let floor = try CrashFloor(windowsEnd: false)
    let result = floor.play(CrashCell(point: .fillRecorded, answer: .ok, seed: 1))
    #expect(result.failure == nil)
    let lines = try floor.bench.truth()
    let record = try RecordReader(floor.bench.looker)
    let copy = floor.bench.directory.path + "/truth-told-otherwise.jsonl"
    func differences(_ lines: [JSON]) throws -> [String] {
      try Data(lines.flatMap { $0.bytes + [0x0A] }).write(to: URL(filePath: copy))
      let truth = TruthReader(path: copy)
      try truth.read()
      return CrashOracle.differences(truth, record) + CrashOracle.pending(truth, record)
    }
    #expect(try differences(lines) == [])
    func ours(_ kind: String) throws -> Int {
      try #require(
        lines.lastIndex { line in
          line["kind"]?.string == kind
            && [line, line["taker"] ?? .null].contains {
              $0["account"]?.int == 0 || kind == "request" || kind == "trade_status"
            }
        })
    }
    func told(_ kind: String, _ change: (JSON) -> JSON?) throws -> [String] {
      let at = try ours(kind)
      return try differences(lines[..<at] + (change(lines[at]).map { [$0] } ?? []) + lines[(at + 1)...])
    }
    let order = lines[try ours("order")]
    #expect(try differences(lines + [order]).contains { $0.contains("2 times") })
    let second = "0x" + String(repeating: "5e", count: 32)
    #expect(
      try differences(lines + [order.with("order", .string(second))]).contains { $0.contains("the venue's alone") })
    #expect(try !told("trade") { _ in nil }.isEmpty)
    for key in ["shares", "cash", "fee"] {
      let changed = try told("trade") { trade in
        let part = trade["taker"] ?? .null
        return trade.with("taker", part.with(key, .int((part[key]?.int ?? 0) + 1)))
      }
      #expect(changed.contains { $0.hasPrefix("fill ") }, "\(key)")
    }
    #expect(try !told("balance") { $0.with("delta", .int(($0["delta"]?.int ?? 0) + 1)) }.isEmpty)
    #expect(try !told("trade_status") { $0.with("status", "FAILED") }.isEmpty)
    let strange = JSON.string(String(repeating: "ab", count: 32))
    let bytes = try differences(
      lines + [["kind": "request", "method": "POST", "path": "/order", "body_sha256": strange]])
    #expect(bytes.contains { $0.contains("without a record") })
  }

  @Test("The page about the crash matrix lists every point, in order, and no other")
  func documented() throws {
    let page = String(
      decoding: try SmallFile.read(Repository.root + "/docs/crash-matrix.md", bytesMax: 1 << 20), as: UTF8.self)
    let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }
    let named = rows.map { String($0.dropFirst(3).prefix { $0 != "`" }) }
    #expect(named == CrashPoint.allCases.map(\.rawValue))
    // What is on disk and at the venue, and what recovers it.
    #expect(rows.allSatisfy { $0.split(separator: "|").count == 4 })
  }

  @Test("A planned crash is no key of a floor's configuration, and a document for live trading that has one is refused")
  func notOnAFloor() throws {
    #expect(!FloorSchema.schema.keys.contains { $0.path == "crash" || $0.path.hasPrefix("crash.") })
    let directory = try TemporaryDirectory()
    try FileManager.default.createDirectory(atPath: directory.path + "/log", withIntermediateDirectories: false)
    func plan(_ mode: String, _ crash: JSON) throws -> CrashPlan? {
      try CrashPlan.read(
        BirthDocument(
          process: "order-gateway", stateDirectory: directory.path, runDirectory: directory.path, epoch: Epoch(1),
          boot: "b", configuration: ["mode": .string(mode), "crash": crash]))
    }
    let good: JSON = ["point": "answer_read", "pass": 1]
    #expect(try plan("paper", good) != nil)
    #expect(throws: FloorFailure.self) { try plan("live", good) }
    #expect(throws: FloorFailure.self) { try plan("paper", ["point": "nowhere", "pass": 1]) }
    #expect(throws: FloorFailure.self) { try plan("paper", ["point": "answer_read", "pass": 0]) }
  }
}
