import FloorIOData
import Shared

/// The paper account on the disk. A record is there before anybody is told what it says; a journal that has grown long is begun anew, from
/// a snapshot, so that months of trading can be read back.
final class PaperJournal {
  /// The account as it stands.
  private(set) var account: PaperExchange
  private let directory: String
  /// `nil` when it could not be opened again after it was begun anew: the next record tries once more.
  private var file: JournalFile?
  private var sizeAtStart = 0

  /// Grown by so many bytes, the journal is long.
  static let growthMax = 1 << 20
  /// Orders that are over, placed and last filled longer ago than this, are left out then: nobody asks further back.
  static let retention = Duration.seconds(48 * 3600)
  private static let name = "paper.journal"

  /// Throws when the file cannot be read or is no paper account's: nothing of it is thrown away then.
  init(directory: String) throws {
    self.directory = directory
    let file = try JournalFile(directory: directory, name: Self.name)
    guard let account = PaperExchange(records: try file.load()) else {
      throw FloorFailure(
        .configuration, "\(directory)/\(Self.name) is no paper account's journal; move it away to begin a new account")
    }
    self.account = account
    self.file = file
  }

  /// Writes what happened, then lets it have happened. Throws when the disk does not take it: then nothing has.
  func record(_ entries: [PaperEntry]) throws {
    guard !entries.isEmpty else { return }
    let file = try file ?? JournalFile(directory: directory, name: Self.name)
    self.file = file
    try file.append(PaperExchange.record(entries))
    for entry in entries { account.apply(entry) }
  }

  func observe(_ book: VenueBook, at now: MarketTime) { account.observe(book, at: now) }

  /// What a public trade fills: to be recorded.
  func meet(_ trade: LastTrade, yes: TokenID, no: TokenID, at now: MarketTime) -> [PaperEntry] {
    account.meet(trade, yes: yes, no: no, at: now)
  }

  /// Begins a long journal anew. Throws when the disk does not take the new one: the old one then goes on.
  func renewWhenLong(at now: MarketTime) throws {
    guard let old = file, old.size - sizeAtStart > Self.growthMax else { return }
    account.forget(before: now.advanced(by: .zero - Self.retention))
    do {
      file = try JournalFile(directory: directory, name: Self.name, startingWith: account.snapshot)
    } catch {
      // Which of the two stands under the name now is not known; both say the same.
      file = nil
      file = try JournalFile(directory: directory, name: Self.name)
      throw error
    }
    sizeAtStart = file?.size ?? 0
  }
}
