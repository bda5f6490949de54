/// Reads a list by `limit` and `offset` from a service that silently answers fewer rows than asked, and beyond some offset the same rows
/// again (requirement V-12: 1000 rows a page, 4000 in all). A short page therefore proves nothing: only an empty one is the end, and what
/// stops growing before that is a part, and called one. Every answer but the last brings new rows: reading ends.
public struct OffsetPages<Row: Hashable & Sendable>: Sendable {
  public enum Step: Hashable, Sendable {
    /// Ask for the page at this offset.
    case ask(offset: Int)
    /// All rows there are.
    case whole
    /// There may be more, which this service does not give.
    case part
  }

  public private(set) var rows: [Row] = []
  /// Offsets above this are refused, or answered as if they were it.
  public let offsetMax: Int
  private var known: Set<Row> = []

  public init(offsetMax: Int) { self.offsetMax = offsetMax }

  /// Takes one page and says what to do next. Rows may move while we read (new ones come in at the front): those that were seen are
  /// dropped.
  public mutating func take(_ page: [Row]) -> Step {
    if page.isEmpty { return .whole }
    let new = page.filter { !known.contains($0) }
    // Nothing but what was given before: the offset no longer counts.
    if new.isEmpty { return .part }
    known.formUnion(new)
    rows += new
    return rows.count <= offsetMax ? .ask(offset: rows.count) : .part
  }
}
