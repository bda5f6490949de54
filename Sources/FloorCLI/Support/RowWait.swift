import FloorIOData
import Shared

/// The wait for a row that somebody else answers.
enum RowWait {
  /// Looks at the row at once, whenever the channel says that one was answered, and after each (re)connection; between them nobody asks.
  ///
  /// - Parameter judge: the answer, or `nil` while there is none.
  /// - Returns: `nil` when the time is over.
  /// - Throws: what the database refuses; what is over by itself is waited for.
  static func answer<Answer>(
    _ instance: Instance, channel: String, within limit: Duration, _ sql: StaticString, _ values: [SQLValue],
    _ judge: (Rows.Row) throws -> Answer?
  ) throws -> Answer? {
    let loop = try EventLoop()
    let listener = Database(loop: loop, settings: instance.reachable(), log: .discarding(process: "floor"))
    defer { listener.close() }
    var hasNews = true
    var isAsking = false
    var answer: Result<Rows.Row, any Error>?
    listener.listen(channel) { _ in hasNews = true }
    listener.onStateChange = { isUp in hasNews = hasNews || isUp }
    let deadline = SystemClock.monotonic().advanced(by: limit)
    while SystemClock.monotonic() < deadline {
      if hasNews, !isAsking {
        hasNews = false
        isAsking = true
        // On the connection that listens, behind its LISTEN: looked at over another one, an end between the look and the LISTEN is missed.
        listener.query(sql, values) { result in
          isAsking = false
          answer = Result { try result.get().one() }
        }
      }
      try loop.turn(timeout: deadline.since(SystemClock.monotonic()))
      guard let known = answer else { continue }
      answer = nil
      do {
        if let judged = try judge(try known.get()) { return judged }
      } catch let error as DatabaseError where error.retryable || !error.outcomeKnown {
        // The connection comes back, and that is news.
        continue
      }
    }
    return nil
  }
}
