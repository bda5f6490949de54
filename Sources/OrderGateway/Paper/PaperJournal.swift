import FloorIOData
import Shared

/// The paper account on the disk. A record is there before anybody is told what it says; a long journal is begun anew, from a snapshot, when it
/// is opened.
final class PaperJournal {
  /// The account as it was left.
  private(set) var account: PaperExchange
  private let file: JournalFile

  /// Beyond this the journal is begun anew at the next opening.
  private static let bytesMax = 1 << 20
  /// What ended or traded longer ago than this is left out then: no reader of orders and trades looks further back.
  private static let retention = Duration.seconds(48 * 3600)
  private static let name = "paper.journal"

  /// Throws when the file cannot be read or is no paper account's: nothing of it is thrown away then.
  init(directory: String, now: MarketTime) throws {
    let first = try JournalFile(directory: directory, name: Self.name)
    guard let account = PaperExchange(records: try first.load()) else {
      throw FloorFailure(
        .configuration, "\(directory)/\(Self.name) is no paper account's journal; move it away to begin a new account")
    }
    self.account = account
    guard first.size > Self.bytesMax else {
      file = first
      return
    }
    let snapshot = account.snapshot(since: now.advanced(by: .zero - Self.retention))
    file = try JournalFile(directory: directory, name: Self.name, startingWith: snapshot)
    self.account = PaperExchange(snapshot: snapshot) ?? account
  }

  /// Writes what happened, then lets it have happened. Throws when the disk does not take it: then nothing has.
  func record(_ entries: [PaperEntry]) throws {
    guard !entries.isEmpty else { return }
    try file.append(PaperExchange.record(entries))
    for entry in entries { account.apply(entry) }
  }

  func observe(_ book: VenueBook) { account.observe(book) }
}
