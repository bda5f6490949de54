import FloorIOData
import Shared

/// The way into the record: the calls of an order leave in order. While two transactions are under way, what comes waits and leaves as the next one, all
/// of it together: a call alone is not kept waiting, and under load many share one commit. Answers are told after the commit. A call
/// without an answer, or refused for a passing reason, stays and leaves again with the next connection, or a moment later; some that had
/// left after it may be in the record by then. Every call is idempotent, so a repeat after a lost answer changes nothing, and says all
/// that its row needs.
final class RecordQueue {
  private let loop: EventLoop
  private let database: Database
  private let log: Log
  private let statements: RecordStatements
  private let moment: () -> Moment
  private struct Item {
    let call: RecordCall
    var attempts = 0
    /// It was in a transaction that failed: nothing else shall fail with it, and it with nothing else.
    var isAlone = false
  }
  private var waiting: [Item] = []
  /// What leaves again before anything that waits, once that is tried.
  private var again: [Item] = []
  /// Nothing leaves until `resume`: something was not answered, or not taken.
  private var isHeld = false
  private var flights = 0
  private var isAnswering = false
  /// One transaction is worked on, the other one is on its way.
  private static let flightsMost = 2
  /// Calls of one transaction, at most: their row locks are held until its end, and the first waits for the last.
  private static let callsMost = 64
  /// Orders whose own call has no last answer yet, each with how many such calls there are.
  private var submitting: [VenueOrderID: Int] = [:]
  /// One try of so many is logged: there are ten a second.
  private static let attemptsTold = 100
  private var retryTimer: TimerID?
  private var inFlight = 0

  /// An answer of the record: the call and the database's JSON.
  var onAnswer: ((RecordCall, JSON) -> Void)?
  /// No answer; the call will be repeated.
  var onUnanswered: ((RecordCall) -> Void)?
  /// The record's disk is full; the call will be repeated.
  var onFull: (() -> Void)?
  /// All that was to be recorded is.
  var onEmpty: (() -> Void)?
  /// Refused for good: a defect or a fence. The call is dropped.
  var onRefused: ((RecordCall, DatabaseError) -> Void)?

  init(
    loop: EventLoop, database: Database, log: Log, statements: RecordStatements, moment: @escaping () -> Moment
  ) {
    self.loop = loop
    self.database = database
    self.log = log
    self.statements = statements
    self.moment = moment
  }

  var count: Int { waiting.count + again.count + inFlight }

  /// Calls that nobody drives although they could leave.
  var stalled: Int { database.isConnected && inFlight == 0 && retryTimer == nil ? waiting.count + again.count : 0 }

  func put(_ call: RecordCall) {
    if case .submit(let submission) = call { submitting[submission.signed.id, default: 0] += 1 }
    waiting.append(Item(call: call))
    send()
  }

  /// The connection is back: everything that waits leaves again, in order.
  func resume() {
    if let retryTimer { loop.cancel(retryTimer) }
    retryTimer = nil
    isHeld = false
    waiting.insert(contentsOf: again, at: 0)
    again.removeAll()
    send()
  }

  private func send() {
    while !isHeld, !isAnswering, flights < Self.flightsMost, !waiting.isEmpty {
      let size = waiting[0].isAlone ? 1 : waiting.prefix(Self.callsMost).prefix { !$0.isAlone }.count
      let items = Array(waiting.prefix(size))
      waiting.removeFirst(size)
      send(items)
    }
  }

  private func send(_ items: [Item]) {
    flights += 1
    inFlight += items.count
    let parcels = parcels(of: items)
    let now = moment()
    let calls = parcels.map { parcel in
      let (sql, argument) =
        parcel.count == 1
        ? statements.statement(parcel[0].call, now: now) : statements.settlements(parcel.map(\.call), now: now)
      return (sql: sql, values: [SQLValue.json(argument)])
    }
    database.batch(calls) { [weak self] result in
      guard let self else { return }
      flights -= 1
      inFlight -= items.count
      isAnswering = true
      switch result {
      case .success(let answers): for (parcel, rows) in zip(parcels, answers) { answered(parcel, rows) }
      case .failure(let error): failed(items, error)
      }
      isAnswering = false
      if count == 0 { onEmpty?() }
      send()
    }
  }

  /// What is one statement each. News of settlements is one together, behind the rest: each tells its fill whole, and a status that the
  /// fill has passed already changes nothing. But no news goes behind another call of its own order: it may be what brings the fill.
  private func parcels(of items: [Item]) -> [[Item]] {
    var singles: [[Item]] = []
    var news: [Item] = []
    var spokenOf: Set<VenueOrderID> = []
    for item in items.reversed() {
      if case .settle(let fill, _) = item.call, item.call.isProgressOfSettlement, !spokenOf.contains(fill.key.order) {
        news.append(item)
      } else {
        if let order = item.call.order { spokenOf.insert(order) }
        singles.append([item])
      }
    }
    return Array(singles.reversed()) + (news.isEmpty ? [] : [Array(news.reversed())])
  }

  private func answered(_ parcel: [Item], _ rows: Rows) {
    do {
      let answer = try rows.one().json("answer")
      let answers = parcel.count == 1 ? [answer] : answer.array ?? []
      guard answers.count == parcel.count else {
        throw DatabaseError(.shape, "\(answers.count) answers to \(parcel.count) calls")
      }
      for (item, answer) in zip(parcel, answers) { answered(item, answer) }
    } catch {
      let error = DatabaseError(.shape, "\(error)")
      for item in parcel { refuse(item, error) }
    }
  }

  private func answered(_ item: Item, _ answer: JSON) {
    if answer["outcome"]?.string == "order_unknown", waitsForItsOrder(item.call) { return later([item]) }
    onAnswer?(item.call, answer)
    ended(item.call)
  }

  private func failed(_ items: [Item], _ error: DatabaseError) {
    if error.retryable || !error.outcomeKnown {
      repeatLater(items, error)
    } else if items.count == 1 {
      refuse(items[0], error)
    } else {
      // One of them is refused, and nothing of the others was done. Those of the transaction before it may stand there already.
      waiting.insert(contentsOf: items.map(alone), at: waiting.prefix { $0.isAlone }.count)
    }
  }

  private func alone(_ item: Item) -> Item {
    var item = item
    item.isAlone = true
    return item
  }

  private func ended(_ call: RecordCall) {
    guard case .submit(let submission) = call, let calls = submitting[submission.signed.id] else { return }
    submitting[submission.signed.id] = calls > 1 ? calls - 1 : nil
  }

  /// What is said of an order that the record does not know, because the call that brings it was refused and is on its way again. That
  /// happens to an order that left on the journal's word.
  private func waitsForItsOrder(_ call: RecordCall) -> Bool {
    guard let id = call.order else { return false }
    if case .submit = call { return false }
    return submitting[id] != nil
  }

  private func later(_ items: [Item]) {
    again += items.map { item in
      var item = item
      item.attempts += 1
      return item
    }
    isHeld = true
    // A lost connection announces its return; a passing refusal (a lock, a serialization) does not.
    guard database.isConnected, retryTimer == nil else { return }
    retryTimer = loop.after(.milliseconds(100)) { [weak self] in
      self?.retryTimer = nil
      self?.resume()
    }
  }

  /// Calls that had left behind them may be in the record before them: each says all that it needs.
  private func repeatLater(_ items: [Item], _ error: DatabaseError) {
    if database.isConnected, items[0].attempts % Self.attemptsTold == 0 {
      log.warning(
        "record asked again",
        [.error(error), .int("attempts", items[0].attempts + 1), .int("calls", items.count)])
    }
    // What a lock of somebody else holds up shall hold up nothing else the next time.
    later(error.outcomeKnown ? items.map(alone) : items)
    for item in items { onUnanswered?(item.call) }
    if error.isDiskFull { onFull?() }
  }

  private func refuse(_ item: Item, _ error: DatabaseError) {
    log.error("record refused a call", [.error(error), .int("attempts", item.attempts)])
    onRefused?(item.call, error)
    ended(item.call)
  }
}
