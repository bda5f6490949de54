import FloorIOData
import FloorIOVenue
import Glibc
import Shared

/// The halt: how it comes, how it is latched, and the proof that nothing is open any more (`FlatProof`).
extension Gateway {
  // MARK: The roads

  var haltPath: String { process.birth.stateDirectory + "/halt" }

  /// A halt that the record does not hold yet: the next life of this gateway is halted by it.
  private var latchPath: String { process.birth.stateDirectory + "/halt.latch" }

  /// From the first moment: what an earlier life knew, the file, and the kernel's notice when the file is made.
  func watchForHalt() {
    if SmallFile.exists(latchPath) {
      do {
        let latch = try JSON.parse(try SmallFile.read(latchPath, bytesMax: 4096))
        haltLocally(
          latch["reason"]?.string ?? "an earlier life",
          latch["cause"]?.string.flatMap(HaltCause.init(rawValue:)) ?? .damage)
      } catch {
        haltLocally("an earlier life, and its reason is not readable: \(error)", .damage)
      }
    }
    lookForHaltFile()
    do {
      let watch = try FolderWatch(loop: process.loop, folder: process.birth.stateDirectory)
      watch.onChange = { [weak self] in self?.lookForHaltFile() }
      haltWatch = watch
    } catch {
      process.log.warning("the halt file is only looked at four times a second", [.error(error)])
    }
  }

  /// Looked at when the folder changes, four times a second, and before every send.
  func lookForHaltFile() {
    guard localHalt == nil, SmallFile.exists(haltPath) else { return }
    // Whatever stands in it, it halts; `floor halt` writes down why.
    do {
      let reason = try JSON.parse(try SmallFile.read(haltPath, bytesMax: 4096))["reason"]?.string
      haltLocally(reason.map { "file: \($0)" } ?? "file", .person)
    } catch {
      haltLocally("file", .person)
    }
  }

  /// Halts by this process's own knowledge, at once; disk and record follow. A doubt that comes later is added to the halt.
  func haltLocally(_ why: String, _ cause: HaltCause) {
    let isNew = localHalt == nil
    guard isNew || cause.holds && !localHaltHolds else { return }
    let reason = localHalt ?? why
    localHalt = reason
    localHaltHolds = localHaltHolds || cause.holds
    localHaltRecorded = false
    process.log.error("halt", [.text("by", why), .text("cause", cause.rawValue)])
    if isNew { applyMode() } else { closeStep() }
    do {
      let latch: JSON = ["reason": .string(reason), "cause": .string(cause.rawValue)]
      try AtomicFile.write(latch.bytes, to: latchPath)
    } catch {
      process.log.error("halt not latched on the disk", [.error(error)])
    }
    recordHalt()
  }

  func recordHalt() {
    // One question at a time: a second one that waited for the record would halt again what a person has resumed meanwhile.
    guard let localHalt, !localHaltRecorded, !isHaltOut else { return }
    isHaltOut = true
    let holds = localHaltHolds
    database.query("select trip_halt($1, $2)", [.text("gateway: " + localHalt), .bool(holds)]) { [weak self] result in
      guard let self else { return }
      isHaltOut = false
      switch result {
      case .success:
        // A doubt may have come meanwhile: the record has to hear of it.
        guard holds == localHaltHolds else { return recordHalt() }
        localHaltRecorded = true
        // From here on it is the record's, and whoever resumes it there resumes us.
        recordedHalt = true
        recordedMode = .halted
        lastHaltError = nil
        if unsafe unlink(latchPath) != 0, errno != ENOENT {
          process.log.error("the latch on the disk stays", [.error(SystemError("unlink", errno, latchPath))])
        }
      case .failure(let error):
        // Tried every second, said once: the halt itself holds without the record.
        if lastHaltError != error.description { process.log.error("halt not recorded", [.error(error)]) }
        lastHaltError = error.description
      }
    }
  }

  // MARK: The proof

  func beginProof() {
    guard proof == nil else { return }
    proof = FlatProof(began: SystemClock.monotonic())
    prove()
  }

  func endProof() {
    proof = nil
    haltWord = ""
    flatFinding = nil
    closing = nil
    if core.isClosing { feed(.closing(false)) }
    stopProving()
  }

  private func stopProving() {
    if let proofTimer { process.loop.cancel(proofTimer) }
    proofTimer = nil
  }

  /// Asks what is due, until it is flat.
  private func prove() {
    guard proof != nil else { return }
    let own = phase == .open || phase == .draining ? core.ownOrders : nil
    let now = SystemClock.monotonic()
    for effect in proof?.step(own, now) ?? [] {
      switch effect {
      case .cancelAll: cancelEverything()
      case .readBack: readBackOpenOrders(asked: now)
      case .tell(let finding): tell(finding)
      }
    }
    guard let proof, !proof.isFlat else { return stopProving() }
    if proofTimer == nil {
      proofTimer = process.loop.every(.milliseconds(25)) { [weak self] in self?.prove() }
    }
  }

  /// The file lock is enough to take risk out: no other gateway of this machine can act.
  private func cancelEverything() {
    guard lock != nil else { return }
    link.cancelAll { [weak self] result in
      guard let self else { return }
      if case .success(let ids) = result {
        for id in ids { feed(.cancelAnswered(id, cancelled: true, detail: "")) }
        proof?.cancelAnswered(true)
      } else {
        proof?.cancelAnswered(false)
      }
      prove()
    }
  }

  private func readBackOpenOrders(asked: MonotonicTime) {
    guard lock != nil else { return }
    link.openOrders { [weak self] result in
      guard let self else { return }
      lookAt(result, "the list of open orders")
      guard case .success(let list) = result else { return readBack(nil, asked: asked) }
      // Before the record was read our own orders would be strangers.
      if phase == .open || phase == .draining { feed(.openOrders(list, asked: asked)) }
      readBack(list.map(\.id), asked: asked)
    }
  }

  /// What the venue says is open, whatever it was asked for.
  func readBack(_ open: [VenueOrderID]?, asked: MonotonicTime) {
    guard proof != nil else { return }
    proof?.read(open, asked: asked, SystemClock.monotonic())
    prove()
  }

  private func tell(_ finding: FlatProof.Finding) {
    if case .flat = finding { flatFinding = finding } else { flatFinding = nil }
    say(finding)
  }

  /// The halt's message, as it stands now.
  func say(_ finding: FlatProof.Finding) {
    let held = positions.filter { $0.shares > .zero }
    let word = HaltReport(
      why: modeReason, account: config.wallet.description, finding: finding, positions: held.count,
      cost: held.reduce(.zero) { $0 + $1.cost }, fate: fate, isFresh: isStandingFresh)
    haltWord = word.text
    let severity: GatewayNote.Severity =
      !word.isFlat ? .critical : HaltReport.leaves(word.text) ? .error : .warning
    tell(GatewayNote(severity: severity, code: word.code, detail: word.text))
    report()
    process.control?.reportNow()
  }

  private var fate: HaltReport.Fate {
    if let result = closing?.result { return .closed(result) }
    if !config.closesOnHalt { return .held }
    return closesHalt ? .pending : .doubted
  }
}
