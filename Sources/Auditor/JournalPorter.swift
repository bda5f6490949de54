import FloorIOData
import FloorIOVenue
import Shared

/// Packs and bounds the journals of feed and agents. Done here because nobody waits for the auditor: packing a file takes some tens of
/// milliseconds.
final class JournalPorter {
  static let interval = Duration.seconds(10)

  private let keeper: JournalKeeper
  private let log: Log
  /// Why the last pass failed: each reason is told once.
  private var trouble: String?

  init(_ process: FloorProcess) {
    keeper = JournalKeeper(JournalSettings(process.birth))
    log = process.log
  }

  func pass() {
    do {
      let report = try keeper.pass(at: SystemClock.wall())
      trouble = nil
      if report.removed > 0 {
        log.info("old journals removed", [.int("files", report.removed), .int("bytes_left", report.bytes)])
      }
    } catch {
      if trouble != "\(error)" { log.warning("journals not kept in order", [.error(error)]) }
      trouble = "\(error)"
    }
  }
}
