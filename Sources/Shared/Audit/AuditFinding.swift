/// Something that is not as it must be.
public struct AuditFinding: Hashable, Sendable {
  public enum Code: String, Sendable, CaseIterable {
    // Money: what was booked is not what happened. The floor is halted.
    case ledgerUnbalanced = "ledger_unbalanced"
    case fillBookedWrong = "fill_booked_wrong"
    case fillNotBooked = "fill_not_booked"
    case voidBookedWrong = "void_booked_wrong"
    case bookingWithoutCause = "booking_without_cause"
    case settlementBookedWrong = "settlement_booked_wrong"
    case balanceWrong = "balance_wrong"
    case cashWrong = "cash_wrong"
    case notionalWrong = "notional_wrong"
    case positionWrong = "position_wrong"
    case payoutWrong = "payout_wrong"
    case venueBalanceDiffers = "venue_balance_differs"
    case chainBroken = "chain_broken"
    // Rules: the books agree with what happened, but it should not have happened.
    case feeWrong = "fee_wrong"
    case priceOutsideLimit = "price_outside_limit"
    case overfilled = "overfilled"
    case reservedWrong = "reserved_wrong"
    case investedWrong = "invested_wrong"
    case overAllocated = "over_allocated"
    case overCap = "over_cap"
    case tradeResultWrong = "trade_result_wrong"
    case nakedSale = "naked_sale"

    /// Money drift: the halt is tripped.
    public var halts: Bool {
      switch self {
      case .ledgerUnbalanced, .fillBookedWrong, .fillNotBooked, .voidBookedWrong, .bookingWithoutCause,
        .settlementBookedWrong, .balanceWrong, .cashWrong, .notionalWrong, .positionWrong, .payoutWrong,
        .venueBalanceDiffers, .chainBroken:
        true
      case .feeWrong, .priceOutsideLimit, .overfilled, .reservedWrong, .investedWrong, .overAllocated, .overCap,
        .tradeResultWrong, .nakedSale:
        false
      }
    }
  }

  public let code: Code
  /// What it is about: a fill, an account, an agent.
  public let subject: String
  public let expected: String
  public let found: String

  public init(_ code: Code, _ subject: String, expected: String, found: String) {
    self.code = code
    self.subject = subject
    self.expected = expected
    self.found = found
  }

  /// Amounts at 10⁻⁶.
  init(_ code: Code, _ subject: String, expected: Int64, found: Int64) {
    self.init(code, subject, expected: Decimal6.text(expected), found: Decimal6.text(found))
  }

  public var severity: String { code.halts ? "CRITICAL" : "ERROR" }
}
