/// The audit log's chain, checked link by link: each row's hash covers its fields and the row before (comment on table `audit_log`).
/// A cut tail leaves a chain that is whole; that is what the heads written outside the database are for.
public struct AuditChain: Hashable, Sendable {
  public struct Entry: Hashable, Sendable {
    public var seq: Int64
    public var outboxID: Int64
    public var at: String
    public var actor: String
    public var kind: String
    public var body: String
    public var prev: [UInt8]
    public var hash: [UInt8]

    public init(
      seq: Int64, outboxID: Int64, at: String, actor: String, kind: String, body: String, prev: [UInt8], hash: [UInt8]
    ) {
      self.seq = seq
      self.outboxID = outboxID
      self.at = at
      self.actor = actor
      self.kind = kind
      self.body = body
      self.prev = prev
      self.hash = hash
    }
  }

  public enum Fault: Error, Hashable, Sendable, CustomStringConvertible {
    case gap(expected: Int64, found: Int64)
    case unlinked(seq: Int64)
    case altered(seq: Int64)
    /// A head that was kept outside does not stand in the chain.
    case headMissing(seq: Int64)

    public var description: String {
      switch self {
      case .gap(let expected, let found): "entry \(expected) is missing: \(found) follows"
      case .unlinked(let seq): "entry \(seq) does not continue the one before it"
      case .altered(let seq): "entry \(seq) was altered"
      case .headMissing(let seq): "the head noted at entry \(seq) is not in the log: it was cut or rewritten"
      }
    }
  }

  /// Number and hash of the last entry that was verified.
  public private(set) var seq: Int64
  public private(set) var hash: [UInt8]

  /// From the beginning, or from an entry that was verified before.
  public init(seq: Int64 = 0, hash: [UInt8] = [UInt8](repeating: 0, count: 32)) {
    self.seq = seq
    self.hash = hash
  }

  public mutating func verify(_ entry: Entry) throws(Fault) {
    guard entry.seq == seq + 1 else { throw .gap(expected: seq + 1, found: entry.seq) }
    guard entry.prev == hash else { throw .unlinked(seq: entry.seq) }
    guard AuditChain.hash(of: entry) == entry.hash else { throw .altered(seq: entry.seq) }
    seq = entry.seq
    hash = entry.hash
  }

  public static func hash(of entry: Entry) -> [UInt8] {
    var digest = SHA256()
    digest.update(entry.prev)
    for field in [String(entry.seq), String(entry.outboxID), entry.at, entry.actor, entry.kind, entry.body] {
      digest.update("\(field.utf8.count):".utf8)
      digest.update(field.utf8)
    }
    return digest.finish()
  }
}
