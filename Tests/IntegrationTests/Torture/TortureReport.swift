import Shared

/// What a run of the torture came to. Pure.
struct TortureReport: Sendable {
  /// Wishes that agents have sent, each counted once however often it was repeated.
  var wishes = 0
  /// Intent, order, answer, fill and ledger.
  var wholeLives = 0
  /// Ended without a fill: nobody to trade with, given up, refused by the venue, proven absent.
  var unfilled = 0
  /// Refused by us, by reason.
  var refusals: [String: Int] = [:]
  /// Learnt from the record, because the event was lost.
  var learntFromRecord = 0
  var repeats = 0
  /// Events that agents could not read, with why.
  var unreadable: [String] = []
  /// How often each fault struck.
  var faults: [TortureFault: Int] = [:]
  /// Gateways that ended without being killed, by status.
  var endings: [String: Int] = [:]
  /// What the feed's part could not do, because somebody was away.
  var skipped = 0
  var elapsed: Duration = .zero
  /// Whole lives of each second.
  var perSecond: [Int] = []

  var refused: Int { refusals.values.reduce(0, +) }
  var ended: Int { wholeLives + unfilled + refused }
  var struck: Int { faults.values.reduce(0, +) }

  /// Lives a second, over all of it.
  var rate: Double { elapsed > .zero ? Double(wholeLives) / (Double(elapsed.milliseconds) / 1000) : 0 }

  /// - Parameter gateways: how often one was started.
  func text(gateways: Int) -> String {
    func list<Key>(_ counts: [Key: Int], _ name: (Key) -> String) -> String {
      counts.map { (name($0.key), $0.value) }.sorted { $0.1 == $1.1 ? $0.0 < $1.0 : $0.1 > $1.1 }
        .map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    }
    let seconds = perSecond.sorted()
    let median = seconds.isEmpty ? 0 : seconds[seconds.count / 2]
    return """
      \(wishes) wishes: \(wholeLives) whole lives, \(unfilled) without a fill, \(refused) refused (\(list(refusals) { $0 }))
      \(elapsed.milliseconds / 1000) s, \(Int(rate.rounded())) whole lives a second (median second \(median), best \(seconds.last ?? 0))
      \(struck) faults: \(list(faults) { $0.rawValue })
      \(gateways) gateways, ended by themselves: \(endings.isEmpty ? "none" : list(endings) { $0 }); \(repeats) repeats, \(learntFromRecord) endings learnt from the record
      """
  }
}
