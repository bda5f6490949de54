import Shared

extension Database {
  /// One transaction on its way: the statements, what the server still owes for them, and what it has answered.
  final class Request {
    enum Step {
      case prepare(UInt)
      case execute(UInt)
    }

    let statements: [(sql: StaticString, values: [SQLValue])]
    let done: BatchCompletion
    var deadline: TimerID?
    var steps: [Step] = []
    var answers: [Rows] = []
    var failure: DatabaseError?
    private var step = 0
    private var stepHasResult = false

    init(_ statements: [(sql: StaticString, values: [SQLValue])], _ done: @escaping BatchCompletion) {
      self.statements = statements
      self.done = done
    }

    /// Forgets an earlier, incomplete try.
    func begin() {
      steps.removeAll()
      answers.removeAll()
      step = 0
      stepHasResult = false
    }

    func add(_ rows: Rows) {
      stepHasResult = true
      if step < steps.count, case .execute = steps[step] { answers.append(rows) }
    }

    /// The statement that this error says the server does not have (any more) in this form; it must be prepared anew.
    func staleStatement(_ error: DatabaseError) -> UInt? {
      stepHasResult = true
      guard step < steps.count else { return nil }
      switch steps[step] {
      case .prepare(let key): return key
      // 0A000 "cached plan must not change result type", 26000 "prepared statement does not exist".
      case .execute(let key): return ["0A000", "26000"].contains(error.sqlState) ? key : nil
      }
    }

    /// The server skipped this step. A skipped preparation leaves the statement unknown to it.
    func abortStep() -> UInt? {
      stepHasResult = true
      guard step < steps.count, case .prepare(let key) = steps[step] else { return nil }
      return key
    }

    func endStep() {
      guard stepHasResult else { return }
      stepHasResult = false
      step += 1
    }
  }
}
