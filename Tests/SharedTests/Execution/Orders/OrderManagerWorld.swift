import Shared

/// A venue, a record and the lossy roads between them and the core: all deterministic, from one seed.
struct OrderManagerWorld {
  struct VenueSide {
    var order: PreparedOrder
    var terms: IntentMessage.Terms
    var matched = Shares.zero
    var status: VenueOrderStatus
  }

  /// What one faulty road does, in per cent.
  struct Faults {
    var loseRequest = 0
    var loseAnswer = 0
    var loseStream = 0
    var repeatStream = 0
    var delayPost = 0
    var failTrades = 0
    var loseCommit = 0
    var reject = 0
    var restart = 0
    /// Chance that a step asks the record for the standing; its answer is on the way for up to half a second.
    var askStanding = 0
  }

  static let market = MarketTerms(
    slug: MarketSlug("btc-updown-5m-1795180500")!, condition: ConditionID("0x" + String(repeating: "1", count: 64))!,
    yes: TokenID("11")!, no: TokenID("22")!, tick: .cent, minimumSize: Shares(whole: 5),
    fee: TakerFee(rateMicros: 70_000, exponent: 1)!, closes: nil)

  /// That one, the next window of its series, and a game: two categories, two event groups, three markets.
  static let markets = [market, other("btc-updown-5m-1795180800", 3), other("mlb-nyy-bos-2026-11-20", 5)]

  private static func other(_ slug: String, _ number: Int) -> MarketTerms {
    MarketTerms(
      slug: MarketSlug(slug)!, condition: ConditionID("0x" + String(repeating: "\(number)", count: 64))!,
      yes: TokenID("\(number)1")!, no: TokenID("\(number)2")!, tick: .cent, minimumSize: Shares(whole: 5),
      fee: TakerFee(rateMicros: 70_000, exponent: 1)!, closes: nil)
  }

  static func terms(_ slug: MarketSlug) -> MarketTerms { markets.first { $0.slug == slug } ?? market }

  var random: SeededGenerator
  var settings: OrderManager.Settings
  var manager: OrderManager
  var faults = Faults()
  var time: Int64 = 1_795_180_000_000_000_000

  // The record.
  var submissions: [IntentID: OrderSubmission] = [:]
  var states: [VenueOrderID: OrderState] = [:]
  var recordedFills: [FillKey: FillRecord] = [:]
  var settlements: [FillKey: SettlementState] = [:]
  var denials: [IntentID: Refusal] = [:]
  var sentMarket: [VenueOrderID: MarketTime] = [:]

  /// What the floor and each agent may have at risk; `nil`: as good as everything.
  var money: (capital: USD, allocation: USD)?
  /// The standing is asked for, and its answer is on its way.
  private var isStandingAsked = false

  // The venue.
  var venue: [VenueOrderID: VenueSide] = [:]
  var venueList: [VenueOrderID] = []
  /// Orders that arrived while another of the wallet stood there that a venue with a book would match them with.
  private(set) var selfTrades = 0
  var trades: [VenueTrade] = []

  // On the way.
  var inbox: [(at: Int64, event: GatewayEvent)] = []
  var lastOpenPoll: Int64 = 0
  var lastTradePoll: Int64 = 0

  // What must hold.
  var signatures: [IntentID: Int] = [:]
  var posts: [VenueOrderID: Int] = [:]
  var problems: [String] = []
  var notes: [GatewayNote] = []
  var restarts = 0
  var effects: [GatewayEffect] = []

  init(seed: UInt64, settings: OrderManager.Settings = .init()) {
    random = SeededGenerator(seed: seed)
    self.settings = settings
    manager = OrderManager(settings: settings)
    open()
  }

  var now: Moment { Moment(monotonic: MonotonicTime(nanoseconds: time), wall: WallTime(nanoseconds: time)) }

  mutating func chance(_ percent: Int) -> Bool { percent > 0 && Int.random(in: 0..<100, using: &random) < percent }

  static let agents = [AgentName("a")!, AgentName("b")!]

  mutating func open() {
    isStandingAsked = false
    feed(.standingAsked)
    feed(.standing(standing))
    feed(.mode(.active))
  }

  /// As the record has it at this moment.
  private var standing: Standing {
    let capital = money?.capital ?? USD(dollars: 10_000_000)
    var agents: [AgentName: Standing.Agent] = [:]
    for name in Self.agents {
      agents[name] = Standing.Agent(
        mayEnter: true, allocation: money?.allocation ?? USD(dollars: 1_000_000),
        invested: money == nil ? .zero : invested(name), lossesInARow: 0, strategy: "momentum")
    }
    let stakes =
      money == nil
      ? []
      : Self.markets.map { market in
        Standing.Stake(market.slug, market.groups, cost: invested { self.markets[$0] == market.slug })
      }
    return Standing(
      agents: agents, stakes: stakes, capital: capital, realisedToday: .zero, equity: capital, peakEquity: capital)
  }

  /// What stands in the record as bought, with its fees.
  func invested(_ agent: AgentName) -> USD { invested { agents[$0] == agent } }

  func invested(_ isMeant: (VenueOrderID) -> Bool) -> USD {
    var sum = USD.zero
    for (key, fill) in recordedFills where settlements[key] != .failed && isMeant(key.order) {
      sum += fill.cash + fill.fee
    }
    return sum
  }

  /// What the record keeps back for the agent's open orders.
  func reserved(_ agent: AgentName) -> USD { reserved { $0.agent == agent } }

  func reserved(_ isMeant: (IntentMessage.Terms) -> Bool) -> USD {
    var sum = USD.zero
    for submission in submissions.values where isMeant(submission.terms) {
      let id = submission.signed.id
      guard let state = states[id], !state.isTerminal else { continue }
      let left = submission.terms.size - (filled[id] ?? .zero)
      let part = Int128(submission.worst.micros) * Int128(left.micros)
      sum += USD(micros: Int64(divide(part, by: Int128(submission.terms.size.micros), rounding: .up)))
    }
    return sum
  }

  /// Whose order it is, and what the record holds as filled of it.
  private var agents: [VenueOrderID: AgentName] = [:]
  private var markets: [VenueOrderID: MarketSlug] = [:]
  private var filled: [VenueOrderID: Shares] = [:]
  /// The most that was ever at risk, by the record: of one agent, and of all.
  private(set) var mostAtRisk = (agent: USD.zero, floor: USD.zero)
  private var mostOf: [String: USD] = [:]
  /// And of all agents in each market, category and event group.
  private(set) var mostIn: [LimitRule.Scope: [String: USD]] = [:]

  private mutating func noteRisk() {
    guard money != nil else { return }
    let each = Self.agents.map { invested($0) + reserved($0) }
    mostAtRisk.agent = max(mostAtRisk.agent, each.max() ?? .zero)
    mostAtRisk.floor = max(mostAtRisk.floor, each.reduce(.zero, +))
    guard !settings.limits.rules.isEmpty else { return }
    for (name, sum) in zip(Self.agents, each) { mostOf[name.text] = max(mostOf[name.text] ?? .zero, sum) }
    var sums: [LimitRule.Scope: [String: USD]] = [:]
    for market in Self.markets {
      let here = invested { markets[$0] == market.slug } + reserved { $0.market == market.slug }
      sums[.market, default: [:]][market.slug.text] = here
      sums[.category, default: [:]][market.groups.category, default: .zero] += here
      sums[.eventGroup, default: [:]][market.groups.event, default: .zero] += here
    }
    for (scope, names) in sums { mostIn[scope, default: [:]].merge(names, uniquingKeysWith: max) }
  }

  /// The most that was ever at risk in each of a scope.
  func atMost(_ scope: LimitRule.Scope) -> [String: USD] {
    switch scope {
    case .order:
      ["": submissions.values.map(\.worst).max() ?? .zero]
    case .agent: mostOf
    case .strategy: ["momentum": mostAtRisk.floor]
    case .floor: ["": mostAtRisk.floor]
    case .category, .market, .eventGroup: mostIn[scope] ?? [:]
    }
  }

  private mutating func askStanding() {
    guard !isStandingAsked else { return }
    isStandingAsked = true
    feed(.standingAsked)
    later(.standing(standing), maximum: 500)
  }

  // MARK: Events in

  mutating func feed(_ event: GatewayEvent) { perform(manager.handle(event, now)) }

  mutating func later(_ event: GatewayEvent, minimum: Int64 = 1, maximum: Int64 = 400) {
    inbox.append((time + Int64.random(in: minimum...maximum, using: &random) * 1_000_000, event))
  }

  mutating func stream(_ event: GatewayEvent) {
    if chance(faults.loseStream) { return }
    later(event)
    if chance(faults.repeatStream) { later(event, maximum: 5000) }
  }

  func wish(
    _ number: Int64, agent: String = "a", type: TimeInForce = .fillAndKill, side: Side = .buy, price: String = "0.5",
    size: Int64 = 20, useful: Duration = .seconds(30), market: MarketTerms = Self.market, outcome: Outcome = .yes
  ) -> IntentMessage {
    let name = AgentName(agent)!
    guard let micros = try? Decimal6.parse(price), let price = Price(micros: micros) else {
      preconditionFailure("\(price) is no price")
    }
    let terms = IntentMessage.Terms(
      intent: IntentID(agent: name, decision: number), agent: name, epoch: Epoch(1),
      action: side == .buy ? .enter : .exit,
      market: market.slug, outcome: outcome, side: side, type: type, price: price,
      size: Shares(whole: size), usefulUntil: now.market.advanced(by: useful))
    let envelope = Envelope(source: "agent-\(agent)", boot: "b", sequence: number, time: now.market, sent: now.wall)
    return IntentMessage(
      envelope: envelope, terms: terms, feedOrder: number, bookTime: now.market, reason: "test",
      secret: IntentSecret(hex: String(repeating: "0f", count: 16))!)
  }

  var view: MarketView { view(Self.market) }

  func view(_ market: MarketTerms) -> MarketView {
    MarketView(
      terms: market,
      book: TopOfBook(bid: Price(micros: 490_000), ask: Price(micros: 500_000), at: now.market))
  }

  /// Moves time, delivers what is due, lets the venue trade and the polls run.
  mutating func step(_ milliseconds: Int64) {
    time += milliseconds * 1_000_000
    deliverArrivals()
    while let index = inbox.indices.filter({ inbox[$0].at <= time }).min(by: { inbox[$0].at < inbox[$1].at }) {
      let item = inbox.remove(at: index)
      if case .standing = item.event { isStandingAsked = false }
      feed(item.event)
    }
    if time - lastOpenPoll > 5_000_000_000 {
      lastOpenPoll = time
      if !chance(faults.loseAnswer) {
        let list = venueList.compactMap { venue[$0] }.filter { $0.status.isOpen }.map(describe)
        later(.openOrders(list, asked: now.monotonic))
      }
    }
    if time - lastTradePoll > 15_000_000_000 {
      lastTradePoll = time
      if !chance(faults.loseAnswer) { for trade in trades.suffix(50) { later(.trade(trade, .query)) } }
    }
    if chance(faults.askStanding) { askStanding() }
    feed(.tick)
  }

  mutating func restart() {
    restarts += 1
    // Answers to the dead process reach nobody; requests that had left still arrive (`arrivals`).
    inbox.removeAll()
    manager = OrderManager(settings: settings)
    for submission in submissions.values.sorted(by: { $0.terms.intent < $1.terms.intent }) {
      let id = submission.signed.id
      let fills = recordedFills.filter { $0.key.order == id }
      var known: [FillKey: SettlementState] = [:]
      var filled = Shares.zero
      var undone = Shares.zero
      for (key, fill) in fills {
        known[key] = settlements[key] ?? fill.settlement
        if known[key] == .failed { undone += fill.size } else { filled += fill.size }
      }
      feed(
        .restored(
          RestoredOrder(
            submission: submission, market: Self.terms(submission.terms.market), state: states[id] ?? .sending,
            fills: known, filled: filled,
            undone: undone, sentAt: sentMarket[id] ?? now.market)))
    }
    open()
  }

  // MARK: Effects out

  mutating func perform(_ list: [GatewayEffect]) {
    for effect in list {
      effects.append(effect)
      switch effect {
      case .sign(let terms, _): sign(terms)
      case .record(let call): record(call)
      case .journal(let submission):
        submissions[submission.terms.intent] = submission
        states[submission.signed.id] = .sending
        feed(.journaled(submission.terms.intent, true))
      case .post(let order): post(order)
      case .cancel(let id, _): cancel(id)
      case .lookUp(let id, _): lookUp(id)
      case .repeatAnswer: break
      case .note(let note): notes.append(note)
      case .demand: break
      }
    }
  }

  private mutating func sign(_ terms: IntentMessage.Terms) {
    signatures[terms.intent, default: 0] += 1
    var digits = String(UInt64.random(in: 1...UInt64.max, using: &random), radix: 16)
    digits = String(repeating: "0", count: 64 - digits.count) + digits
    let order = PreparedOrder(id: VenueOrderID("0x" + digits)!, body: Array(terms.intent.text.utf8), signedAt: now.wall)
    feed(.signed(terms.intent, order, failure: ""))
  }

  private mutating func record(_ call: RecordCall) {
    switch call {
    case .submit(let submission):
      if submissions[submission.terms.intent] == nil {
        // The record's own rule, under its lock: the agent's allocation.
        let agent = submission.terms.agent
        if let money, invested(agent) + reserved(agent) + submission.worst > money.allocation {
          return later(
            .submitted(submission.terms.intent, .refused(code: "allocation", detail: "")), maximum: 5)
        }
        submissions[submission.terms.intent] = submission
        states[submission.signed.id] = .sending
        agents[submission.signed.id] = agent
        markets[submission.signed.id] = submission.terms.market
        noteRisk()
      } else if submissions[submission.terms.intent]?.signed.id != submission.signed.id {
        return later(.submitted(submission.terms.intent, .alreadyOrdered), maximum: 5)
      }
      if chance(faults.loseCommit) {
        feed(.submitted(submission.terms.intent, .unanswered))
        later(.submitted(submission.terms.intent, .committed), maximum: 3000)
      } else {
        later(.submitted(submission.terms.intent, .committed), maximum: 5)
      }
    case .deny(let terms, _, let refusal): denials[terms.intent] = refusal
    case .acceptCancel: break
    case .advance(let id, let next, _, _):
      guard let state = states[id] else { return problems.append("\(id) advanced without a row") }
      if state == next { return }
      if state.isTerminal { return problems.append("\(id) left \(state) for \(next)") }
      states[id] = next
    case .fill(let fill):
      if recordedFills[fill.key] != nil { problems.append("\(fill.key) recorded twice in one life or across lives") }
      if submissions.values.allSatisfy({ $0.signed.id != fill.key.order }) {
        problems.append("\(fill.key) of no order")
      }
      recordedFills[fill.key] = fill
      settlements[fill.key] = fill.settlement
      filled[fill.key.order, default: .zero] += fill.size
      noteRisk()
      later(.fillRecorded(fill.key), maximum: chance(faults.loseCommit) ? 2000 : 5)
    case .settle(let fill, let state):
      let key = fill.key
      if recordedFills[key] == nil { problems.append("\(key) settled before it was recorded") }
      settlements[key] = state
    }
  }

  private mutating func post(_ order: PreparedOrder) {
    posts[order.id, default: 0] += 1
    guard let submission = submissions.values.first(where: { $0.signed.id == order.id }) else {
      return problems.append("\(order.id) left before the record held it")
    }
    if submission.signed.body != order.body { problems.append("\(order.id) left with other bytes") }
    sentMarket[order.id] = now.market
    if chance(faults.loseRequest) {
      return later(.answered(order.id, .unknown("timeout")), minimum: 3000, maximum: 3000)
    }
    if chance(faults.delayPost) {
      // Arrives after our deadline.
      arrivals.append((time + Int64.random(in: 3000...60_000, using: &random) * 1_000_000, submission))
      return later(.answered(order.id, .unknown("timeout")), minimum: 3000, maximum: 3000)
    }
    let outcome = arrive(submission)
    if chance(faults.loseAnswer) {
      later(.answered(order.id, .unknown("timeout")), minimum: 3000, maximum: 3000)
    } else {
      later(.answered(order.id, outcome))
    }
  }

  var arrivals: [(at: Int64, submission: OrderSubmission)] = []

  /// Posts that were slow on the way reach the venue, whoever still waits for them.
  mutating func deliverArrivals() {
    while let index = arrivals.firstIndex(where: { $0.at <= time }) {
      let item = arrivals.remove(at: index)
      _ = arrive(item.submission)
    }
  }

  // MARK: The venue

  mutating func arrive(_ submission: OrderSubmission) -> SubmitOutcome {
    let id = submission.signed.id
    if venue[id] != nil { return .duplicated }
    if chance(faults.reject) { return .rejected(.balance, detail: "not enough balance / allowance") }
    selfTrades += venueList.count { other in
      venue[other]!.status.isOpen && venue[other]!.terms.type.rests && venue[other]!.terms.meets(submission.terms)
    }
    venue[id] = VenueSide(order: submission.signed, terms: submission.terms, status: .live)
    venueList.append(id)
    guard submission.terms.type.rests else {
      let part = Int64.random(in: 0...submission.terms.size.micros / 1_000_000, using: &random)
      if part == 0 {
        venue[id]!.status = .canceled
        return .rejected(.noMatch, detail: "no orders found to match with FAK order")
      }
      match(id, Shares(whole: part))
      venue[id]!.status = .matched
      stream(.order(describe(venue[id]!), .stream))
      return .matched(making: part * 500_000, taking: part * 1_000_000, trades: [trades[trades.count - 1].id])
    }
    stream(.order(describe(venue[id]!), .stream))
    return .live
  }

  mutating func match(_ id: VenueOrderID, _ size: Shares) {
    guard let side = venue[id] else { return }
    venue[id]!.matched += size
    let market = Self.terms(side.terms.market)
    let token = market.token(side.terms.outcome)
    let maker = VenueTrade.Maker(
      order: VenueOrderID("0x" + String(repeating: "e", count: 64))!, owner: "x", token: token, side: .sell,
      price: side.terms.price, size: size)
    let trade = VenueTrade(
      id: VenueTradeID("t-\(trades.count)")!, status: .matched, market: market.condition, takerOrder: id,
      token: token, side: side.terms.side, price: side.terms.price, size: size, makers: [maker],
      matchedAt: now.market, updatedAt: now.market, transactionHash: nil, weAreTaker: true)
    trades.append(trade)
    stream(.trade(trade, .stream))
  }

  /// Lets the street trade with one of our resting orders.
  mutating func street() {
    let open = venueList.filter { venue[$0]!.status.isOpen && venue[$0]!.terms.type.rests }
    guard let id = open.randomElement(using: &random) else { return }
    let left = (venue[id]!.terms.size - venue[id]!.matched).micros / 1_000_000
    match(id, Shares(whole: Int64.random(in: 1...left, using: &random)))
    if venue[id]!.matched == venue[id]!.terms.size { venue[id]!.status = .matched }
    stream(.order(describe(venue[id]!), .stream))
  }

  /// One of the trades settles, or fails to.
  mutating func settleOne() {
    guard let index = trades.indices.randomElement(using: &random), !trades[index].status.isFinal else { return }
    let old = trades[index]
    let status: VenueTradeStatus = chance(faults.failTrades) ? .failed : old.status == .matched ? .mined : .confirmed
    trades[index] = VenueTrade(
      id: old.id, status: status, market: old.market, takerOrder: old.takerOrder, token: old.token, side: old.side,
      price: old.price, size: old.size, makers: old.makers, matchedAt: old.matchedAt, updatedAt: now.market,
      transactionHash: nil, weAreTaker: true)
    stream(.trade(trades[index], .stream))
  }

  private mutating func cancel(_ id: VenueOrderID) {
    if chance(faults.loseRequest) { return later(.cancelAnswered(id, cancelled: nil, detail: "timeout")) }
    var done = false
    if let side = venue[id], side.status.isOpen {
      venue[id]!.status = .canceled
      stream(.order(describe(venue[id]!), .stream))
      done = true
    }
    if chance(faults.loseAnswer) { return later(.cancelAnswered(id, cancelled: nil, detail: "timeout")) }
    later(
      .cancelAnswered(id, cancelled: done, detail: done ? "" : "order can't be found - already canceled or matched"))
  }

  private mutating func lookUp(_ id: VenueOrderID) {
    if chance(faults.loseAnswer) { return later(.lookedUp(id, .inconclusive)) }
    // What is read now is delivered together and in this order.
    let at = time + Int64.random(in: 1...200, using: &random) * 1_000_000
    let known = venue[id]
    if let known { inbox.append((at, .order(describe(known), .query))) }
    for trade in trades where trade.takerOrder == id { inbox.append((at + 1, .trade(trade, .query))) }
    inbox.append((at + 2, .lookedUp(id, known == nil ? .absent : .found)))
  }

  private func describe(_ side: VenueSide) -> VenueOrder {
    VenueOrder(
      id: side.order.id, status: side.status, market: Self.terms(side.terms.market).condition,
      token: Self.terms(side.terms.market).token(side.terms.outcome),
      side: side.terms.side,
      price: side.terms.price, size: side.terms.size, matched: side.matched, timeInForce: side.terms.type, trades: [],
      createdAt: nil)
  }
}
