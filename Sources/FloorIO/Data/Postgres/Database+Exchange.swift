import Shared

/// What goes over the connection: statements out, results and notifications in.
extension Database {
  // MARK: Sending

  func sendWaiting() {
    guard case .connected(let connection) = state, !waiting.isEmpty else { return }
    var sent = 0
    var isBroken = false
    while sent < waiting.count, inFlight.count < Database.inFlightMax, !isBroken {
      // What was sent only in part has no Sync behind it, so it can never commit: it goes again on the next connection.
      if send(waiting[sent], on: connection) {
        inFlight.append(waiting[sent])
        sent += 1
      } else {
        isBroken = true
      }
    }
    waiting.removeFirst(sent)
    if isBroken { return fail(connection.message) }
    flush(connection)
  }

  private func send(_ request: Request, on connection: PostgresConnection) -> Bool {
    request.begin()
    for (sql, values) in request.statements {
      let key = unsafe UInt(bitPattern: sql.utf8Start)
      let name: String
      if let known = prepared[key] {
        name = known
      } else {
        name = "s\(nextStatement)"
        nextStatement += 1
        guard connection.sendPrepare(name: name, sql) else { return false }
        prepared[key] = name
        request.steps.append(.prepare(key))
      }
      guard connection.sendPrepared(name: name, values) else { return false }
      request.steps.append(.execute(key))
    }
    return connection.sendSync()
  }

  func sendListen(_ channel: String, on connection: PostgresConnection) {
    let request = Request([]) { [log] result in
      if case .failure(let error) = result { log.error("LISTEN failed", [.text("channel", channel), .error(error)]) }
    }
    request.steps = [.execute(0)]
    guard connection.sendQuery("LISTEN \(channel)", []), connection.sendSync() else {
      return fail(connection.message)
    }
    inFlight.append(request)
    flush(connection)
  }

  private func flush(_ connection: PostgresConnection) {
    guard let flushed = connection.flush() else { return fail(connection.message) }
    do { try rewatch(connection.socket, write: !flushed) } catch { fail("\(error)") }
  }

  // MARK: Receiving

  func advance(_ connection: PostgresConnection, _ readiness: Readiness) {
    if readiness.contains(.readable) {
      // The last words of a dying server are still in the buffer: read them before giving up.
      let isWhole = connection.consume()
      let finished = collect(connection)
      var notifications: [(channel: String, payload: String)] = []
      while let notification = connection.nextNotification() { notifications.append(notification) }
      if !isWhole || connection.isBroken {
        for (request, result) in finished { finish(request, result) }
        return fail(connection.message)
      }
      for (request, result) in finished { finish(request, result) }
      for notification in notifications {
        for listener in listeners where listener.channel == notification.channel {
          listener.handler(notification.payload)
        }
      }
    }
    // A handler may have closed the database or lost the connection.
    guard case .connected(let current) = state, current === connection else { return }
    if readiness.contains(.writable) { flush(connection) }
    guard case .connected(let current) = state, current === connection else { return }
    sendWaiting()
  }

  /// Reads results until the socket has no more, and returns the requests that ended. No handler is called here.
  private func collect(_ connection: PostgresConnection) -> [(Request, Result<[Rows], DatabaseError>)] {
    var finished: [(Request, Result<[Rows], DatabaseError>)] = []
    var emptyInARow = 0
    while !inFlight.isEmpty, !connection.isBusy, emptyInARow < 4 {
      let request = inFlight[0]
      guard let outcome = connection.nextOutcome() else {
        request.endStep()
        emptyInARow += 1
        continue
      }
      emptyInARow = 0
      switch outcome {
      case .rows(let rows): request.add(rows)
      case .error(let error):
        request.failure = request.failure ?? error
        if let key = request.staleStatement(error) { prepared[key] = nil }
      case .aborted: request.abortStep().map { prepared[$0] = nil }
      case .other:
        request.failure = request.failure ?? DatabaseError(.shape, "the statement is not of a kind that is used here")
      case .synchronised:
        inFlight.removeFirst()
        finished.append((request, request.failure.map { .failure($0) } ?? .success(request.answers)))
      }
    }
    return finished
  }
}
