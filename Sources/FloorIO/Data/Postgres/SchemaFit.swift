/// Whether a program can work on the schema that a database has. Older and newer are both refused: a function that is called with the wrong
/// arguments, or does something else than its caller believes, is worse than a floor that does not start.
public enum SchemaFit: Hashable, Sendable {
  case good
  /// There is a database, and no migration has been applied to it.
  case none
  case older(Int64)
  case newer(Int64)

  /// - Parameters:
  ///   - newest: the newest number that the database records; `nil` when it records none.
  ///   - known: the newest number that the program was built for.
  public init(newest: Int64?, known: Int = Migrator.newestKnown) {
    switch newest {
    case nil: self = .none
    case .some(Int64(known)): self = .good
    case .some(let number): self = number < known ? .older(number) : .newer(number)
    }
  }

  /// From an error to the question for the newest number; `nil` when it says nothing about the schema.
  public init?(_ error: DatabaseError) {
    // undefined_table, invalid_schema_name
    guard ["42P01", "3F000"].contains(error.sqlState) else { return nil }
    self = .none
  }

  public var isNewer: Bool { if case .newer = self { true } else { false } }

  /// The end of the sentence that begins with the database; `nil` when all is well.
  public func reason(known: Int = Migrator.newestKnown) -> String? {
    switch self {
    case .good: nil
    case .none: "has no schema; this program needs migration \(known)"
    case .older(let number): "has its schema at migration \(number); this program needs \(known)"
    case .newer(let number): "has its schema at migration \(number), newer than this program, which knows \(known)"
    }
  }

  public var remedy: String {
    switch self {
    case .good: ""
    case .none, .older: "floor db migrate, then start again"
    case .newer:
      "start the newer programs (scripts/run or scripts/install of that version), or floor restore an older backup"
    }
  }
}
