import FloorIOData
import Shared

/// The venue at work: state, source of life, clock, truth log and listeners behind one door. Knows no socket: requests and frames come in
/// by number, answers and frames go out through closures. Everything on one thread.
final class VenueHouse {
  struct Settings: Sendable {
    var rules = VenueRules()
    var rateMilli: Int64 = 1000
    /// Stand still (a thousandth of the wall's pace) until `POST /sim/start`.
    var startsPaused = false
    var seed: UInt64 = 1
    /// Refuse what is above the documented limits.
    var throttles = false
    var build = ""
  }

  /// Why the venue will not open.
  struct Refusal: Error, CustomStringConvertible {
    var description: String
  }

  /// The slowest pace there is stands for a standstill.
  private static let paused: Int64 = 1

  /// A request whose answer is owed.
  private struct Waiting {
    var call: Call
    var apiKey: String?
    var fault: RequestFaults.Rule?
    var standing: SignerLimits.Standing?
  }

  private struct Batch {
    var request: Int
    var answers: [WireValue?]
  }

  var state: VenueState
  var life: any LifeSource
  var clock: MarketClock
  private let truth: TruthFile
  var gate: Gate
  private let mint: KeyMint
  let build: String
  let rateMilli: Int64
  var console: FaultConsole
  private var market = MarketChannel<Int>()
  private var user = UserChannel<Int>()
  var reference = ReferenceChannel<Int>()
  var price = PriceChannel<Int>()
  private(set) var recorded: [VerbatimFrame.Stream: RecordedChannel<Int>] = [.market: .init(), .reference: .init()]
  private(set) var channels: [Int: StreamFaults.Stream] = [:]
  private var waiting: [Int: Waiting] = [:]
  private var batches: [Int: (batch: Int, index: Int)] = [:]
  private var openBatches: [Int: Batch] = [:]
  private var nextInner = -1
  private(set) var sent: Int64 = 0
  /// Of these, by stream.
  private(set) var sentOf: [StreamFaults.Stream: Int64] = [:]
  /// What the user stream told of orders and trades.
  private(set) var userEvents: Int64 = 0

  /// Sends an answer, after a delay when one is given.
  var respond: (_ request: Int, _ answer: Answer, _ delay: Duration) -> Void = { _, _, _ in }
  /// Breaks the connection that waits for the answer.
  var abandon: (_ request: Int) -> Void = { _ in }
  /// Answers as a failing line would.
  var spoil: (_ request: Int, _ answer: Answer, _ how: RequestFaults.Kind) -> Void = { _, _, _ in }
  /// Calls `resume` with the same after that time.
  var postpone: (_ call: Call, _ number: Int, _ delay: Duration) -> Void = { _, _, _ in }
  var send: (_ peer: Int, _ text: [UInt8]) -> Void = { _, _ in }
  var hangUp: (_ peer: Int) -> Void = { _ in }

  /// Opens the venue on what its truth log says. A short absence (two minutes) is time passed; after a longer one the market clock goes on
  /// where it stopped.
  init(settings: Settings, life: any LifeSource, truth: TruthFile, gate: Gate, mint: KeyMint, wall: WallTime) throws {
    self.truth = truth
    self.gate = gate
    self.mint = mint
    self.life = life
    build = settings.build
    rateMilli = settings.rateMilli
    console = FaultConsole(seed: settings.seed)
    if settings.throttles { console.limits.percent = 100 }
    var restoration = VenueRestoration(rules: settings.rules)
    try truth.read { restoration.take($0) }
    let fresh = MarketClock(
      anchorWall: wall, anchorMarket: life.origin(wall: wall),
      rateMilli: settings.startsPaused ? Self.paused : settings.rateMilli)
    var line = fresh
    if let last = restoration.last {
      state = restoration.venue(now: Now(wall: wall, market: last.now.market))
      if let known = state.clients.source, known != life.name {
        throw Refusal(
          description: "\(truth.path) belongs to another source of life (\(known)); this one is \(life.name): "
            + "give it a data directory of its own")
      }
      if let kept = state.clients.clock {
        let away = wall.since(last.now.wall)
        let rate = settings.startsPaused && kept.rateMilli == Self.paused ? Self.paused : settings.rateMilli
        let stands = away > .seconds(120) || away < .zero ? last.now.market : kept.market(at: wall)
        line =
          kept.rateMilli == rate && stands == kept.market(at: wall)
          ? kept : MarketClock(anchorWall: wall, anchorMarket: stands, rateMilli: rate)
      }
    } else {
      state = VenueState(rules: settings.rules, now: Now(wall: wall, market: fresh.anchorMarket))
    }
    clock = line
    state.keccak = gate.keccak
    state.faultChance = SeededGenerator(seed: settings.seed)
    state.now = Now(wall: wall, market: max(state.now.market, line.market(at: wall)))
    state.record(.started(source: life.name, build: settings.build))
    if state.clients.clock != line { state.record(.clock(line)) }
    for key in gate.keys.values { state.openAccount(address: key.address, apiKey: key.apiKey) }
    for (apiKey, grant) in state.clients.keys where gate.keys[apiKey] == nil {
      let key = mint.key(address: state.clients.accounts[grant.account].address, nonce: grant.nonce)
      guard key.apiKey == apiKey else {
        throw Refusal(
          description:
            "\(truth.path) knows the API key \(apiKey), which neither the credentials nor the secret beside the log "
            + "make: restore api-keys.secret, or begin with a data directory of its own")
      }
      self.gate.keys[apiKey] = key
    }
    self.life.begin(&state)
    try drain()
    _ = try catchUp(wall: wall, budget: .seconds(3600))
  }

  // MARK: - Requests

  /// Takes a request; its answer comes through `respond`, now or later.
  func request(_ call: Call, number: Int, wall: WallTime) throws {
    _ = try catchUp(wall: wall)
    if let answer = try own(call, wall) {
      try drain()
      respond(number, answer, .zero)
      return
    }
    let fault = console.requests.strike(call.method, call.path, at: wall)
    if let fault, fault.kind == .late { return postpone(call, number, .milliseconds(fault.milliseconds)) }
    try take(call, number, fault, wall)
  }

  /// Takes a request that was kept back by a fault.
  func resume(_ call: Call, number: Int, wall: WallTime) throws {
    _ = try catchUp(wall: wall)
    try take(call, number, nil, wall)
  }

  private func take(_ call: Call, _ number: Int, _ fault: RequestFaults.Rule?, _ wall: WallTime) throws {
    waiting[number] = Waiting(call: call, apiKey: nil, fault: fault)
    if let fault, fault.kind == .error {
      finish(number, fault.answer)
    } else if fault?.kind == .cut {
      waiting[number] = nil
      abandon(number)
    } else if let answer = console.edge(call, at: wall) {
      finish(number, answer)
    } else if PrivateAnswers.covers(call) {
      enter(call, number, wall)
    } else if let answer = KeyAnswers.answer(call, wall: console.clock(wall), mint: mint, &gate, &state) {
      waiting[number]?.apiKey = call.headers["poly_api_key"] ?? ""
      finish(number, answer)
    } else if let answer = RelayerAnswers.answer(call, wall: console.clock(wall), gate: gate, &state)
      ?? ChainNode.answer(call, wall: console.clock(wall), gate: gate, &state)
    {
      finish(number, answer)
    } else if let answer = PublicAnswers.answer(call, state, wall: console.clock(wall))
      ?? GammaAnswers.answer(call, state) ?? DataAnswers.answer(call, state)
    {
      finish(number, answer)
    } else {
      finish(number, .refused(404, "not found"))
    }
    try drain()
  }

  private func enter(_ call: Call, _ number: Int, _ wall: WallTime) {
    guard let key = gate.holder(of: call, wall: console.clock(wall)),
      let account = state.clients.account(apiKey: key.apiKey)
    else {
      waiting[number]?.apiKey = call.headers["poly_api_key"] ?? ""
      finish(number, Gate.unauthorized)
      return
    }
    waiting[number]?.apiKey = key.apiKey
    let counted = console.limits.take(
      PrivateAnswers.cost(call, account: account, state), of: key.address, at: wall, shown: console.clock(wall))
    waiting[number]?.standing = counted?.standing
    if let refusal = counted?.refusal {
      finish(number, refusal)
      return
    }
    if (call.method, call.path) == ("DELETE", "/auth/api-key") {
      gate.keys[key.apiKey] = nil
      state.record(.keyGone(apiKey: key.apiKey))
      finish(number, .ok("OK", decision: "key deleted"))
      return
    }
    if let refusal = console.mode.refusal(call.method, call.path, isPostOnly: Self.isPostOnly(call), at: wall) {
      finish(number, refusal)
      return
    }
    switch PrivateAnswers.answer(call, key: key, account: account, gate: gate, request: number, &state) {
    case .now(let answer): finish(number, answer)
    case .deferred: break
    case .batch(let entries):
      openBatches[number] = Batch(request: number, answers: Array(repeating: nil, count: entries.count))
      if entries.isEmpty { finish(number, .ok(.list([]))) }
      for (index, entry) in entries.enumerated() {
        let inner = nextInner
        nextInner -= 1
        batches[inner] = (number, index)
        switch entry {
        case .refused(let refusal): state.emit(.answer(inner, .refused(refusal.status, refusal.text)))
        case .posted(let posted): state.place(posted, request: inner)
        }
      }
    }
  }

  /// Is every order of this request one that may only rest?
  private static func isPostOnly(_ call: Call) -> Bool {
    guard let body = WireReader.read(call.body) else { return false }
    return (body.asList ?? [body]).allSatisfy { $0["postOnly"]?.asFlag == true }
  }

  /// An answer is there: into the truth log with it when the request was authenticated, and out after the log is written.
  private func finish(_ number: Int, _ answer: Answer) { state.emit(.answer(number, answer)) }

  /// One entry of a batch is answered; the batch goes out with its last.
  private func collect(_ inner: Int, _ answer: Answer) {
    guard let place = batches.removeValue(forKey: inner), var batch = openBatches[place.batch] else { return }
    let value = WireReader.read(answer.body)
    batch.answers[place.index] =
      answer.status == 200
      ? value
      : .object(
        ("errorMsg", .text(answer.decision)), ("orderID", ""), ("takingAmount", ""), ("makingAmount", ""),
        ("status", ""),
        ("success", .flag(false)))
    openBatches[place.batch] = batch
    guard !batch.answers.contains(nil) else { return }
    openBatches[place.batch] = nil
    let answers = batch.answers.compactMap { $0 }
    let taken = answers.count { $0["success"]?.asFlag == true }
    finish(batch.request, .ok(.list(answers), decision: "batch: \(taken) of \(answers.count) accepted"))
  }

  // MARK: - Sockets

  /// A socket at this path; `false` when there is none.
  func opened(_ peer: Int, path: String) -> Bool {
    switch path {
    case "/ws/market", "/ws/market/":
      channels[peer] = .market
      if life.speaksVerbatim { recorded[.market]?.opened(peer) } else { market.opened(peer) }
    case "/ws/user", "/ws/user/":
      channels[peer] = .user
      user.opened(peer)
    case "/rtds", "/rtds/":
      channels[peer] = .rtds
      if life.speaksVerbatim { recorded[.reference]?.opened(peer) } else { reference.opened(peer) }
    case "/ws", "/ws/":
      channels[peer] = .price
      price.opened(peer)
    default: return false
    }
    if let stream = channels[peer] { console.streams.opened(peer, stream) }
    return true
  }

  func heard(_ text: [UInt8], from peer: Int, wall: WallTime) throws {
    _ = try catchUp(wall: wall)
    switch channels[peer] {
    case .market where life.speaksVerbatim:
      recorded[.market]?.heard(
        text, from: peer, standing: { life.beginsInside ? BookText.standing(state) : [] }, deliver)
    case .rtds where life.speaksVerbatim: recorded[.reference]?.heard(text, from: peer, deliver)
    case .market: market.heard(text, from: peer, state, deliver)
    case .user: if !user.heard(text, from: peer, gate, state, deliver) { hangUp(peer) }
    case .rtds:
      reference.heard(text, from: peer, at: state.now.market, history: { life.history($0) }, deliver)
    case .price:
      let stays = price.heard(
        text, from: peer, gate, at: state.now.market, knows: { life.reports(on: $0) }, history: { life.history($0) },
        deliver)
      if !stays { hangUp(peer) }
    case nil: break
    }
  }

  func closed(_ peer: Int) {
    console.streams.closed(peer)
    switch channels.removeValue(forKey: peer) {
    case .market:
      market.closed(peer)
      recorded[.market]?.closed(peer)
    case .user: user.closed(peer)
    case .rtds:
      reference.closed(peer)
      recorded[.reference]?.closed(peer)
    case .price: price.closed(peer)
    case nil: break
    }
  }

  private func push(_ peer: Int, _ text: [UInt8]) {
    sent += 1
    if let stream = channels[peer] { sentOf[stream, default: 0] += 1 }
    send(peer, text)
  }

  func deliver(_ peer: Int, _ text: [UInt8]) {
    guard !console.streams.rules.isEmpty || console.streams.isHolding, let stream = channels[peer] else {
      push(peer, text)
      return
    }
    let fate = console.streams.fate(text, on: stream, to: peer, at: state.now.wall)
    for message in fate.messages { push(peer, message) }
    if fate.hangsUp { hangUp(peer) }
  }

  // MARK: - Effects

  /// Carries out what the state wants: facts to disk first, then everything else.
  func drain() throws {
    while true {
      let effects = state.takeEffects()
      if effects.isEmpty { return }
      var others: [VenueEffect] = []
      var lines: [UInt8] = []
      // A whole book is encoded from the state, which already holds all of this turn's changes: it goes out after them, once.
      var shown: [Int] = []
      for effect in effects {
        switch effect {
        case .notice(.book(let market)): if !shown.contains(market) { shown.append(market) }
        case .truth(let record): lines += TruthText.line(record)
        case .answer(let number, let answer):
          if number < 0 {
            collect(number, answer)
          } else {
            note(number, answer)
            others.append(effect)
          }
        default: others.append(effect)
        }
      }
      // Noting answers makes facts of its own; they belong to this turn.
      for effect in state.takeEffects() {
        if case .truth(let record) = effect { lines += TruthText.line(record) } else { state.emit(effect) }
      }
      if !lines.isEmpty { try truth.append(lines) }
      others.forEach(perform)
      for market in shown { perform(.notice(.book(market: market))) }
    }
  }

  private func note(_ number: Int, _ answer: Answer) {
    guard let request = waiting[number], let apiKey = request.apiKey else { return }
    state.record(
      .request(
        .init(
          apiKey: apiKey, method: request.call.method, path: request.call.path,
          bodyHash: Hex.text(Digests.sha256(request.call.body)), status: answer.status, decision: answer.decision)))
  }

  private func perform(_ effect: VenueEffect) {
    switch effect {
    case .truth: break
    case .answer(let number, var answer):
      guard let request = waiting.removeValue(forKey: number) else { return }
      answer.standing = request.standing
      switch request.fault?.kind {
      case .dropAnswer: break
      case .cutAnswer: abandon(number)
      case .tearAnswer, .dripAnswer: spoil(number, answer, request.fault?.kind ?? .tearAnswer)
      case .errorAfter: respond(number, request.fault?.answer ?? answer, .zero)
      case .delay: respond(number, answer, .milliseconds(request.fault?.milliseconds ?? 0))
      case .cut, .error, .late, nil: respond(number, answer, .zero)
      }
    case .notice(let notice): if !life.speaksVerbatim { market.tell(notice, state, deliver) }
    case .user(let account, let slug, let event):
      user.tell(account, slug, event, state) { peer, text in
        userEvents += 1
        deliver(peer, text)
      }
    }
  }
}
