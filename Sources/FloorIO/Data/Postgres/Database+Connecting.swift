import Shared

/// Getting a connection, watching its socket, losing it.
extension Database {
  func connect() {
    guard !isClosed else { return }
    do {
      let connection = try PostgresConnection(settings)
      if connection.isBroken { return fail(connection.message) }
      let deadline = loop.after(Database.connectLimit) { [weak self] in
        self?.fail("no answer within \(Database.connectLimit.milliseconds) ms")
      }
      state = .connecting(connection, deadline: deadline)
      try rewatch(connection.socket, write: true)
    } catch {
      fail("\(error)")
    }
  }

  func rewatch(_ descriptor: Int32, write: Bool) throws {
    if let watch {
      if watch.descriptor == descriptor {
        if watch.write != write { try loop.modify(watch.id, read: true, write: write) }
        self.watch = (watch.id, descriptor, write)
        return
      }
      loop.unwatch(watch.id)
    }
    let id = try loop.watch(descriptor, read: true, write: write) { [weak self] readiness in self?.ready(readiness) }
    watch = (id, descriptor, write)
  }

  private func ready(_ readiness: Readiness) {
    switch state {
    case .closed, .waiting: return
    case .connecting(let connection, let deadline): advanceConnect(connection, deadline)
    case .connected(let connection): advance(connection, readiness)
    }
  }

  private func advanceConnect(_ connection: PostgresConnection, _ deadline: TimerID) {
    do {
      let progress = connection.pollConnect()
      switch progress {
      case .failed: return fail(connection.message)
      case .reading, .writing:
        // libpq may have closed its socket and opened another, even under the same number: the old watch may be dead.
        if let watch { loop.unwatch(watch.id) }
        watch = nil
        let id = try loop.watch(connection.socket, read: progress == .reading, write: progress == .writing) {
          [weak self] in self?.ready($0)
        }
        watch = (id, connection.socket, progress == .writing)
      case .connected:
        loop.cancel(deadline)
        guard connection.beginPipeline() else { return fail(connection.message) }
        state = .connected(connection)
        if let watch { loop.unwatch(watch.id) }
        watch = nil
        try rewatch(connection.socket, write: false)
        connected(connection)
      }
    } catch {
      fail("\(error)")
    }
  }

  private func connected(_ connection: PostgresConnection) {
    backoff.succeed()
    isConnected = true
    lastError = nil
    lastComplaint = nil
    log.info("database connected", [.int("server_version", connection.serverVersion)])
    for channel in Set(listeners.map(\.channel)).sorted() { sendListen(channel, on: connection) }
    onStateChange?(true)
    sendWaiting()
  }

  func fail(_ reason: String) {
    guard !isClosed else { return }
    let wasConnected = isConnected
    lastError = reason
    let delay = backoff.next()
    // The first failure and then one line every half a minute: an outage must not fill the log.
    let now = SystemClock.monotonic()
    if wasConnected || lastComplaint.map({ now.since($0) > .seconds(30) }) ?? true {
      lastComplaint = now
      log.warning("database away", [.text("reason", reason), .milliseconds("retry_in_ms", delay)])
    }
    dropConnection(DatabaseError(.connectionLost, reason))
    guard !isClosed else { return }
    state = .waiting(loop.after(delay) { [weak self] in self?.connect() })
  }

  /// Gives the connection up, with everything in flight on it.
  func dropConnection(_ error: DatabaseError) {
    if case .connecting(_, let deadline) = state { loop.cancel(deadline) }
    if let watch { loop.unwatch(watch.id) }
    watch = nil
    state = .closed
    prepared.removeAll()
    let lost = inFlight
    inFlight.removeAll()
    let wasConnected = isConnected
    isConnected = false
    if wasConnected { onStateChange?(false) }
    for request in lost { finish(request, .failure(request.failure ?? error)) }
  }
}
