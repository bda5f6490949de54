import FloorIOData
import Shared

/// What the boss does by the clock: state for people, capital, disk, retention, the halt file.
extension Boss {
  /// Twice a second.
  func lookAround() {
    process.advance()
    guard phase == .active || phase == .stopping else { return }
    apply(.tick(lag: lag.worst(now: now)))
    publishState()
    guard phase == .active else { return }
    recordMode()
    writeBacklog()
    reconcileStatuses()
    haltByFile()
    lookAtOrders()
    moveCapital()
  }

  // MARK: Mode and state

  /// Writes the mode if the record does not have it yet.
  func recordMode() {
    guard mayRecord, let epoch, machine.mode != .halted else { return }
    let wanted = RecordedMode(mode: machine.mode, reason: machine.reason, epoch: epoch)
    guard recordedMode != wanted, !isRecordingMode else { return }
    isRecordingMode = true
    record.setMode(wanted.mode, wanted.reason, epoch) { [unowned self] result in
      isRecordingMode = false
      switch result {
      case .success: recordedMode = wanted
      case .failure(let error): log.warning("mode not recorded", [.error(error)])
      }
    }
  }

  func publishState() {
    let agents = machine.members.filter { $0.kind == .agent }
    let gateway = children[ProcessNames.gateway]
    let inForce = ModeInForce(
      recorded: machine.mode, recordedReason: machine.reason, gateway: gateway?.mode, gatewayNote: gateway?.note ?? "")
    let state: JSON = [
      "v": 1, "src": .string(ProcessNames.boss), "boot": .string(process.birth.boot),
      "sent_ns": .int(SystemClock.wall().nanoseconds), "mode": .string(machine.mode.rawValue),
      "reason": .string(machine.reason), "mode_in_force": .string(inForce.mode.rawValue),
      "why": .string(inForce.reason), "epoch": .int(epoch?.number ?? 0), "phase": .string(phase.rawValue),
      "agents": .int(agents.count), "agents_ready": .int(agents.filter { $0.machine.isReady }.count),
      "desk_ready": .int(machine.members.filter { $0.kind != .agent && $0.machine.isReady }.count),
      "desk": .int(machine.members.filter { $0.kind != .agent }.count),
      "processes": .object(
        machine.members.map { .init($0.name, .string(Boss.word($0.machine))) }),
    ]
    bus.set(Names.floorState, state.bytes)
    bus.publish(Names.floorState, state.bytes)
  }

  /// The file `halt` in the state directory halts, whatever else is away; removing it does not resume.
  private func haltByFile() {
    guard !machine.isHalted, SmallFile.exists(settings.arguments.stateDirectory + "/halt") else { return }
    log.error("halt file found")
    apply(.halted(true))
    record.halt("the halt file") { [unowned self] result in
      if case .failure(let error) = result { log.warning("halt not recorded yet", [.error(error)]) }
    }
  }

  // MARK: Capital

  func setCapital(_ epoch: Epoch) {
    do {
      let limits = try settings.figures.limits(agents: roster.active.count)
      record.setCapital(limits, isPaper: settings.figures.isPaper, epoch) { [unowned self] result in
        if case .failure(let error) = result {
          log.warning("capital not recorded yet", [.error(error)])
          loop.after(.milliseconds(500)) { [unowned self] in if self.epoch == epoch { setCapital(epoch) } }
        } else {
          isCapitalSet = true
        }
      }
    } catch {
      log.error("the limits cannot be read", [.error(error)])
    }
  }

  /// One round of what the allocator says; the next look continues.
  private func moveCapital() {
    guard mayRecord, isCapitalSet, !isMovingCapital, let epoch else { return }
    let limits: FloorLimits
    do {
      limits = try settings.figures.limits(agents: roster.active.count)
    } catch {
      return log.error("the limits cannot be computed", [.error(error)])
    }
    var moves = Allocator.moves(roster, limits: limits)[...]
    guard !moves.isEmpty else { return }
    isMovingCapital = true
    func next() {
      guard let move = moves.popFirst() else {
        isMovingCapital = false
        return refreshFacts()
      }
      record.move(move, epoch) { [unowned self] result in
        switch result {
        case .success(let answer) where answer["outcome"]?.string != "refused":
          log.info("capital moved", [.text("agent", move.agent), .text("amount_usd", move.amount)])
          next()
        case .success(let answer):
          // The record knows better than the facts of half a second ago.
          log.info("capital not moved", [.text("agent", move.agent), .text("why", answer["reason"]?.string ?? "")])
          isMovingCapital = false
        case .failure(let error):
          log.warning("capital not moved", [.text("agent", move.agent), .error(error)])
          isMovingCapital = false
        }
      }
    }
    next()
  }

  // MARK: House

  /// Every ten seconds.
  func keepHouse() {
    guard phase == .active else { return }
    guardDisk()
    guard mayRecord, nextPurge.map({ now >= $0 }) ?? true else { return }
    nextPurge = now.advanced(by: .seconds(3600))
    record.keepHouse(ticksDays: settings.figures.ticksDays, eventsDays: settings.figures.eventsDays) {
      [unowned self] result in
      switch result {
      case .success(let rows): log.info("old rows removed", [.int("rows", rows)])
      case .failure(let error): log.warning("old rows not removed", [.error(error)])
      }
    }
  }

  private func guardDisk() {
    do {
      let free = try Files.freePercentMicros(settings.arguments.stateDirectory)
      let text = Decimal6.text(free / 100_000 * 100_000)
      let stop = settings.figures.diskStop
      apply(.concern(.diskLow, reason: free < stop ? "less than \(Decimal6.text(stop)) % of the disk is free" : nil))
      if free < settings.figures.diskAlarm, !isDiskAlarmed {
        event("CRITICAL", "disk", "floor-boss", "only \(text) % of the disk is free", [:])
      }
      isDiskAlarmed = free < settings.figures.diskAlarm
    } catch {
      log.warning("free disk space unknown", [.error(error)])
    }
  }

  // MARK: Events and process rows

  /// A line for the record and for whoever listens.
  func event(_ severity: String, _ type: String, _ component: String, _ message: String, _ metadata: JSON) {
    write(
      EventBacklog.Event(
        severity: severity, type: type, component: component, message: message, metadata: metadata,
        at: SystemClock.wall()), metadata)
    let line: JSON = [
      "v": 1, "src": .string(ProcessNames.boss), "boot": .string(process.birth.boot),
      "sent_ns": .int(SystemClock.wall().nanoseconds), "severity": .string(severity), "type": .string(type),
      "component": .string(component), "message": .string(message), "metadata": metadata,
    ]
    bus.publish(Names.events, line.bytes)
  }

  private func write(_ event: EventBacklog.Event, _ metadata: JSON) {
    record.event(event.severity, event.type, event.component, event.message, metadata) { [unowned self] result in
      guard case .failure(let error) = result else { return }
      log.warning(
        "event not recorded", [.text("type", event.type), .bool("later", error.retryable), .error(error)])
      if error.retryable { backlog.add(event) }
    }
  }

  /// What happened while the record was away is told when it is back.
  private func writeBacklog() {
    guard !backlog.isEmpty, mayRecord, record.database.isConnected else { return }
    for event in backlog.takeAll(at: SystemClock.wall()) { write(event, event.lateMetadata) }
  }

  /// Writes the rows of `processes` that changed.
  func saveProcesses() {
    guard let epoch, mayRecord else { return }
    for member in machine.members {
      let machine = member.machine
      let child = children[member.name]
      let state = Record.ProcessState(
        name: member.name, kind: member.kind.rawValue, agent: ProcessNames.agent(ofProcess: member.name)?.text,
        isWanted: machine.wanted == .running, state: Boss.word(machine), process: machine.process,
        boot: child?.boot ?? "", epoch: machine.epoch ?? epoch, restarts: machine.restarts,
        lastExit: child?.lastExit ?? "")
      guard saved[member.name] != state else { continue }
      saved[member.name] = state
      record.save(state, epoch) { [unowned self] result in
        // Forgotten, so that the next change or look writes it again.
        if case .failure = result, saved[member.name] == state { saved[member.name] = nil }
      }
    }
  }

  /// The machine's state in the table's words.
  static func word(_ machine: ChildMachine) -> String {
    switch machine.state {
    case .exited: "EXITED"
    case .fencing, .awaitingTurn, .spawning, .starting: "STARTING"
    case .up(_, let ready): ready ? "READY" : "STARTING"
    case .condemned, .draining, .stopping: "STOPPING"
    case .backingOff: "BACKOFF"
    case .quarantined, .givenUp: "QUARANTINED"
    }
  }
}
