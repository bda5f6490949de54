import FloorIOData
import Shared

/// Carries out commands and recommendations, step by step, always from the present facts.
extension Boss {
  /// Looks at the record for orders; called on every nudge and twice a second.
  func lookAtOrders() {
    guard phase == .active, mayRecord, let epoch else { return }
    if orders.isLooking {
      orders.lookAgain = true
      return
    }
    orders.isLooking = true
    record.facts { [unowned self] result in
      guard case .success(let facts) = result else { return lookedAtOrders() }
      take(facts)
      record.takeCommands(epoch) { [unowned self] result in
        if case .success(let commands) = result {
          for command in commands {
            if let order = command.order {
              step(order)
            } else {
              finish(command.id, false, ["refused": "the boss knows no such verb"])
            }
          }
        }
        record.waitingAdvice { [unowned self] result in
          if case .success(let advice) = result { follow(advice) }
          lookedAtOrders()
        }
      }
    }
  }

  private func lookedAtOrders() {
    orders.isLooking = false
    if orders.lookAgain {
      orders.lookAgain = false
      lookAtOrders()
    }
  }

  /// New facts from the record.
  func take(_ facts: Record.Facts) {
    self.facts = facts
    for agent in facts.agents where agent.facts.status != .retired {
      let name = agentProcess(agent.facts.name)
      if phase == .active, machine.machine(name) == nil { addMember(name, .agent) }
    }
    for agent in facts.agents where agent.facts.status == .retired {
      let name = agentProcess(agent.facts.name)
      if machine.machine(name) != nil {
        apply(.child(name, .want(.stopped)))
        apply(.remove(name))
        if machine.machine(name) == nil { forget(name) }
      }
    }
    if machine.isHalted != facts.isHalted {
      // The latch overwrites the recorded mode, and lifting it leaves REDUCE_ONLY: what was written before says nothing any more.
      recordedMode = nil
      apply(.halted(facts.isHalted))
    }
  }

  private func forget(_ name: String) {
    saveProcesses()
    children[name] = nil
  }

  func refreshFacts() {
    record.facts { [unowned self] result in if case .success(let facts) = result { take(facts) } }
  }

  /// The facts with what only the boss knows: the processes.
  var roster: Roster {
    Roster(
      agents: facts.agents.map { row in
        var agent = row.facts
        let machine = machine.machine(agentProcess(agent.name))
        agent.isWanted = machine?.wanted == .running
        agent.isDown = machine?.process == nil
        agent.isLost = machine?.isLost ?? false
        return agent
      }, treasury: facts.treasury, isHalted: facts.isHalted, sinceLastClone: facts.sinceLastClone)
  }

  private func follow(_ advice: [Record.Advice]) {
    for item in advice {
      guard let order = item.order else {
        verdict(item, "DECLINE", "only RETIRE and CLONE are followed")
        continue
      }
      if settings.figures.mayAct {
        step(order)
      } else {
        verdict(item, "DECLINE", "judging.act is false: recorded only")
      }
    }
  }

  private func verdict(_ item: Record.Advice, _ word: String, _ reason: String) {
    record.verdict(item.agent, word, recommendation: item.id, reason, item.evidence) { [unowned self] result in
      if case .failure(let error) = result { log.warning("verdict not written", [.error(error)]) }
    }
  }

  // MARK: - One order

  private func step(_ order: RosterOrder) {
    guard phase == .active, mayRecord, !orders.busy.contains(order.source) else { return }
    switch settings.figures.rules.next(order, roster) {
    case .wait(let what):
      if orders.waits.updateValue(what, forKey: order.source) != what {
        log.info(
          "order waits", [.text("verb", order.verb.rawValue), .text("target", order.target), .text("for", what)])
      }
    case .refuse(let reason): conclude(order, refusal: reason, [:])
    case .done(let result): conclude(order, refusal: nil, result)
    case .perform(let actions):
      orders.busy.insert(order.source)
      perform(actions[...], of: order)
    }
  }

  private func perform(_ actions: ArraySlice<RosterRules.Action>, of order: RosterOrder) {
    guard let action = actions.first else { return performed(order) }
    perform(action, of: order) { [unowned self] error in
      if let error {
        log.warning(
          "order's step failed; it is tried again", [.text("verb", order.verb.rawValue), .text("why", error)])
        orders.busy.remove(order.source)
      } else {
        perform(actions.dropFirst(), of: order)
      }
    }
  }

  private func performed(_ order: RosterOrder) {
    record.facts { [unowned self] result in
      orders.busy.remove(order.source)
      guard case .success(let facts) = result else { return }
      take(facts)
      // A retire goes on at the pace of the gateway; everything else is a few steps and done.
      if order.verb != .retire || facts.agents.first(where: { $0.facts.name == order.target })?.facts.status == .retired
      {
        step(order)
      }
    }
  }

  private func perform(
    _ action: RosterRules.Action, of order: RosterOrder, _ done: @escaping (_ error: String?) -> Void
  ) {
    guard mayRecord, let epoch else { return done("the lease is not certain") }
    func plain<Value>(_ result: Result<Value, DatabaseError>) {
      switch result {
      case .success: done(nil)
      case .failure(let error): done(error.description)
      }
    }
    func answered(_ result: Result<JSON, DatabaseError>) {
      switch result {
      case .success(let answer) where answer["outcome"]?.string == "refused":
        conclude(order, refusal: answer["reason"]?.string ?? "refused by the record", [:])
        done("refused")
      case .success: done(nil)
      case .failure(let error): done(error.description)
      }
    }
    switch action {
    case .setStatus(let agent, let status): record.setStatus(agent, status, order.reason, epoch, plain)
    case .want(let agent, let wanted):
      apply(.child(agentProcess(agent), .want(wanted ? .running : .stopped)))
      done(nil)
    case .pardon(let agent):
      apply(.child(agentProcess(agent), .pardon))
      done(nil)
    case .revoke(let agent):
      revoke(agent)
      done(nil)
    case .hire(let name, let strategy, let parameters):
      record.hire(
        [
          "boss_epoch": .int(epoch.number), "name": .string(name), "strategy": .string(strategy),
          "parameters": parameters, "reason": .string(order.reason),
        ], answered)
    case .clone(let parent, let name):
      guard let facts = roster[parent] else { return done("the parent is not in the roster") }
      do {
        let parameters = try Strategies.mutated(facts, seed: mutationSeed(order))
        record.hire(
          [
            "boss_epoch": .int(epoch.number), "name": .string(name), "strategy": .string(facts.strategy),
            "parent": .string(parent), "parameters": parameters, "reason": .string(order.reason),
          ], answered)
      } catch {
        conclude(order, refusal: "its parameters cannot be mutated: \(error)", [:])
        done("refused")
      }
    case .retire(let agent):
      record.retire(agent, order.reason, epoch) { result in
        // Draining is an answer like retired: the facts say how far it is.
        plain(result)
      }
    case .halt: record.halt(order.reason, plain)
    case .resume: record.resume(order.reason, epoch, plain)
    }
  }

  /// The same order makes the same clone, also in the hands of another boss.
  private func mutationSeed(_ order: RosterOrder) -> UInt64 {
    let base = settings.figures.mutationSeed
    let number: Int64 =
      switch order.source {
      case .command(let id): id * 2
      case .recommendation(let id, _, _): id * 2 + 1
      }
    return UInt64(bitPattern: base) &* 1_000_003 &+ UInt64(bitPattern: number)
  }

  // MARK: - Ends

  private func conclude(_ order: RosterOrder, refusal: String?, _ result: JSON) {
    orders.waits[order.source] = nil
    log.info(
      "order concluded",
      [
        .text("verb", order.verb.rawValue), .text("target", order.target), .bool("done", refusal == nil),
        .text("reason", refusal ?? order.reason),
      ])
    switch order.source {
    case .command(let id): finish(id, refusal == nil, refusal.map { ["refused": .string($0)] } ?? result)
    case .recommendation(let id, let rule, let evidence):
      let word = refusal == nil ? order.verb.rawValue.uppercased() : "DECLINE"
      let text = refusal ?? rule
      let full: JSON = ["recommendation": .int(id), "evidence": evidence, "result": result]
      record.verdict(order.target, word, recommendation: id, text, full) { [unowned self] result in
        if case .failure(let error) = result { log.warning("verdict not written", [.error(error)]) }
      }
    }
  }

  private func finish(_ id: Int64, _ isDone: Bool, _ result: JSON) {
    guard mayRecord, let epoch else { return }
    record.finishCommand(id, done: isDone, result, epoch) { [unowned self] result in
      // It stays taken and is concluded again at the next look.
      if case .failure(let error) = result { log.warning("command not concluded", [.error(error)]) }
    }
  }

  // MARK: - Statuses

  /// Writes what the processes make of their agents' statuses: at once when something happens to one, and at every look, so that a database
  /// that was away for the moment makes no difference that lasts.
  func reconcileStatuses() {
    guard phase == .active, mayRecord, let epoch else { return }
    for agent in facts.agents.map(\.facts) {
      let name = agentProcess(agent.name)
      guard let process = machine.machine(name), let due = StatusRule.due(recorded: agent.status, process: process),
        orders.statusesUnderWay.insert(agent.name).inserted
      else { continue }
      let reason = due == .running ? "back from quarantine" : children[name]?.lossReason ?? ""
      record.setStatus(agent.name, due, from: agent.status, reason, epoch) { [unowned self] result in
        orders.statusesUnderWay.remove(agent.name)
        switch result {
        case .success: refreshFacts()
        case .failure(let error):
          log.warning("status not written yet", [.text("agent", agent.name), .error(error)])
        }
      }
    }
  }
}
