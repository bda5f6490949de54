import Shared

/// A statement's answer, copied out of libpq: text cells by row and column.
public struct Rows: Sendable, RandomAccessCollection {
  public let columns: [String]
  /// Rows that an INSERT, UPDATE or DELETE touched; the number of rows for a SELECT.
  public let affected: Int
  private let cells: [String?]
  public let startIndex = 0
  public let endIndex: Int

  init(columns: [String], cells: [String?], rows: Int, affected: Int) {
    self.columns = columns
    self.cells = cells
    self.affected = affected
    endIndex = rows
  }

  public subscript(row: Int) -> Row {
    precondition(indices.contains(row), "no such row")
    return Row(columns: columns, cells: cells[(row * columns.count)..<((row + 1) * columns.count)])
  }

  /// The cell's text; `nil` for NULL and for a column that is not there.
  public subscript(row: Int, column: String) -> String? { self[row][column] }

  /// The only row. Throws `.shape` when there is none or more than one.
  public func one() throws -> Row {
    guard count == 1 else { throw DatabaseError(.shape, "expected one row, got \(count)") }
    return self[0]
  }

  public struct Row: Sendable {
    public let columns: [String]
    let cells: ArraySlice<String?>

    public subscript(column: String) -> String? {
      guard let index = columns.firstIndex(of: column) else { return nil }
      return cells[cells.startIndex + index]
    }

    public func isNull(_ column: String) -> Bool { self[column] == nil }

    public func text(_ column: String) throws -> String {
      guard let value = self[column] else {
        throw DatabaseError(.shape, "column \(column) is \(columns.contains(column) ? "NULL" : "missing")")
      }
      return value
    }

    public func int(_ column: String) throws -> Int64 { try read(column, "a whole number") { Int64($0) } }
    public func bool(_ column: String) throws -> Bool {
      try read(column, "a boolean") { $0 == "t" ? true : $0 == "f" ? false : nil }
    }
    /// A statistic, never money.
    public func double(_ column: String) throws -> Double { try read(column, "a number") { Double($0) } }
    public func price(_ column: String) throws -> Price { try read(column, "a price") { JSON.string($0).price } }
    public func shares(_ column: String) throws -> Shares { try read(column, "shares") { JSON.string($0).shares } }
    public func usd(_ column: String) throws -> USD { try read(column, "an amount") { JSON.string($0).usd } }
    public func epoch(_ column: String) throws -> Epoch { Epoch(try int(column)) }
    public func id<ID: Identifier>(_ column: String, as type: ID.Type = ID.self) throws -> ID {
      try read(column, "an identifier") { ID($0) }
    }
    public func json(_ column: String) throws -> JSON {
      try read(column, "JSON") { text in
        do { return try JSON.parse(text, limits: JSONLimits(bytes: 64 << 20)) } catch { return nil }
      }
    }
    /// A `timestamptz`.
    public func wall(_ column: String) throws -> WallTime {
      try read(column, "a time") { CivilTime.nanoseconds(parsing: $0).map(WallTime.init(nanoseconds:)) }
    }
    public func market(_ column: String) throws -> MarketTime { MarketTime(nanoseconds: try wall(column).nanoseconds) }
    public func bytes(_ column: String) throws -> [UInt8] { try read(column, "bytes", Row.bytes) }

    private func read<Value>(_ column: String, _ kind: String, _ parse: (String) -> Value?) throws -> Value {
      guard let value = parse(try text(column)) else {
        throw DatabaseError(.shape, "column \(column) does not hold \(kind)")
      }
      return value
    }

    private static func bytes(_ text: String) -> [UInt8]? {
      let digits = Array(text.utf8)
      guard digits.count >= 2, digits[0] == UInt8(ascii: "\\"), digits[1] == UInt8(ascii: "x"), digits.count % 2 == 0
      else { return nil }
      return stride(from: 2, to: digits.count, by: 2).map { index in
        func nibble(_ byte: UInt8) -> UInt8 { byte <= 57 ? byte - 48 : byte - 87 }
        return nibble(digits[index]) << 4 | nibble(digits[index + 1])
      }
    }
  }
}
