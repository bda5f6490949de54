import Shared

@testable import OrderGateway

/// One cell of the crash matrix.
struct CrashCell: Hashable, Sendable, CustomStringConvertible {
  let point: CrashPoint
  let answer: VenueAnswer
  let seed: UInt64

  var description: String { "\(point.rawValue) × \(answer.rawValue), seed \(seed)" }

  /// Everything about it that is left to chance.
  var random: SeededGenerator {
    let place = UInt64(CrashPoint.allCases.firstIndex(of: point)! * 100 + VenueAnswer.allCases.firstIndex(of: answer)!)
    return SeededGenerator(seed: seed &* 1_000_003 &+ place)
  }

  /// What came of it.
  struct Result: Sendable {
    let cell: CrashCell
    /// `nil` when all that must hold holds.
    let failure: String?
    let milliseconds: Int64
    /// Wishes, orders that the venue took, and fills of ours, all of this cell.
    let wishes: Int
    let taken: Int
    let fills: Int
    /// Gateways that died at a point, of this cell.
    let deaths: Int

    /// One line of the report, separated by tabs.
    var line: String {
      [
        String(cell.seed), cell.answer.rawValue, cell.point.rawValue, String(milliseconds), String(wishes),
        String(taken),
        String(fills), String(deaths), failure?.split(separator: "\n").joined(separator: " | ") ?? "ok",
      ].joined(separator: "\t") + "\n"
    }
  }
}

/// How a gateway is brought to a point.
enum CrashStage {
  /// Wishes are sent until it dies.
  case order
  /// The same with PostgreSQL away.
  case outage
  /// A gateway that finds what another left behind, which died on the way of an order.
  case recovery
  /// A gateway that finds the journal of another.
  case replay
  /// A window ends while it holds shares of it.
  case payout
}

extension CrashPoint {
  var stage: CrashStage {
    switch self {
    case .beforeJournaled, .journaled, .cancelJournaled: .outage
    case .leaseTaken, .recordRead, .venueRead, .reconciled, .lookUpSent, .lookUpAnswered: .recovery
    case .journalReplayed, .beforeJournalCleared, .journalCleared: .replay
    case .beforePayoutSent, .payoutSent, .payoutRecorded: .payout
    default: .order
    }
  }

  /// Where a gateway dies before it, so that the next has something to find out; whether a commit under way has happened is open.
  var openEnds: [CrashPoint] {
    let sure: [CrashPoint] = [.submitCommitted, .beforeFirstByte, .requestWritten, .answerRead]
    return self == .lookUpSent || self == .lookUpAnswered ? sure : sure + [.submitSent, .fillSent]
  }

  /// A wish that leads to it; most wishes do.
  var kind: CrashFloor.Kind? {
    switch self {
    case .refusalSent: .tooLarge
    case .cancelWishSent, .beforeCancel, .cancelWritten, .cancelAnswerRead: .resting
    case .tradeHeard, .beforeFillSent, .fillSent, .fillRecorded, .beforeSettlementSent, .settlementSent,
      .settlementRecorded:
      .taking
    default: nil
    }
  }

  /// At which passes it is worth dying.
  var passes: ClosedRange<Int64> {
    switch self {
    case .leaseTaken, .recordRead, .venueRead, .reconciled, .lookUpSent, .lookUpAnswered, .journalReplayed,
      .beforeJournalCleared, .journalCleared, .beforeJournaled, .journaled, .cancelJournaled, .refusalSent,
      .cancelWishSent, .beforeCancel, .cancelWritten, .cancelAnswerRead, .beforePayoutSent, .payoutSent,
      .payoutRecorded:
      1...1
    default: 1...3
    }
  }
}
