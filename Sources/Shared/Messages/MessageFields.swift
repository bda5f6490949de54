/// Strict reading of one JSON object: every getter either returns a checked value or says which field is at fault.
public struct MessageFields: Sendable {
  private let object: JSON
  private let prefix: String

  public init(_ json: JSON, prefix: String = "") throws(MessageError) {
    guard case .object = json else { throw .invalid(prefix.isEmpty ? "message" : prefix) }
    object = json
    self.prefix = prefix.isEmpty ? "" : prefix + "."
  }

  /// The complaint about a member whose value is legal by itself and yet cannot be (a contradiction, a range).
  public func invalid(_ name: String) -> MessageError { .invalid(prefix + name) }

  /// The member, which must be there and not `null`.
  public func value(_ name: String) throws(MessageError) -> JSON {
    guard let value = object[name], !value.isNull else { throw .missing(prefix + name) }
    return value
  }

  /// The member, or `nil` when it is absent or `null`.
  public func optional(_ name: String) -> JSON? {
    guard let value = object[name], !value.isNull else { return nil }
    return value
  }

  public func string(_ name: String) throws(MessageError) -> String { try read(name) { $0.string } }
  public func int(_ name: String) throws(MessageError) -> Int64 { try read(name) { $0.int } }
  public func bool(_ name: String) throws(MessageError) -> Bool { try read(name) { $0.bool } }
  public func price(_ name: String) throws(MessageError) -> Price { try read(name) { $0.price } }
  public func shares(_ name: String) throws(MessageError) -> Shares { try read(name) { $0.shares } }
  public func usd(_ name: String) throws(MessageError) -> USD { try read(name) { $0.usd } }
  public func time<T: TimePoint>(_ name: String) throws(MessageError) -> T {
    T(nanoseconds: try int(name))
  }
  public func identifier<ID: Identifier>(_ name: String) throws(MessageError) -> ID {
    try read(name) { $0.string.flatMap { ID($0) } }
  }
  public func word<W: RawRepresentable<String>>(_ name: String) throws(MessageError) -> W {
    try read(name) { $0.string.flatMap { W(rawValue: $0) } }
  }
  public func object(_ name: String) throws(MessageError) -> MessageFields {
    try MessageFields(try value(name), prefix: prefix + name)
  }

  /// As `read`, for a member that may be absent or `null`; present and malformed is still an error.
  public func optional<T>(_ name: String, _ convert: (JSON) -> T?) throws(MessageError) -> T? {
    guard let value = optional(name) else { return nil }
    guard let converted = convert(value) else { throw .invalid(prefix + name) }
    return converted
  }

  private func read<T>(_ name: String, _ convert: (JSON) -> T?) throws(MessageError) -> T {
    guard let converted = convert(try value(name)) else { throw .invalid(prefix + name) }
    return converted
  }
}
