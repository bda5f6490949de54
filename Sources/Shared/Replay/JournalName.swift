/// The name of a journal file: `agent-momentum-btc.12.000001.journal` is the first part of what that agent wrote in its epoch 12,
/// `market-feed.4f0c….000003.journal` the third of what the feed published in that boot. Files stand in folders named by the UTC day
/// on which they were begun; the parts of a life are numbered through, whatever day they stand in. A packed file ends in `.zst`.
public struct JournalName: Hashable, Sendable {
  /// The process's name.
  public let writer: String
  /// Names one life of it: an agent's epoch, the feed's boot. Letters, digits and `-`.
  public let life: String
  /// From 1.
  public let part: Int
  public var isPacked: Bool

  public static let suffix = ".journal"
  public static let packedSuffix = ".journal.zst"

  public init(writer: String, life: String, part: Int, isPacked: Bool = false) {
    precondition(BirthDocument.isName(writer) && BirthDocument.isName(life) && part > 0, "a journal's name is plain")
    self.writer = writer
    self.life = life
    self.part = part
    self.isPacked = isPacked
  }

  /// `nil` for any other file's name.
  public init?(_ text: String) {
    isPacked = text.hasSuffix(JournalName.packedSuffix)
    guard isPacked || text.hasSuffix(JournalName.suffix) else { return nil }
    let words = text.dropLast((isPacked ? JournalName.packedSuffix : JournalName.suffix).utf8.count)
      .split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard words.count == 3, BirthDocument.isName(words[0]), BirthDocument.isName(words[1]), let part = Int(words[2]),
      part > 0
    else { return nil }
    (writer, life, self.part) = (words[0], words[1], part)
  }

  public var text: String {
    let digits = String(part)
    let padded = String(repeating: "0", count: max(0, 6 - digits.utf8.count)) + digits
    return "\(writer).\(life).\(padded)" + (isPacked ? JournalName.packedSuffix : JournalName.suffix)
  }

  /// The folder for what is written at that time: `2026-11-30`, by UTC.
  public static func day(of time: WallTime) -> String {
    String(CivilTime.iso8601(nanoseconds: time.nanoseconds).prefix(10))
  }

  /// Is this a day's name?
  public static func isDay(_ text: String) -> Bool {
    guard text.utf8.count == 10, let time = CivilTime.nanoseconds(parsing: text + "T00:00:00Z") else { return false }
    return day(of: WallTime(nanoseconds: time)) == text
  }
}
