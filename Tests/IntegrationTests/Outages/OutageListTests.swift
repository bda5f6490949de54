import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Synchronization
import Testing

/// A list of wishes without deadlines, played undisturbed and with something away (docs/outages.md). `scripts/outages` plays the long ones.
@Suite("A list played through an outage", .oneAtATime, .timeLimit(.minutes(30)))
struct OutageListTests {
  private static let environment = ProcessInfo.processInfo.environment

  private struct Played: Sendable {
    let outage: Outage
    var books: OutageFloor.Books?
    var modes: Set<String> = []
    var doneMeanwhile: [OutageScript.Step] = []
    var events: [String: Int64] = [:]
    var failure: String?
  }

  @Test(
    "Whatever goes away, for however long: in the end the books are the venue's, and those of a floor that lost nothing"
  )
  func list() throws {
    let seconds = try Self.environment["OUTAGE_SECONDS"].map { try #require(Int($0)) } ?? 10
    let chosen = try Self.environment["OUTAGE"].map { [try #require(Outage(rawValue: $0))] }
    let outages = [.nothing] + (chosen ?? Outage.allCases.filter { $0 != .nothing })
    let seed = Seeds.some(1).last!
    let script = OutageScript(seed: seed)
    let folder = try TemporaryDirectory()
    let recording = folder.path + "/standing.jsonl.zst"
    var books = MovingBooks(seed: seed)
    try books.writeStanding(recording)
    let results = Self.play(outages, script, recording, .seconds(seconds))
    for result in results {
      if let failure = result.failure { Issue.record("\(result.outage.rawValue), seed \(seed): \(failure)") }
    }
    let undisturbed = try #require(results.first { $0.outage == .nothing }?.books)
    #expect(undisturbed.fills.count >= 12)
    for result in results where result.outage != .nothing {
      let name = Comment(rawValue: "\(result.outage.rawValue), seed \(seed)")
      #expect(result.books == undisturbed, name)
      print(
        "\(result.outage.rawValue) away for \(seconds) s: \(result.modes.sorted()), done meanwhile \(result.doneMeanwhile.count) steps, \(result.events)"
      )
      let withoutRecord: Set<String> = seconds > 61 ? ["REDUCE_ONLY", "FILE_FALLBACK"] : ["REDUCE_ONLY"]
      if result.outage.takesRecord {
        #expect(result.modes == withoutRecord, name)
        #expect(result.events["file_fallback", default: 0] == (seconds > 61 ? 1 : 0), name)
      }
      switch result.outage {
      case .nothing: break
      // Nothing is entered; what takes risk out is done.
      case .database, .full: #expect(result.doneMeanwhile == script.exits, name)
      // A cancel does not wait for a disk; a sale does, and both are told.
      case .disk:
        #expect(result.doneMeanwhile == [.cancel], name)
        #expect(result.events["journal_failed", default: 0] > 0, name)
      // Nobody hears the agent; the entry that it wants out is taken out all the same when the record has been away for too long.
      case .both: #expect(result.doneMeanwhile == (seconds > 17 ? [.cancel] : []), name)
      case .redis:
        #expect(result.modes == ["ACTIVE"], name)
        #expect(result.doneMeanwhile.count == script.meanwhile, name)
      }
    }
  }

  private static func play(
    _ outages: [Outage], _ script: OutageScript, _ recording: String, _ length: Duration
  ) -> [Played] {
    let results = Mutex<[Played]>([])
    let group = DispatchGroup()
    for outage in outages {
      group.enter()
      Thread {
        var played = Played(outage: outage)
        do {
          let floor = try OutageFloor(outage, script, recording: recording)
          do { played.books = try floor.play(for: length) } catch { played.failure = "\(error)" }
          played.modes = floor.modes
          played.doneMeanwhile = floor.doneMeanwhile
          for row in try floor.bench.looker.query(
            "SELECT event_type, count(*) AS n FROM system_events WHERE component = 'gateway' GROUP BY event_type")
          { played.events[try row.text("event_type")] = try row.int("n") }
        } catch {
          played.failure = (played.failure.map { $0 + "; " } ?? "") + "\(error)"
        }
        let done = played
        results.withLock { $0.append(done) }
        group.leave()
      }.start()
    }
    group.wait()
    return results.withLock { $0 }
  }
}
