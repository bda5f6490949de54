import Shared

/// One life of an agent, lived once more: what it was given goes through the core that trades, and every decision is held against the
/// recorded one, input by input.
///
/// With the agent as it was, a decision is equal when its bytes are. With other parameters the world stays as it was recorded: the
/// recorded order events come when they came. What the replay wants at the same input as the record, about the same market, outcome
/// and action, is the recorded order, with the numbers of that one; an order that the record does not have is never answered (it
/// lapses at once); one that the replay does not make still fills, so that from then on the agent's positions are those of the record.
/// Numbers of decisions and intents then count for nothing.
public struct LifeReplay: Sendable {
  public let birth: AgentBirth
  public let isChanged: Bool
  public var keepsDecisions = false
  public private(set) var core: AgentCore
  public private(set) var result = LifeResult()
  private var pending: [Decision] = []
  private var recorded: [[UInt8]] = []
  private var isCounted = false
  private var twins: [IntentID: IntentID] = [:]

  /// - Parameter changed: the agent as it shall be; equal to `birth` for a proof.
  public init(_ birth: AgentBirth, as changed: AgentBirth) throws(StrategyParameters.Refusal) {
    self.birth = birth
    isChanged = changed != birth
    core = try changed.core()
  }

  /// Why the rest of this life cannot be replayed; `nil` as long as it can.
  public var hole: String? { result.hole }

  /// The rest cannot be replayed: what was recorded of it is counted and not judged.
  public mutating func stop(_ why: String) {
    settle()
    if result.hole == nil { result.hole = why }
  }

  /// Takes the next entry of this life.
  /// - Parameters:
  ///   - isCounted: whether its decisions belong to the day that is looked at.
  ///   - find: the feed's message of that boot and order; `nil` when the journal does not hold it.
  public mutating func take(
    _ entry: JournalEntry, isCounted: Bool, find: (_ boot: String, _ order: Int64) -> FeedMessage?
  ) {
    if case .decision(let bytes) = entry {
      recorded.append(bytes)
      return
    }
    settle()
    self.isCounted = isCounted
    guard result.hole == nil else { return }
    if isCounted { result.inputs += 1 }
    switch entry {
    case .birth: stop("a second birth in one life")
    case .decision: break
    case .lost(let count): stop("\(count) entries of the agent's journal were not written (log of the agent)")
    case .resume(let checkpoint, let snapshot, let missed):
      core.resume(checkpoint: checkpoint, snapshot: snapshot.map(translated), missed: missed)
    case .reconcile(let snapshot, let missed): core.reconcile(translated(snapshot), missed: missed.map(translated))
    case .message(let boot, let order, let now):
      switch find(boot, order) {
      case .market(let update): handle(.market(update), now)
      case .reference(let price): handle(.reference(price), now)
      case nil: stop("the feed's journal lacks message \(order) of boot \(boot)")
      }
    case .order(let event, let now): handle(.order(translated(event)), now)
    case .synced(let open, let now): handle(.synced(open: Set(open.map(translated))), now)
    case .blind(let now): handle(.blind, now)
    case .mode(let mode, let now): handle(.mode(mode), now)
    case .drain(let now): handle(.drain, now)
    case .beat(let now): handle(.beat, now)
    case .finish:
      var effects: [AgentEffect] = []
      core.finish(&effects)
      note(effects)
    }
  }

  /// After the last entry.
  public mutating func end() { settle() }

  private mutating func handle(_ event: AgentEvent, _ now: MarketTime) {
    var effects: [AgentEffect] = []
    core.handle(event, now: now, &effects)
    note(effects)
  }

  private mutating func note(_ effects: [AgentEffect]) {
    for case .record(let decision) in effects { pending.append(decision) }
  }

  // MARK: Comparing

  /// The input before is over: its decisions are held against each other.
  private mutating func settle() {
    defer {
      pending.removeAll(keepingCapacity: true)
      recorded.removeAll(keepingCapacity: true)
    }
    guard !pending.isEmpty || !recorded.isEmpty else { return }
    if result.hole != nil {
      if isCounted { result.unjudged += recorded.count }
      return
    }
    let replayed = pending.map(\.json)
    if isCounted {
      for bytes in recorded { result.recorded.add(bytes) }
      for json in replayed { result.replayed.add(json.bytes) }
      if keepsDecisions { result.decisions += replayed }
    }
    if isChanged {
      settleChanged(replayed)
    } else if isCounted {
      settleEqual(replayed)
    }
  }

  private mutating func settleEqual(_ replayed: [JSON]) {
    for index in 0..<max(recorded.count, replayed.count) {
      let left: [UInt8]? = index < recorded.count ? recorded[index] : nil
      let right: JSON? = index < replayed.count ? replayed[index] : nil
      if let left, left == right?.bytes {
        result.equal += 1
      } else {
        differ(left.map(LifeReplay.json), right)
      }
    }
  }

  private mutating func settleChanged(_ replayed: [JSON]) {
    let pairing = DecisionPairing(recorded.map(LifeReplay.json), replayed)
    for (old, new) in pairing.pairs {
      if let recordedIntent = LifeReplay.intent(old), let replayedIntent = LifeReplay.intent(new) {
        twins[recordedIntent] = replayedIntent
      }
      guard isCounted else { continue }
      if LifeReplay.plain(old) == LifeReplay.plain(new) { result.equal += 1 } else { differ(old, new) }
    }
    if isCounted {
      for decision in pairing.onlyRecorded { differ(decision, nil) }
      for decision in pairing.onlyReplayed { differ(nil, decision) }
    }
    abandon(pairing.onlyReplayed)
    for (old, new) in pairing.pairs where LifeReplay.intent(old) == nil { abandon([new]) }
  }

  /// Orders that the world as it was knows nothing of.
  private mutating func abandon(_ decisions: [JSON]) {
    pending.removeAll(keepingCapacity: true)
    recorded.removeAll(keepingCapacity: true)
    for decision in decisions {
      guard decision["kind"]?.string == Decision.Kind.signal.rawValue, let intent = LifeReplay.intent(decision) else {
        continue
      }
      var effects: [AgentEffect] = []
      core.abandon(intent, &effects)
      let further = effects.compactMap { if case .record(let decision) = $0 { decision.json } else { nil } }
      if isCounted {
        for json in further {
          result.replayed.add(json.bytes)
          differ(nil, json)
        }
      }
      abandon(further)
    }
  }

  private mutating func differ(_ recorded: JSON?, _ replayed: JSON?) {
    let kind: DecisionDifference.Kind
    switch (recorded, replayed) {
    case (let old?, let new?):
      let fields = DecisionDifference.fields(LifeReplay.plain(old), LifeReplay.plain(new))
      let acts = ["detail.price", "detail.size", "detail.action"]
      kind =
        isChanged && fields.allSatisfy { $0.hasPrefix("detail.") && !acts.contains($0) } ? .figures : .changed
    case (_?, nil): kind = .onlyRecorded
    case (nil, _): kind = .onlyReplayed
    }
    result.differences.append(
      DecisionDifference(agent: birth.name, epoch: birth.epoch, kind: kind, recorded: recorded, replayed: replayed))
  }

  /// Without what only counts.
  private static func plain(_ decision: JSON) -> JSON {
    .object((decision.members ?? []).filter { $0.key != "number" && $0.key != "intent_id" })
  }

  private static func intent(_ decision: JSON) -> IntentID? { decision["intent_id"]?.string.flatMap { IntentID($0) } }

  /// A decision that is no JSON would have failed its check sum.
  private static func json(_ bytes: [UInt8]) -> JSON {
    do throws(JSONError) { return try JSON.parse(bytes) } catch {
      return .string(String(decoding: bytes, as: UTF8.self))
    }
  }

  // MARK: The recorded world

  /// Added to the number of a recorded intent that the replay did not make: the replay's own numbers never come that far.
  static let elsewhere: Int64 = 900_000_000

  private func translated(_ intent: IntentID) -> IntentID {
    guard isChanged else { return intent }
    if let twin = twins[intent] { return twin }
    let prefix = birth.name.text + "."
    guard intent.text.hasPrefix(prefix), let number = Int64(intent.text.dropFirst(prefix.utf8.count)),
      number / 1_000_000_000 == birth.epoch.number
    else { return intent }
    return IntentID(agent: birth.name, decision: number + LifeReplay.elsewhere)
  }

  private func translated(_ event: OrderEventMessage) -> OrderEventMessage {
    guard isChanged else { return event }
    var event = event
    event.intent = event.intent.map(translated)
    return event
  }

  private func translated(_ snapshot: AgentSnapshot) -> AgentSnapshot {
    guard isChanged else { return snapshot }
    return AgentSnapshot(
      id: snapshot.id, epoch: snapshot.epoch, status: snapshot.status, cursor: snapshot.cursor,
      positions: snapshot.positions,
      orders: snapshot.orders.map {
        .init(
          intent: translated($0.intent), market: $0.market, outcome: $0.outcome, side: $0.side, type: $0.type,
          price: $0.price, size: $0.size)
      }, checkpoint: snapshot.checkpoint)
  }
}
