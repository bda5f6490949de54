import FloorIOData
import Shared

/// The way into the record: calls leave in order, pipelined; one without an answer, or refused for a passing reason, stays and leaves
/// again with the next connection, or a moment later, then behind those that had left after it. Every call is idempotent, so a repeat
/// after a lost answer changes nothing, and says all that its row needs.
final class RecordQueue {
  private let loop: EventLoop
  private let database: Database
  private let log: Log
  private let statements: RecordStatements
  private let moment: () -> Moment
  private struct Item {
    let call: RecordCall
    var attempts = 0
  }
  private var waiting: [Item] = []
  /// Orders whose own call has no last answer yet, each with how many such calls there are.
  private var submitting: [VenueOrderID: Int] = [:]
  /// One try of so many is logged: there are ten a second.
  private static let attemptsTold = 100
  private var retryTimer: TimerID?
  private(set) var inFlight = 0

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

  var count: Int { waiting.count + inFlight }

  /// Calls that nobody drives although they could leave.
  var stalled: Int { database.isConnected && inFlight == 0 && retryTimer == nil ? waiting.count : 0 }

  func put(_ call: RecordCall) {
    if case .submit(let submission) = call { submitting[submission.signed.id, default: 0] += 1 }
    if !waiting.isEmpty {
      waiting.append(Item(call: call))
    } else {
      send(Item(call: call))
    }
  }

  /// The connection is back: everything that waits leaves again, in order.
  func resume() {
    if let retryTimer { loop.cancel(retryTimer) }
    retryTimer = nil
    let items = waiting
    waiting.removeAll()
    for item in items { send(item) }
  }

  private func send(_ item: Item) {
    let (sql, argument) = statements.statement(item.call, now: moment())
    inFlight += 1
    database.query(sql, [.json(argument)]) { [weak self] result in
      guard let self else { return }
      inFlight -= 1
      switch result {
      case .success(let rows):
        do {
          let answer = try rows.one().json("answer")
          if answer["outcome"]?.string == "order_unknown", waitsForItsOrder(item.call) { return later(item) }
          onAnswer?(item.call, answer)
          ended(item.call)
        } catch {
          refuse(item, DatabaseError(.shape, "\(error)"))
        }
        if count == 0 { onEmpty?() }
      case .failure(let error):
        if error.retryable || !error.outcomeKnown { again(item, error) } else { refuse(item, error) }
      }
    }
  }

  private func ended(_ call: RecordCall) {
    guard case .submit(let submission) = call, let calls = submitting[submission.signed.id] else { return }
    submitting[submission.signed.id] = calls > 1 ? calls - 1 : nil
  }

  /// What is said of an order that the record does not know, because the call that brings it was refused and is on its way again. That
  /// happens to an order that left on the journal's word.
  private func waitsForItsOrder(_ call: RecordCall) -> Bool {
    let id: VenueOrderID
    switch call {
    case .advance(let order, _, _, _): id = order
    case .fill(let fill), .settle(let fill, _): id = fill.key.order
    case .submit, .deny, .acceptCancel: return false
    }
    return submitting[id] != nil
  }

  private func later(_ item: Item) {
    var item = item
    item.attempts += 1
    waiting.append(item)
    // A lost connection announces its return; a passing refusal (a lock, a serialization) does not.
    guard database.isConnected, retryTimer == nil else { return }
    retryTimer = loop.after(.milliseconds(100)) { [weak self] in
      self?.retryTimer = nil
      self?.resume()
    }
  }

  /// Calls that had left behind it may be in the record before it: each says all that it needs.
  private func again(_ item: Item, _ error: DatabaseError) {
    if database.isConnected, item.attempts % Self.attemptsTold == 0 {
      log.warning("record asked again", [.error(error), .int("attempts", item.attempts + 1)])
    }
    later(item)
    onUnanswered?(item.call)
    if error.isDiskFull { onFull?() }
  }

  private func refuse(_ item: Item, _ error: DatabaseError) {
    log.error("record refused a call", [.error(error), .int("attempts", item.attempts)])
    onRefused?(item.call, error)
    ended(item.call)
  }
}
