import Shared

/// The parameters of a Data API request, checked (protocol document, sections 6.2 and 6.4). Lists are joined with commas; a repeated
/// parameter is read, too.
struct DataQuery {
  let call: Call

  /// `nil` when it is missing or empty.
  func text(_ name: String) -> String? { call.first(name).flatMap { $0.isEmpty ? nil : $0 } }

  func list(_ name: String) -> [String] {
    call.all(name).flatMap { $0.split(separator: ",") }.map(String.init).filter { !$0.isEmpty }
  }

  func flag(_ name: String, default value: Bool) throws(DataProblem) -> Bool {
    switch text(name)?.lowercased() {
    case nil: value
    case "true": true
    case "false": false
    case let other?: throw DataProblem("\(name) is true or false, not \(other)")
    }
  }

  /// A whole number that must lie in a range.
  func number(_ name: String, _ range: ClosedRange<Int64>) throws(DataProblem) -> Int64? {
    guard let text = text(name) else { return nil }
    guard let value = Int64(text), range.contains(value) else {
      throw DataProblem("\(name) is a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// What is above a cap is the cap, and nothing is said: so the first version answers (V-12).
  func capped(_ name: String, default value: Int, most: Int) throws(DataProblem) -> Int {
    guard let text = text(name) else { return value }
    guard let wanted = Int(text), wanted >= 0 else { throw DataProblem("\(name) is a whole number from 0") }
    return min(wanted, most)
  }

  /// An amount in dollars or shares at 10⁻⁶.
  func amount(_ name: String) throws(DataProblem) -> Int64? {
    guard let text = text(name) else { return nil }
    guard let value = WireDecimal.micros(text), value >= 0 else {
      throw DataProblem("\(name) is a number from 0 with at most six decimals")
    }
    return value
  }

  func word<Word: RawRepresentable & CaseIterable>(_ name: String, _ type: Word.Type) throws(DataProblem) -> Word?
  where Word.RawValue == String {
    guard let text = text(name) else { return nil }
    guard let word = Word(rawValue: text) ?? Word.allCases.first(where: { $0.rawValue == text.uppercased() }) else {
      throw DataProblem("\(name) is one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return word
  }

  /// A wallet's address, lower case.
  func user() throws(DataProblem) -> String? {
    guard let text = text("user") else { return nil }
    guard Hex.bytes(text, count: 20) != nil else { throw DataProblem("user is an address of 20 bytes") }
    return text.lowercased()
  }

  func neededUser() throws(DataProblem) -> String {
    guard let user = try user() else { throw DataProblem("required query param 'user' not provided") }
    return user
  }

  /// The markets that are named by condition id or by event; `nil` when none are named and all are meant.
  /// - Parameter conditions: names of the parameter that holds condition ids, of 32 or 31 bytes.
  func markets(_ conditions: [String], events: [String], most: Int, _ state: VenueState) throws(DataProblem) -> Set<
    Int
  >? {
    let wanted = Set(conditions.flatMap(list).map { $0.lowercased() })
    let events = Set(events.flatMap(list))
    if wanted.isEmpty, events.isEmpty { return nil }
    guard wanted.isEmpty || events.isEmpty else { throw DataProblem("conditions or events, not both") }
    guard wanted.count <= most, events.count <= most else { throw DataProblem("at most \(most) conditions or events") }
    return Set(
      state.live.indices.filter {
        let spec = state.spec($0)
        return wanted.contains(DataText.condition(spec)) || wanted.contains(spec.conditionID)
          || events.contains(String(spec.eventNumber))
      })
  }
}

/// Why a Data API request is refused.
struct DataProblem: Error, Hashable {
  var text: String
  init(_ text: String) { self.text = text }
}

/// Ascending or descending.
enum DataOrder: String, CaseIterable {
  case ascending = "ASC"
  case descending = "DESC"
}

/// What amounts a filter is about.
enum DataMeasure: String, CaseIterable {
  case cash = "CASH"
  case tokens = "TOKENS"
}
