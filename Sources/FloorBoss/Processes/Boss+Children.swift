import FloorIOData
import Glibc
import Shared

/// Performs what the machines say about one child.
extension Boss {
  func perform(_ name: String, _ effect: ChildMachine.Effect) {
    switch effect {
    case .fence(let reason): fence(name, reason)
    case .askTurn: break  // the floor machine keeps these to itself
    case .spawn(let epoch): spawn(name, epoch)
    case .drain:
      // Who cannot be reached by word is asked by signal.
      guard let control = children[name]?.control else {
        children[name]?.watch?.signal(SIGTERM)
        return
      }
      control.send(.drain) { [unowned self] result in
        if case .failure = result { children[name]?.watch?.signal(SIGTERM) }
      }
    case .terminate: children[name]?.watch?.signal(SIGTERM)
    case .kill: children[name]?.watch?.kill()
    case .report(let report): tell(name, report)
    }
  }

  // MARK: Fence

  /// Raises the agent's epoch: first at the gateway, which refuses the old secret at once, then in the record.
  private func fence(_ name: String, _ reason: String) {
    guard let agent = ProcessNames.agent(ofProcess: name), let epoch else { return }
    record.beginEpoch(agent.text, reason, epoch) { [unowned self] result in
      switch result {
      case .success(let raised): apply(.child(name, .fenced(raised)))
      case .failure(let error):
        log.warning("agent not fenced yet", [.text("agent", agent.text), .error(error)])
        loop.after(.milliseconds(250)) { [unowned self] in
          switch machine.machine(name)?.state {
          case .fencing, .condemned: fence(name, reason)
          default: break
          }
        }
      }
    }
  }

  // MARK: Spawn

  private func spawn(_ name: String, _ childEpoch: Epoch?) {
    guard let child = children[name], let bossEpoch = epoch else {
      return apply(.child(name, .spawnFailed("the boss has no epoch")))
    }
    child.boot = SystemRandom.hex(8)
    do {
      let birth: BirthDocument
      let executable: String
      if let agent = ProcessNames.agent(ofProcess: name), let childEpoch {
        guard let facts = facts.agents.first(where: { $0.facts.name == agent.text }) else {
          throw FloorFailure(.broken, "\(agent) is not in the roster")
        }
        let proof = Secret(SystemRandom.hex(16))
        child.proof = proof
        executable = folder + "/" + ProcessNames.agentExecutable
        birth = try plan.agent(
          facts.facts, databaseRole: facts.databaseRole, epoch: childEpoch, boot: child.boot, proof: proof)
        if let clip = try plan.clip(facts.facts), clipped.insert(agent).inserted {
          event(
            "INFO", "size-clipped", name, "wants \(clip.wanted) dollars an entry; the floor's limit is \(clip.allowed)",
            ["size_usd": .text(clip.wanted), "limit_usd": .text(clip.allowed)])
        }
        grant(name, agent, childEpoch, proof)
      } else {
        executable = folder + "/" + name
        birth = try plan.desk(name, epoch: bossEpoch, boot: child.boot)
      }
      var identity: ChildIdentity?
      let watch = try ChildProcess.spawn(
        ChildSpecification(
          executable: executable, workingDirectory: settings.arguments.stateDirectory,
          output: .file(settings.arguments.stateDirectory + "/log/" + name + ".out"), birth: birth), on: loop
      ) { [unowned self] cause in
        if let identity { childEnded(name, identity, cause) }
      }
      identity = watch.identity
      child.watch = watch
      child.identity = watch.identity
      apply(.child(name, .spawned(watch.identity)))
      connect(name, child)
    } catch {
      log.error("process not started", [.text("process", name), .error(error)])
      apply(.child(name, .spawnFailed("\(error)")))
    }
  }

  func childEnded(_ name: String, _ identity: ChildIdentity, _ cause: ExitCause) {
    guard let child = children[name], child.identity == identity else { return }
    child.control?.close()
    child.control = nil
    child.watch = nil
    child.identity = nil
    child.lastExit = cause.description
    log.info("process ended", [.text("process", name), .text("identity", identity), .text("cause", cause)])
    apply(.child(name, .exited(identity, cause)))
  }

  // MARK: Control

  func connect(_ name: String, _ child: Child) {
    child.control?.close()
    follow(name, child, ControlClient(loop: loop, path: socketPath(name), bossEpoch: epoch))
  }

  func follow(_ name: String, _ child: Child, _ client: ControlClient) {
    child.control = client
    client.onHello = { [unowned self, unowned client] hello in heard(name, hello, client) }
    client.onProgress = { [unowned self, unowned client] progress in
      guard let hello = client.hello else { return }
      children[name]?.note = progress.note
      children[name]?.mode = FloorMode(rawValue: progress.mode)
      apply(
        .child(
          name,
          .progress(hello.identity, ready: progress.isReady, work: progress.progress, waiting: progress.waiting)))
    }
    client.onBossRefused = { [unowned self] reason in
      log.error("refused as boss", [.text("process", name), .text("reason", reason)])
    }
    if let hello = client.hello { heard(name, hello, client) }
  }

  private func heard(_ name: String, _ hello: ControlHello, _ client: ControlClient) {
    apply(.child(name, .hello(hello.identity)))
    client.send(.mode(machine.mode.rawValue))
    guard name == ProcessNames.gateway else { return }
    // The gateway forgets its grants when it ends: every living agent's is repeated.
    for (process, child) in children.sorted(by: { $0.key < $1.key }) {
      guard let agent = ProcessNames.agent(ofProcess: process), let proof = child.proof, child.identity != nil,
        let epoch = machine.machine(process)?.epoch
      else { continue }
      grant(process, agent, epoch, proof)
    }
  }

  private func grant(_ process: String, _ agent: AgentName, _ epoch: Epoch, _ proof: Secret) {
    children[ProcessNames.gateway]?.control?.send(.grant(agent: agent, epoch: epoch, secret: proof)) {
      [unowned self] result in
      // Not connected: the grant is repeated with the gateway's hello.
      if case .failure(let error) = result, error.isRefusal {
        log.error("grant refused", [.text("agent", agent.text), .error(error)])
      }
    }
  }

  func revoke(_ agent: String) {
    guard let name = AgentName(agent) else { return }
    children[agentProcess(agent)]?.proof = nil
    children[ProcessNames.gateway]?.control?.send(.revoke(agent: name)) { [unowned self] result in
      if case .failure(let error) = result, error.isRefusal {
        log.error("revocation refused", [.text("agent", agent), .error(error)])
      }
    }
  }

  func announceMode(_ mode: FloorMode, _ reason: String) {
    log.info("mode", [.text("mode", mode.rawValue), .text("reason", reason)])
    for (_, child) in children.sorted(by: { $0.key < $1.key }) { child.control?.send(.mode(mode.rawValue)) }
    recordMode()
    publishState()
  }

  // MARK: Reports

  private func tell(_ name: String, _ report: ChildMachine.Report) {
    let agent = ProcessNames.agent(ofProcess: name)?.text
    switch report {
    case .ready:
      log.info("process ready", [.text("process", name)])
      reconcileStatuses()
    case .ended: event("INFO", "stopped", name, "ended as asked", [:])
    case .crashed(let cause, let fingerprint):
      event(
        "ERROR", "crash", name, cause.description,
        ["cause": .text(cause), "fingerprint": .optional(fingerprint.map { .string($0) })])
    case .hung(let silent):
      event("ERROR", "hung", name, "silent for \(silent.milliseconds) ms", ["silent_ms": .int(silent.milliseconds)])
      if let agent { revoke(agent) }
    case .spawnFailed(let reason): event("ERROR", "spawn-failed", name, reason, [:])
    case .quarantined(let length, let reason):
      event(
        "CRITICAL", "quarantine", name, "\(reason); next try in \(length.components.seconds) s",
        ["length_s": .int(length.components.seconds)])
      lost(name, agent, reason)
    case .gaveUp(let cause):
      event(
        "CRITICAL", "given-up", name, "\(cause): only a person can help; then `floor start`", ["cause": .text(cause)])
      lost(name, agent, "given up: \(cause)")
    case .unkillable(let kills): event("CRITICAL", "unkillable", name, "killed \(kills) times and still there", [:])
    }
  }

  private func lost(_ name: String, _ agent: String?, _ reason: String) {
    children[name]?.lossReason = reason
    if let agent { revoke(agent) }
    reconcileStatuses()
  }
}
