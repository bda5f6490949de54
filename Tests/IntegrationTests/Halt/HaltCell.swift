import Shared

/// Why the floor halts.
enum HaltReason: String, CaseIterable, Sendable {
  case person
  /// The floor's equity falls by more than the drawdown allows.
  case loss
  /// The venue does not take our key any more: the gateway sees neither its orders nor its money.
  case blindness
  /// The auditor's word that the venue's money is not the ledger's.
  case divergence
  /// The auditor's word that an invariant of the books is broken.
  case invariant

  var roads: [HaltRoad] {
    switch self {
    case .person: [.file, .signal, .row]
    case .loss, .blindness: [.inside]
    case .divergence, .invariant: [.row]
    }
  }
}

/// How the halt reaches the gateway.
enum HaltRoad: String, CaseIterable, Sendable {
  case file, signal, row
  /// The gateway finds out by itself.
  case inside
}

/// What goes wrong at the same time. In all of them the venue answers 50 ms late.
enum HaltFault: String, CaseIterable, Sendable {
  case none
  /// One answer to each of an order, a cancel, the cancel of everything and the list of open orders never comes.
  case lost
  /// The venue takes nothing out the first time.
  case refused
  /// The venue stands still until the alarm has come.
  case silent
  /// The gateway is killed as soon as it, or the record, has the halt.
  case killed
  case database
  case redis

  /// Whether that can happen together: a row needs the record, equity is summed from it, and a key is refused by a venue that answers.
  func goes(with reason: HaltReason, _ road: HaltRoad) -> Bool {
    switch self {
    case .database: road != .row && reason != .loss
    case .silent: reason != .blindness
    case .none, .lost, .refused, .killed, .redis: true
    }
  }
}

/// One run of the drill.
struct HaltCell: Hashable, Sendable, CustomStringConvertible {
  let reason: HaltReason
  let road: HaltRoad
  let fault: HaltFault
  let round: Int

  var description: String { "\(reason.rawValue) by \(road.rawValue) × \(fault.rawValue), round \(round)" }

  /// Everything that can happen together.
  static func all(round: Int) -> [HaltCell] {
    HaltReason.allCases.flatMap { reason in
      reason.roads.flatMap { road in
        HaltFault.allCases.filter { $0.goes(with: reason, road) }.map {
          HaltCell(reason: reason, road: road, fault: $0, round: round)
        }
      }
    }
  }

  /// What came of it; times in milliseconds after the halt.
  struct Result: Sendable {
    let cell: HaltCell
    /// The last order that was let in, by the record and by the venue; below nothing when that was before.
    var admitted: Double = 0
    /// The first refusal because of the halt.
    var refused: Double?
    /// Orders that were open at the venue when the halt came, and when the last one was gone, by the truth log.
    var open = 0
    var closed: Double?
    /// What the gateway said first.
    var alarm: Double?
    var flat: Double?
    var problems: [String] = []

    /// One line of the report, separated by tabs.
    var line: String {
      func text(_ value: Double?) -> String { value.map { String(Int64($0.rounded(.up))) } ?? "-" }
      return [
        cell.reason.rawValue, cell.road.rawValue, cell.fault.rawValue, String(cell.round), text(admitted),
        text(refused),
        String(open), text(closed), text(alarm), text(flat),
        problems.isEmpty ? "ok" : problems.joined(separator: "; ").split(separator: "\n").joined(separator: " | "),
      ].joined(separator: "\t") + "\n"
    }
  }
}
