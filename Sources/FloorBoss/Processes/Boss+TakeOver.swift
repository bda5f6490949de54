import FloorIOData
import Shared

/// From the lease to a running floor: what is recorded, what still lives, what is kept, what is ended first.
extension Boss {
  /// How long a process of the desk may take to answer on its control socket before it counts as gone.
  private static let probeLimit: Duration = .milliseconds(250)

  func takeOver() {
    guard let epoch else { return }
    let desk = probeDesk()
    let probed = now
    record.facts { [unowned self] result in
      switch result {
      case .failure(let error): retryTakeOver("the record: \(error)")
      case .success(let facts):
        record.processes { [unowned self] result in
          switch result {
          case .failure(let error): retryTakeOver("the process table: \(error)")
          case .success(let rows):
            awaitProbes(desk, until: probed.advanced(by: Boss.probeLimit)) { [unowned self] in
              guard self.epoch == epoch, phase == .takingOver else { return }
              seedIfNew(facts) { [unowned self] facts in settle(facts, rows, desk) }
            }
          }
        }
      }
    }
  }

  private func retryTakeOver(_ reason: String) {
    wait(reason)
    loop.after(.milliseconds(500)) { [unowned self] in if phase == .takingOver { takeOver() } }
  }

  private func probeDesk() -> [String: ControlClient] {
    var clients: [String: ControlClient] = [:]
    for name in ProcessNames.desk where SmallFile.exists(socketPath(name)) {
      clients[name] = ControlClient(loop: loop, path: socketPath(name), bossEpoch: epoch)
    }
    return clients
  }

  /// Goes on when every probed process has said hello, or at the deadline.
  private func awaitProbes(_ desk: [String: ControlClient], until deadline: MonotonicTime, _ done: @escaping () -> Void)
  {
    if now >= deadline || desk.values.allSatisfy({ $0.hello != nil }) { return done() }
    loop.after(.milliseconds(5)) { [unowned self] in awaitProbes(desk, until: deadline, done) }
  }

  func socketPath(_ process: String) -> String { settings.arguments.runDirectory + "/" + process + ".sock" }

  /// The first start: the files of config/agents become rows, all together, so that a boss that is killed meanwhile leaves none and its
  /// successor begins anew. From then on the table rules.
  private func seedIfNew(_ facts: Record.Facts, _ done: @escaping (Record.Facts) -> Void) {
    guard facts.agents.isEmpty, let epoch else { return done(facts) }
    let rows = settings.agents.map { agent -> (name: String, row: JSON) in
      (
        agent.name.text,
        [
          "boss_epoch": .int(epoch.number), "name": .text(agent.name), "strategy": .string(agent.strategy),
          "parameters": Strategies.row(agent), "reason": "config/agents",
        ]
      )
    }
    record.seed(rows, epoch) { [unowned self] result in
      if case .failure(let error) = result { return retryTakeOver("the first roster: \(error)") }
      record.facts { [unowned self] result in
        switch result {
        case .success(let facts): done(facts)
        case .failure(let error): retryTakeOver("the seeded roster: \(error)")
        }
      }
    }
  }

  private func settle(_ facts: Record.Facts, _ rows: [Record.ProcessRow], _ desk: [String: ControlClient]) {
    guard let epoch, phase == .takingOver else { return }
    take(facts)
    for name in ProcessNames.desk { addMember(name, Boss.kind(name)) }
    for agent in facts.agents where agent.facts.status != .retired { addMember(agentProcess(agent.facts.name), .agent) }
    phase = .active
    waitsFor = ""
    process.note = ""
    process.isReady = true
    apply(.halted(facts.isHalted))
    setCapital(epoch)
    var known = Set<String>()
    for (name, client) in desk.sorted(by: { $0.key < $1.key }) {
      guard let hello = client.hello, hello.process == name, hello.identity.isAlive else {
        client.close()
        continue
      }
      known.insert(name)
      adopt(name, hello.identity, hello.epoch, boot: hello.boot, keep: true, client)
    }
    // Whatever else still lives of the last floor: agents (their state is in the record, they come back under new epochs), and desk processes
    // that do not answer.
    for row in rows where !known.contains(row.name) && row.identity.isAlive {
      if machine.machine(row.name) == nil { addMember(row.name, .agent) }
      adopt(row.name, row.identity, row.epoch, boot: "", keep: false, nil)
    }
    for name in ProcessNames.desk where !Boss.needsVenue.contains(name) { apply(.child(name, .want(.running))) }
    startVenueSide()
    for agent in facts.agents where Strategies.wantsProcess(agent.facts.status) {
      apply(.child(agentProcess(agent.facts.name), .want(.running)))
    }
    log.info(
      "floor taken over",
      [.int("epoch", epoch.number), .int("adopted", known.count), .int("agents", facts.agents.count)])
    event("INFO", "boss", "floor-boss", "took over", ["epoch": .int(epoch.number), "adopted": .int(known.count)])
    lookAtOrders()
  }

  /// Before an ordered stop of a floor that was not taken over: whatever an earlier boss left running becomes a member, so that it is stopped
  /// in the same order and with the same limits. Needs neither the record nor the lease: the lock of the instance says that no other boss
  /// of this machine may want these processes.
  func adoptForStop() {
    let found: [Leftovers.Process]
    do {
      // On a loop of its own: nothing else may happen while it waits for the hellos.
      found = try Leftovers(settings.arguments).find(on: try EventLoop())
    } catch {
      return log.error("what still runs cannot be found", [.error(error)])
    }
    for process in found where machine.machine(process.name)?.process == nil {
      let hello = process.hello
      addMember(process.name, ProcessNames.desk.contains(process.name) ? Boss.kind(process.name) : .agent)
      let client = hello.map { _ in ControlClient(loop: loop, path: socketPath(process.name), bossEpoch: epoch) }
      adopt(process.name, process.identity, hello?.epoch ?? Epoch(0), boot: hello?.boot ?? "", keep: true, client)
    }
  }

  private static func kind(_ deskProcess: String) -> FloorMachine.Kind {
    deskProcess == ProcessNames.gateway ? .gateway : .desk
  }

  func addMember(_ name: String, _ kind: FloorMachine.Kind) {
    if children[name] == nil { children[name] = Child(kind: kind) }
    apply(.add(name, kind))
  }

  func agentProcess(_ name: String) -> String { "agent-" + name }

  private func adopt(
    _ name: String, _ identity: ChildIdentity, _ epoch: Epoch, boot: String, keep: Bool, _ client: ControlClient?
  ) {
    guard let child = children[name] else { return }
    do {
      let watch = try ChildProcess.adopt(identity, on: loop) { [unowned self] cause in
        childEnded(name, identity, cause)
      }
      guard let watch else { return }
      child.watch = watch
      child.identity = identity
      child.boot = boot
      log.info("process adopted", [.text("process", name), .text("identity", identity), .bool("keep", keep)])
      apply(.child(name, .adopted(identity, epoch: epoch, keep: keep)))
      if let client { follow(name, child, client) }
    } catch {
      log.error("process cannot be adopted", [.text("process", name), .error(error)])
    }
  }

  private static let needsVenue = [ProcessNames.gateway, ProcessNames.marketFeed]

  /// Gateway and feed need to know the venue, and the simulated one writes where it is and who we are when it first starts.
  private func startVenueSide() {
    do {
      if settings.figures.needsCredentials { _ = try VenueCredentials.read(settings) }
    } catch {
      if process.note.isEmpty { log.warning("waiting for the venue's credentials", [.error(error)]) }
      process.note = "waits for the venue's credentials"
      loop.after(.milliseconds(250)) { [unowned self] in if phase == .active { startVenueSide() } }
      return
    }
    process.note = ""
    for name in Boss.needsVenue { apply(.child(name, .want(.running))) }
  }
}
