/// What our wallet holds of the collateral or of one token, and what each contract may take of it (protocol document, section 2.13).
public struct VenueHolding: Hashable, Sendable {
  /// 10⁻⁶ of a dollar or of a share.
  public let baseUnits: Int64
  /// By contract, lower case; what is more than fits counts as the most that fits: nobody holds that much.
  public let allowances: [String: Int64]

  /// `nil` without a balance in whole base units: a decimal would leave open which unit it is in.
  public init?(_ json: JSON) {
    guard let balance = json["balance"]?.int, balance >= 0 else { return nil }
    var allowances: [String: Int64] = [:]
    for member in json["allowances"]?.members ?? [] {
      guard let amount = member.value.decimalText, !amount.isEmpty, amount.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 })
      else { return nil }
      allowances[member.key.lowercased()] = Int64(amount) ?? .max
    }
    baseUnits = balance
    self.allowances = allowances
  }
}
