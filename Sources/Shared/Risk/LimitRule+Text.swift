extension LimitRule {
  /// Why a rule was refused: the end of a sentence that begins with the rule.
  public struct Fault: Error, Hashable, Sendable {
    public let reason: String
    init(_ reason: String) { self.reason = reason }
  }

  /// What a list of rules takes, in words.
  public static let expectation =
    "a list of rules, each with scope ("
    + Scope.allCases.map(\.rawValue).joined(separator: ", ")
    + "), pct (0.01 to 100) or usd (1 to 1000000) or both, if pct is not of the floor's capital its basis ("
    + Base.allCases.map(\.rawValue).joined(separator: ", ") + "), and if it is for one of them alone its name"

  /// Reads `scope=category name=crypto pct=20`, in any order.
  public init(parsing text: String) throws(Fault) {
    var members: [String: String] = [:]
    for part in text.split(separator: " ") {
      guard let split = part.firstIndex(of: "=") else {
        throw Fault("has the word \(part), which is not of the form member=value")
      }
      let member = String(part[..<split])
      guard ["scope", "name", "pct", "usd", "basis"].contains(member) else {
        throw Fault("has \(member), which no rule has")
      }
      guard members.updateValue(String(part[part.index(after: split)...]), forKey: member) == nil else {
        throw Fault("says \(member) twice")
      }
    }
    guard let word = members["scope"] else { throw Fault("has no scope") }
    guard let scope = Scope(rawValue: word) else { throw Fault("has the scope \(word), which there is not") }
    let name = members["name"]
    if let name {
      guard scope.isNamed else { throw Fault("names one \(word), and there are no names of them") }
      guard Self.isName(name) else {
        throw Fault("has the name \(name), which is none: small letters, digits, dots, dashes and _")
      }
    }
    let pct = try Self.number(members["pct"], "pct", 10_000...100_000_000)
    let usd = try Self.number(members["usd"], "usd", 1_000_000...1_000_000_000_000).map { USD(micros: $0) }
    let base = try Self.base(members["basis"], of: scope, hasPercent: pct != nil)
    switch (pct, usd) {
    case (let pct?, let usd): self.init(scope, name: name, Amount(basisPoints: pct / 10_000, usd: usd), of: base)
    case (nil, let usd?): self.init(scope, name: name, Amount(usd: usd))
    case (nil, nil): throw Fault("has neither pct nor usd")
    }
  }

  private static func base(_ word: String?, of scope: Scope, hasPercent: Bool) throws(Fault) -> Base {
    guard let word else { return .capital }
    guard let base = Base(rawValue: word) else { throw Fault("has the basis \(word), which there is not") }
    guard hasPercent else { throw Fault("has a basis and no pct that could be of it") }
    guard base.fits(scope) else { throw Fault("has the basis \(word), and a \(scope.rawValue) has none") }
    return base
  }

  private static func number(
    _ text: String?, _ member: String, _ range: ClosedRange<Int64>
  ) throws(Fault) -> Int64? {
    guard let text else { return nil }
    guard let micros = try? Decimal6.parse(text) else {
      throw Fault("has \(member) \(text), which is no plain decimal number")
    }
    guard range.contains(micros) else {
      throw Fault(
        "has \(member) \(text), which is not from \(Decimal6.text(range.lowerBound)) to \(Decimal6.text(range.upperBound))"
      )
    }
    return micros
  }

  private static func isName(_ text: String) -> Bool {
    (1...200).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (97...122).contains($0) || (48...57).contains($0) || [45, 46, 95].contains($0)
      }
  }

  /// As it is read.
  public var text: String {
    var parts = ["scope=\(scope.rawValue)"]
    if let name { parts.append("name=\(name)") }
    if let points = amount.basisPoints { parts.append("pct=\(Decimal6.text(points * 10_000))") }
    if let usd = amount.usd { parts.append("usd=\(usd)") }
    if base != .capital { parts.append("basis=\(base.rawValue)") }
    return parts.joined(separator: " ")
  }
}
