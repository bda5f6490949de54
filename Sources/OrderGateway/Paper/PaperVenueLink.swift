import FloorIOData
import FloorIOVenue
import Shared

/// Paper on the real venue's public data: reads its books and listings, sends it nothing, and has orders matched in this process by
/// `PaperExchange`. The gateway sees what it would see of the venue; signed bytes are made, recorded, and stay here.
///
/// A book is asked for at each order and, once a second, for each token on which something rests; trades come from the feed. On one thread,
/// the loop's.
final class PaperVenueLink: VenueLink {
  var onExchange: ((_ answered: Bool) -> Void)? {
    didSet {
      clob.onExchange = onExchange
      gamma.onExchange = onExchange
    }
  }
  /// Never called: nothing private is asked of the venue.
  var onAuthentication: ((_ accepted: Bool, _ asked: MonotonicTime) -> Void)?
  /// The fee of a token's market, as the gateway knows it.
  var fee: (TokenID) -> TakerFee? = { _ in nil }

  let stream = PaperAccountStream()
  private let loop: EventLoop
  private let log: Log
  private let clob: ClobClient
  private let gamma: GammaClient
  private let directory: String
  private let capital: USD
  private var opened: PaperJournal?
  /// Tokens whose book is on its way.
  private var asking: Set<TokenID> = []
  /// Orders that wait for a book.
  private var arriving: Set<VenueOrderID> = []
  /// Fills that were told as matched, and are to be told as confirmed.
  private var unconfirmed: [PaperFill] = []
  private var beats: Int64 = 0
  /// Of the markets on which something rests.
  private var news = TradeNews()

  private static let lookEvery = Duration.seconds(1)

  init(loop: EventLoop, log: Log, config: GatewayConfiguration, directory: String) {
    self.loop = loop
    self.log = log
    let http = HTTPClient(loop: loop, authorities: config.venue.authorities)
    let manners = VenueManners(ordersPerSecond: config.venueOrdersPerSecond)
    clob = ClobClient(http: http, base: config.venue.clob, timeout: config.requestTimeout, manners: manners)
    gamma = GammaClient(http: http, base: config.venue.gamma, timeout: config.requestTimeout, manners: manners)
    self.directory = directory
    capital = config.capital
  }

  /// Opens the account; play money is paid in when there is none yet.
  func open() throws {
    let journal = try PaperJournal(directory: directory)
    opened = journal
    if journal.account.isNew { try journal.record([.deposit(capital)]) }
    // The venue cancels what rests when its owner's heartbeat stops; a process that was away has missed some.
    try journal.record(journal.account.deadMan())
    let time = now
    unconfirmed = journal.account.fills.filter { time.since($0.at) < PaperFill.confirmation }
    loop.every(Self.lookEvery) { [weak self] in self?.look() }
  }

  private var journal: PaperJournal {
    guard let opened else { preconditionFailure("nothing is asked of the account before it is open") }
    return opened
  }

  private var now: MarketTime { MarketTime(nanoseconds: SystemClock.wall().nanoseconds) }

  // MARK: - Orders

  func post(_ order: PreparedOrder, _ done: @escaping (SubmitOutcome) -> Void) {
    guard let paper = PaperOrder(id: order.id, body: order.body) else {
      return later { done(.rejected(.malformed, detail: "the body is no order")) }
    }
    guard journal.account.order(paper.id) == nil, arriving.insert(paper.id).inserted else {
      return later { done(.duplicated) }
    }
    clob.book(paper.token) { [weak self] result in
      guard let self else { return }
      arriving.remove(paper.id)
      switch result {
      case .failure(let error):
        // Nothing was taken: that is known here, as it never is of a venue.
        done(.rejected(.notReady, detail: "no book to match against: \(error)"))
      case .success(let book): done(place(paper, on: book))
      }
    }
  }

  private func place(_ order: PaperOrder, on book: VenueBook) -> SubmitOutcome {
    guard let fee = fee(order.token) else { return .rejected(.notReady, detail: "the market's fee is not known") }
    journal.observe(book, at: now)
    let decision = journal.account.place(order, on: book, fee: fee, at: now)
    guard record(decision.entries) else { return .rejected(.other, detail: "the paper journal was not written") }
    return decision.outcome
  }

  func cancel(_ id: VenueOrderID, _ done: @escaping (Bool?, String) -> Void) {
    // An order that still waits for its book is not there yet, as it would not be at the venue.
    let (entries, refusal) = journal.account.cancel(id)
    let written = record(entries)
    later {
      if let refusal { return done(false, refusal) }
      done(written ? true : nil, written ? "" : "the paper journal was not written")
    }
  }

  func cancelAll(_ done: @escaping (Result<[VenueOrderID], VenueCallError>) -> Void) {
    var taken: [VenueOrderID] = []
    for order in journal.account.openOrders() where record(journal.account.cancel(order.id).entries) {
      taken.append(order.id)
    }
    later { done(.success(taken)) }
  }

  // MARK: - Reading

  func order(_ id: VenueOrderID, _ done: @escaping (Result<VenueOrder?, VenueCallError>) -> Void) {
    let order = journal.account.order(id)
    later { done(.success(order)) }
  }

  func openOrders(_ done: @escaping (Result<[VenueOrder], VenueCallError>) -> Void) {
    let orders = journal.account.openOrders()
    later { done(.success(orders)) }
  }

  func trades(after: MarketTime, _ done: @escaping (Result<[VenueTrade], VenueCallError>) -> Void) {
    let trades = journal.account.trades(after: after, at: now)
    later { done(.success(trades)) }
  }

  func trade(_ id: VenueTradeID, _ done: @escaping (Result<VenueTrade?, VenueCallError>) -> Void) {
    let trade = journal.account.trades(after: MarketTime(nanoseconds: 0), at: now).first { $0.id == id }
    later { done(.success(trade)) }
  }

  func balance(_ done: @escaping (Result<USD, VenueCallError>) -> Void) {
    let cash = journal.account.cash
    later { done(.success(cash)) }
  }

  func shares(of token: TokenID, _ done: @escaping (Result<Shares, VenueCallError>) -> Void) {
    let shares = journal.account.tokens[token] ?? .zero
    later { done(.success(shares)) }
  }

  /// Nothing can be missed between a process and itself.
  func beat(_ id: String, _ done: @escaping (Result<String, VenueCallError>) -> Void) {
    beats += 1
    let next = "paper-\(beats)"
    later { done(.success(next)) }
  }

  func market(_ slug: MarketSlug, _ done: @escaping (Result<GammaMarket?, VenueCallError>) -> Void) {
    gamma.market(slug) { [weak self] result in
      // Asked again until the payout is on the disk: a market that is settled is not asked for any more.
      if case .success(let market?) = result, let self, !settle(market) {
        return done(.failure(.malformed("\(slug): the paper journal does not take its payout")))
      }
      done(result)
    }
  }

  func version(_ done: @escaping (Result<JSON, VenueCallError>) -> Void) { clob.version(done) }

  func measureClock(_ done: @escaping (Result<ClockOffset, VenueCallError>) -> Void) { clob.measureClock(done) }

  func clock(_ done: @escaping (Result<MarketClock, VenueCallError>) -> Void) { later { done(.success(.live)) } }

  // MARK: - What others trade

  /// A market as the feed shows it: its trade is met by what rests there. Where nothing does, the update is not even read.
  func see(_ slug: MarketSlug, yes: TokenID, no: TokenID, _ update: () -> MarketUpdate?) {
    guard let opened, opened.account.rests(on: yes) || opened.account.rests(on: no) else { return news.forget(slug) }
    guard let update = update(), let trade = news.take(update) else { return }
    record(opened.meet(trade, yes: yes, no: no, at: now))
  }

  // MARK: - What time brings

  private func look() {
    record(journal.account.expire(at: now))
    confirm()
    do { try journal.renewWhenLong(at: now) } catch { log.error("paper journal not begun anew", [.error(error)]) }
    for token in journal.account.tokensAtWork where asking.insert(token).inserted {
      clob.book(token) { [weak self] result in
        guard let self else { return }
        asking.remove(token)
        guard case .success(let book) = result else { return }
        journal.observe(book, at: now)
        record(journal.account.meet(book, at: now))
      }
    }
  }

  private func confirm() {
    let time = now
    let ripe = unconfirmed.filter { time.since($0.at) >= PaperFill.confirmation }
    guard !ripe.isEmpty else { return }
    unconfirmed.removeAll { time.since($0.at) >= PaperFill.confirmation }
    for fill in ripe { stream.tell(.trade(fill.venueTrade(at: time))) }
  }

  /// A resolved market pays what its listing says. `false` when that could not be written down.
  private func settle(_ market: GammaMarket) -> Bool {
    guard market.isResolved else { return true }
    var payouts: [TokenID: Price] = [:]
    for outcome in market.tokens {
      guard let price = outcome.price else { return true }
      payouts[outcome.token] = price
    }
    guard payouts.values.reduce(0, { $0 + $1.micros }) == Price.one.micros else { return true }
    return record(journal.account.settle(payouts))
  }

  // MARK: - Facts

  /// On the disk first, then told. `false` when the disk did not take it: nothing has happened then.
  @discardableResult private func record(_ entries: [PaperEntry]) -> Bool {
    guard !entries.isEmpty else { return true }
    do {
      try journal.record(entries)
    } catch {
      log.error("paper journal not written", [.error(error)])
      return false
    }
    // Whoever asked is answered first, as by the venue.
    later { [weak self] in self?.tell(entries) }
    return true
  }

  private func tell(_ entries: [PaperEntry]) {
    let time = now
    for entry in entries {
      switch entry {
      case .deposit, .settled: break
      case .placed(let order, _, _): tell(order.id, .placement)
      case .filled(let fill):
        unconfirmed.append(fill)
        stream.tell(.trade(fill.venueTrade(at: time)))
        tell(fill.order, .update)
      case .ended(let id, _): tell(id, .cancellation)
      }
    }
  }

  private func tell(_ id: VenueOrderID, _ change: UserStreamEvent.OrderChange) {
    if let order = journal.account.order(id) { stream.tell(.order(change, order)) }
  }

  private func later(_ work: @escaping () -> Void) { loop.after(.zero, work) }
}
