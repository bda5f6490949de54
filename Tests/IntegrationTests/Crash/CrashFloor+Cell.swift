import FloorIOData
import FloorTestSupport
import Shared

@testable import OrderGateway

extension CrashFloor {
  /// Plays one cell: a gateway dies at its point, another one finds what it left, and all is compared once it is quiet. After it the floor
  /// is ready for the next.
  func play(_ cell: CrashCell) -> CrashCell.Result {
    let begun = SystemClock.monotonic()
    let before = (truth.taken.count, truth.parts.count, deaths)
    var wishes: [Wish] = []
    var failure: String?
    do { try play(cell, &wishes) } catch { failure = "\(error)" }
    return CrashCell.Result(
      cell: cell, failure: failure, milliseconds: SystemClock.monotonic().since(begun).milliseconds,
      wishes: wishes.count, taken: truth.taken.count - before.0, fills: truth.parts.count - before.1,
      deaths: deaths - before.2)
  }

  private func play(_ cell: CrashCell, _ wishes: inout [Wish]) throws {
    var random = cell.random
    let point = cell.point
    let pass = Int64.random(in: point.passes, using: &random)
    let second = Bool.random(using: &random)
    let struck = try VenueAnswer.strikes(bench)
    func hasStruck() throws -> Bool { try cell.answer == .ok || VenueAnswer.strikes(bench) > struck }
    func arm() throws { try cell.answer.arm(bench, second: second) }
    switch point.stage {
    case .order:
      try startDoomed(point, pass: pass)
      try arm()
      try drive(point, pass: pass, &wishes, &random)
    case .recovery:
      let first = point.openEnds.randomElement(using: &random)!
      try startDoomed(first, pass: 1)
      try arm()
      try drive(first, pass: 1, &wishes, &random)
      try startDoomed(point, pass: pass, wait: false)
      try awaitDeath(point)
    case .outage:
      try loseDatabase(point, &wishes, &random, arm)
    case .replay:
      try loseDatabase(Self.journalEnds.randomElement(using: &random)!, &wishes, &random, arm)
      try startDoomed(point, pass: pass, wait: false)
      try awaitDeath(point)
    case .payout: try awaitPayout(point, &wishes, arm, hasStruck)
    }
    try startSafe()
    if point.stage != .payout {
      try repeatWishes(wishes)
      try send(.taking, &wishes, &random)
    }
    try bench.until("the venue's answer to strike", within: .seconds(20)) {
      if try hasStruck() { return true }
      try send(.taking, &wishes, &random)
      _ = try turn(atMost: .milliseconds(300), until: hasStruck)
      return false
    }
    let late = SystemClock.monotonic().advanced(by: .milliseconds(VenueAnswer.lateAfter))
    try VenueAnswer.disarm(bench)
    if point.stage == .payout {
      try bench.until("what is held to be paid", within: .seconds(30)) { try held().isEmpty }
    }
    try quiet(&wishes, notBefore: cell.answer == .lateAccept ? late : nil)
  }

  /// Where one dies with a journal that nobody has emptied.
  private static let journalEnds: [CrashPoint] = [.journaled, .cancelJournaled]

  // MARK: Until it dies

  private func send(_ kind: Kind, _ wishes: inout [Wish], _ random: inout SeededGenerator) throws {
    guard let wish = try wish(kind, &random) ?? wish(.taking, &random) else { return }
    wishes.append(wish)
    try bench.send(wish.message)
  }

  /// The agent says it all again, and the feed what it knows of these markets.
  private func repeatWishes(_ wishes: [Wish]) throws {
    for market in Set(wishes.map(\.market)) {
      bench.market = market
      try bench.publishBook()
    }
    for wish in wishes { try bench.send(wish.message) }
  }

  private func drive(
    _ point: CrashPoint, pass: Int64, _ wishes: inout [Wish], _ random: inout SeededGenerator
  ) throws {
    let end = SystemClock.monotonic().advanced(by: .seconds(30))
    while isAlive {
      guard SystemClock.monotonic() < end else { throw BenchFailure("never at \(point.rawValue)\n\(bench.tail())") }
      for _ in 0..<Int64.random(in: pass...3, using: &random) where isAlive {
        let kind: Kind = [.taking, .taking, .taking, .selling, .resting].randomElement(using: &random)!
        try send(point.kind ?? kind, &wishes, &random)
      }
      _ = try turn(atMost: .milliseconds(1500)) {
        if !isAlive { return true }
        try cancelResting(&wishes)
        return wishes.allSatisfy(isHandled)
      }
      // What an order leads to comes after its answer.
      _ = try turn(atMost: .milliseconds(250)) { !isAlive }
    }
    try buried(point)
  }

  private func awaitDeath(_ point: CrashPoint) throws {
    guard try turn(atMost: .seconds(20), until: { !isAlive }) else {
      throw BenchFailure("never at \(point.rawValue)\n\(bench.tail())")
    }
    try buried(point)
  }

  /// Nothing more is awaited of it for the moment.
  private func isHandled(_ wish: Wish) -> Bool {
    bench.events(of: wish.id).contains { $0.final || $0.event == .unknown }
  }

  private func cancelResting(_ wishes: inout [Wish]) throws {
    for index in wishes.indices where wishes[index].cancel == nil {
      let events = bench.events(of: wishes[index].id)
      guard events.contains(where: { $0.event == .live }), !events.contains(where: \.final) else { continue }
      wishes[index].cancel = try cancel(wishes[index])
    }
  }

  /// A gateway with something to sell, or to cancel, loses PostgreSQL, does it all the same, and dies on the way. PostgreSQL is back then.
  private func loseDatabase(
    _ point: CrashPoint, _ wishes: inout [Wish], _ random: inout SeededGenerator, _ arm: () throws -> Void
  ) throws {
    try startDoomed(point, pass: 1)
    let isCancel = point == .cancelJournaled
    var prepared: Wish?
    try bench.until("something to take out", within: .seconds(30)) {
      if isCancel {
        try send(.resting, &wishes, &random)
        let wish = wishes[wishes.count - 1]
        prepared = wish
        return try turn(atMost: .seconds(2)) { bench.events(of: wish.id).contains { $0.event == .live } }
      }
      prepared = try wish(.selling, &random)
      if prepared != nil { return true }
      try send(.taking, &wishes, &random)
      let wish = wishes[wishes.count - 1]
      return try turn(atMost: .milliseconds(700)) { bench.events(of: wish.id).contains { $0.final } } && false
    }
    guard let prepared else { throw BenchFailure("nothing to take out") }
    try bench.databaseAway()
    defer { do { try bench.databaseBack() } catch { print("the database stays closed: \(error)") } }
    try bench.until("the outage to be noticed") { bench.control?.progress?.mode == "REDUCE_ONLY" || !isAlive }
    try arm()
    if isCancel {
      _ = try cancel(prepared)
    } else {
      wishes.append(prepared)
      try bench.send(prepared.message)
    }
    try awaitDeath(point)
  }

  // MARK: The market's end

  /// A gateway that holds shares of a window dies when the window is paid.
  private func awaitPayout(
    _ point: CrashPoint, _ wishes: inout [Wish], _ arm: () throws -> Void, _ hasStruck: () throws -> Bool
  ) throws {
    for _ in 0..<12 {
      try startDoomed(point, pass: 1)
      if try wishes.isEmpty || !hasStruck() { try arm() }
      while isAlive, try held().isEmpty || !hasStruck() { try buyIntoWindow(&wishes) }
      let holds = try Set(held())
      try awaitDeath(point)
      try truth.read()
      // A window of which nothing was held may have ended before the others: that shows little.
      if try hasStruck(), !truth.resolved.isDisjoint(with: holds) { return }
    }
    throw BenchFailure("no window with shares of ours was paid when the gateway died")
  }

  /// Wants five shares of a window that is open now, and waits for what comes of it or for the gateway's death.
  private func buyIntoWindow(_ wishes: inout [Wish]) throws {
    try bench.chooseMarket()
    guard let ask = try bench.book(.yes).bestAsk, ask.size >= Shares(whole: 5) else { return }
    let tick = bench.market.tick.micros
    let price = Price(micros: min(ask.price.micros + 3 * tick, 1_000_000 - tick))!
    let wish = Wish(
      message: try bench.wish(price: price, size: Shares(whole: 5), useful: .seconds(60)), market: bench.market)
    wishes.append(wish)
    try bench.send(wish.message)
    _ = try turn(atMost: .seconds(2)) { !isAlive || isHandled(wish) }
  }

  /// Markets of which something is held.
  private func held() throws -> [String] {
    try bench.looker.query("SELECT slug FROM positions JOIN tokens USING (token_id) WHERE shares <> 0").map {
      try $0.text("slug")
    }
  }

  // MARK: Until all is quiet

  /// Waits until nothing is under way at the venue or in the record, and the two say the same. Agents repeat what nobody has answered, and
  /// what rests is taken out.
  private func quiet(_ wishes: inout [Wish], notBefore: MonotonicTime?) throws {
    let end = SystemClock.monotonic().advanced(by: .seconds(30))
    var nextRepeat = SystemClock.monotonic().advanced(by: .milliseconds(300))
    while true {
      try truth.read()
      let record = try RecordReader(bench.looker)
      let now = SystemClock.monotonic()
      // What was wanted of a window is of no use when that is over.
      let unheard = wishes.filter { !record.intents.contains($0.id.text) && $0.market.windowStart == nil }
      let wrong =
        unheard.map { "nobody has heard \($0.id)" } + CrashOracle.pending(truth, record)
        + CrashOracle.differences(truth, record)
      if wrong.isEmpty, notBefore.map({ now >= $0 }) ?? true { return }
      guard now < end else { throw BenchFailure(wrong.joined(separator: "\n") + "\n" + bench.tail()) }
      guard isAlive else { throw BenchFailure("the last gateway died\n\(bench.tail())") }
      if now >= nextRepeat {
        nextRepeat = now.advanced(by: .milliseconds(500))
        try repeatWishes(unheard)
        let resting = Set(record.orders.values.filter { $0.rests && $0.state == "LIVE" }.map(\.intent))
        for index in wishes.indices where resting.contains(wishes[index].id.text) {
          wishes[index].cancel = try cancel(wishes[index])
        }
      }
      _ = try turn(atMost: .milliseconds(30)) { false }
    }
  }

  /// Waits until the absence of every order that never arrived is proven, and looks at all that must hold in the end.
  func close() throws {
    var record = try RecordReader(bench.looker)
    try bench.until("every outcome to be known", within: .seconds(40)) {
      _ = try turn(atMost: .milliseconds(100)) { false }
      record = try RecordReader(bench.looker)
      return record.count("UNKNOWN") == 0
    }
    try truth.read()
    let wrong = CrashOracle.pending(truth, record) + CrashOracle.differences(truth, record)
    guard wrong.isEmpty else { throw BenchFailure(wrong.joined(separator: "\n")) }
    let sum = try bench.sumTruth(at: truth.path)
    guard sum.status == 0 else { throw BenchFailure("the independent sum: \(sum.output)") }
    let open = try bench.venueOpenOrders()
    guard open == 0 else { throw BenchFailure("\(open) orders rest at the venue, and nobody owns them") }
    let broken = try bench.database.brokenInvariants()
    guard broken.isEmpty else { throw BenchFailure("broken invariants: \(broken.joined(separator: "; "))") }
    let reserved = try bench.looker.query(
      """
      SELECT coalesce((SELECT sum(reserved) FROM allocations), 0) + coalesce((SELECT sum(reserved_shares) FROM positions), 0) AS r
      """
    ).one().usd("r")
    guard reserved == .zero else { throw BenchFailure("\(reserved) stay reserved") }
  }

  /// Orders of which nobody knows whether they have arrived.
  func unknownCount() throws -> Int { try RecordReader(bench.looker).count("UNKNOWN") }
}
