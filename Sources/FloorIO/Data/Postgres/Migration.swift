import Shared

/// One numbered step of the schema, `0005_orders.sql`. Applied in one transaction, never changed once it has been merged.
public struct Migration: Hashable, Sendable {
  public let number: Int
  /// The file's name.
  public let name: String
  public let script: String

  /// SHA-256 of the file in hex; what was applied is compared with it.
  public var checksum: String { Migration.hex(SHA256.digest(script.utf8)) }

  /// `nil` unless the name is four digits, `_`, a word, `.sql`.
  public init?(name: String, script: String) {
    let bytes = Array(name.utf8)
    guard bytes.count > 9, bytes[4] == UInt8(ascii: "_"), name.hasSuffix(".sql"),
      bytes[..<4].allSatisfy({ $0 >= 48 && $0 <= 57 }), let number = Int(name.prefix(4)), number > 0
    else { return nil }
    self.number = number
    self.name = name
    self.script = script
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}

/// Why the schema was left alone. Each text names the migration and says what to do.
public enum MigrationError: Error, Hashable, Sendable, CustomStringConvertible {
  case strangeName(String)
  case gap(expected: Int, found: String)
  case none(directory: String)
  /// The database has had a step that this program does not know.
  case newerSchema(applied: String, known: Int)
  case changed(name: String)
  case missing(name: String)
  case failed(name: String, DatabaseError)

  public var description: String {
    switch self {
    case .strangeName(let name): "\(name) is not a migration's name; it must be four digits, _, a word, .sql"
    case .gap(let expected, let found): "migration number \(expected) is missing before \(found)"
    case .none(let directory): "no migrations in \(directory); give the installation's folder that holds sql/migrations"
    case .newerSchema(let applied, let known):
      "migration \(applied) is newer than this program, which knows up to number \(known): run the newer program, "
        + "or restore a backup made before that migration"
    case .changed(let name):
      "migration \(name) is not the one that was applied to this database: restore the file and put the change into a new one"
    case .missing(let name): "migration \(name) was applied to this database and is not in the folder: restore the file"
    case .failed(let name, let error): "migration \(name) failed and was undone: \(error)"
    }
  }
}

/// What is to be applied, decided without a database.
public struct MigrationPlan: Hashable, Sendable {
  public struct Applied: Hashable, Sendable {
    public let number: Int
    public let name: String
    public let checksum: String
    public init(number: Int, name: String, checksum: String) {
      self.number = number
      self.name = name
      self.checksum = checksum
    }
  }

  public let pending: [Migration]

  /// - Parameters:
  ///   - files: the folder's migrations, ascending and without gaps from 1.
  ///   - applied: what the database records, ascending.
  ///   - known: the newest number this program was built for; a folder that holds more belongs to a newer installation.
  public init(files: [Migration], applied: [Applied], known: Int) throws(MigrationError) {
    for (index, file) in files.enumerated() where file.number != index + 1 {
      throw .gap(expected: index + 1, found: file.name)
    }
    if let newest = applied.last, newest.number > known { throw .newerSchema(applied: newest.name, known: known) }
    if let newest = files.last, newest.number > known { throw .newerSchema(applied: newest.name, known: known) }
    for (index, step) in applied.enumerated() where step.number != index + 1 {
      throw .gap(expected: index + 1, found: step.name)
    }
    for step in applied {
      guard step.number <= files.count else { throw .missing(name: step.name) }
      let file = files[step.number - 1]
      if file.name != step.name || file.checksum != step.checksum { throw .changed(name: step.name) }
    }
    pending = Array(files.dropFirst(applied.count))
  }
}
