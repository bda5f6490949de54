/// A wallet of play money that trades against the real venue's public books, without a word to the venue. Pure: books and time come in, facts
/// go out; the shell writes them to the disk, then has them `apply`d, then tells of them.
///
/// What it grants is what the shown book and the public trades prove. A taking order walks the levels that stand there and pays the market's
/// fee; what it took is gone until the venue shows that level with another size. A resting order fills at its own price: when somebody's price
/// on the other side reaches its own, for what stands there, and when a trade went past its price or used up all that stood before it in the
/// queue (`QueuePlace`, an estimate that errs towards the back).
public struct PaperExchange: Sendable {
  public struct Resting: Hashable, Sendable {
    public let order: PaperOrder
    public let condition: ConditionID
    public let placedAt: MarketTime
    public internal(set) var matched = Shares.zero
    public internal(set) var ending: PaperEntry.Ending?

    public var remaining: Shares { order.size - matched }
    public var isOpen: Bool { ending == nil && remaining > .zero }
  }

  /// What became of a submission: facts to write down, and the answer.
  public struct Decision: Hashable, Sendable {
    public let entries: [PaperEntry]
    public let outcome: SubmitOutcome
  }

  /// One level of a token's book, from our side of it.
  struct LevelKey: Hashable, Sendable {
    let token: TokenID
    let isAsk: Bool
    let price: Price
  }

  /// What was shown of a level when we took from it, and what we took.
  struct Taken: Hashable, Sendable {
    var shown: Shares
    var taken: Shares
  }

  public internal(set) var cash = USD.zero
  public internal(set) var tokens: [TokenID: Shares] = [:]
  public internal(set) var orders: [VenueOrderID: Resting] = [:]
  public internal(set) var fills: [PaperFill] = []
  var nextFill: Int64 = 1
  /// Forgotten by a restart: what we took then counts as come back.
  var taken: [LevelKey: Taken] = [:]
  /// Of each open order that rests, and of no other: what is asked at every price is asked of these alone.
  var places: [VenueOrderID: QueuePlace] = [:]
  /// Of each order that is remembered.
  var tradesOf: [VenueOrderID: [VenueTradeID]] = [:]

  public init() {}

  // MARK: - Facts

  public mutating func apply(_ entry: PaperEntry) {
    switch entry {
    case .deposit(let amount): cash += amount
    case .placed(let order, let condition, let at):
      orders[order.id] = Resting(order: order, condition: condition, placedAt: at)
      if order.timeInForce.rests { places[order.id] = QueuePlace(ahead: shown(beside: order)) }
    case .filled(let fill):
      fills.append(fill)
      tradesOf[fill.order, default: []].append(fill.trade)
      nextFill = max(nextFill, fill.number + 1)
      orders[fill.order]?.matched += fill.size
      if orders[fill.order]?.isOpen != true { places[fill.order] = nil }
      let sign: Int64 = fill.side == .buy ? 1 : -1
      cash += USD(micros: -sign * fill.cash.micros) - fill.fee
      let held = (tokens[fill.token] ?? .zero) + Shares(micros: sign * fill.size.micros)
      tokens[fill.token] = held == .zero ? nil : held
      taken[LevelKey(token: fill.token, isAsk: fill.side == .buy, price: fill.level)]?.taken += fill.size
    case .ended(let id, let why):
      orders[id]?.ending = why
      places[id] = nil
    case .settled(let payouts):
      for (token, price) in payouts {
        if let held = tokens.removeValue(forKey: token) { cash += Self.worth(price, held, rounding: .nearest) }
        for resting in resting where resting.order.token == token {
          orders[resting.order.id]?.ending = .cancelled
          places[resting.order.id] = nil
        }
      }
    }
  }

  /// Shares that were bought elsewhere: a shadow's sale is not to fail for want of them.
  public mutating func grant(_ shares: Shares, of token: TokenID) { tokens[token, default: .zero] += shares }

  /// Takes a book in, when it is seen: what was taken of a level that now shows another size is of the past.
  public mutating func observe(_ book: VenueBook, at now: MarketTime) {
    for (isAsk, levels) in [(false, book.bids), (true, book.asks)] {
      for level in levels {
        let key = LevelKey(token: book.token, isAsk: isAsk, price: level.price)
        if taken[key]?.shown != level.size { taken[key] = Taken(shown: level.size, taken: .zero) }
      }
    }
    let shown = Set(book.asks.map(\.price))
    let bids = Set(book.bids.map(\.price))
    taken = taken.filter { key, _ in
      key.token != book.token || (key.isAsk ? shown.contains(key.price) : bids.contains(key.price))
    }
    moveUp(book.token, at: now)
  }

  // MARK: - Submissions

  /// - Parameters:
  ///   - book: the token's, as just read and `observe`d.
  ///   - fee: the market's own.
  public func place(_ order: PaperOrder, on book: VenueBook, fee: TakerFee, at now: MarketTime) -> Decision {
    func refused(_ code: RejectCode, _ detail: String) -> Decision {
      Decision(entries: [], outcome: .rejected(code, detail: detail))
    }
    if orders[order.id] != nil { return Decision(entries: [], outcome: .duplicated) }
    if let tick = book.tick, !tick.allows(order.price) {
      return refused(.tick, "price \(order.price) is not on the tick \(tick)")
    }
    if order.timeInForce.rests, let least = book.minimumSize, order.size < least {
      return refused(.minimumSize, "size \(order.size) is below the minimum of \(least)")
    }
    if let expires = order.expires, expires <= now { return refused(.expiration, "the order had ended when it came") }
    if let detail = shortage(order, fee) { return refused(.balance, detail) }
    let walk = walk(reachable(order, book), for: order.size)
    if order.isPostOnly, !walk.isEmpty { return refused(.postOnlyCrosses, "the order would take") }
    let filled = walk.reduce(Shares.zero) { $0 + $1.size }
    switch order.timeInForce {
    case .fillOrKill where filled < order.size: return refused(.fillOrKill, "\(filled) of \(order.size) are there")
    case .fillAndKill where filled == .zero: return refused(.noMatch, "nothing stands at \(order.price) or better")
    default: break
    }
    var entries: [PaperEntry] = [.placed(order, book.market, at: now)]
    var given = USD.zero
    var trades: [VenueTradeID] = []
    for (index, level) in walk.enumerated() {
      let fill = PaperFill(
        number: nextFill + Int64(index), order: order.id, token: order.token, condition: book.market, side: order.side,
        price: level.price, size: level.size, fee: fee.fee(price: level.price, shares: level.size), isTaker: true,
        level: level.price, at: now)
      entries.append(.filled(fill))
      given += fill.cash
      trades.append(fill.trade)
    }
    if order.timeInForce == .fillAndKill, filled < order.size { entries.append(.ended(order.id, .killed)) }
    guard filled > .zero else { return Decision(entries: entries, outcome: .live) }
    let isBuy = order.side == .buy
    return Decision(
      entries: entries,
      outcome: .matched(
        making: isBuy ? given.micros : filled.micros, taking: isBuy ? filled.micros : given.micros, trades: trades))
  }

  /// The facts of a cancellation, or why there is nothing to cancel, in the venue's words.
  public func cancel(_ id: VenueOrderID) -> (entries: [PaperEntry], refusal: String?) {
    guard let resting = orders[id] else { return ([], "order can't be found - already canceled or matched") }
    guard resting.isOpen else { return ([], "order can't be canceled - already canceled or matched") }
    return ([.ended(id, .cancelled)], nil)
  }

  // MARK: - What time and books bring

  /// Resting orders that this book, `observe`d before, reaches; the eldest first.
  public func meet(_ book: VenueBook, at now: MarketTime) -> [PaperEntry] {
    var entries: [PaperEntry] = []
    var gone: [Price: Shares] = [:]
    var number = nextFill
    let standing = resting.filter { $0.order.token == book.token }
    for resting in standing.sorted(by: { ($0.placedAt, $0.order.id) < ($1.placedAt, $1.order.id) }) {
      let order = resting.order
      let there = reachable(order, book).map {
        BookLevel(price: $0.price, size: max(.zero, $0.size - (gone[$0.price] ?? .zero)))
      }
      for level in walk(there, for: resting.remaining) {
        gone[level.price, default: .zero] += level.size
        entries.append(
          .filled(
            PaperFill(
              number: number, order: order.id, token: order.token, condition: resting.condition, side: order.side,
              price: order.price, size: level.size, fee: .zero, isTaker: false, level: level.price, at: now)))
        number += 1
      }
    }
    return entries
  }

  /// Orders whose time is over.
  public func expire(at now: MarketTime) -> [PaperEntry] {
    resting.filter { $0.order.expires.map { $0 <= now } ?? false }
      .sorted { $0.order.id < $1.order.id }.map { .ended($0.order.id, .expired) }
  }

  /// Everything that rests, cancelled: what the venue does when no heartbeat comes.
  public func deadMan() -> [PaperEntry] {
    resting.sorted { $0.order.id < $1.order.id }.map { .ended($0.order.id, .cancelled) }
  }

  /// The payout of a decided market, when it concerns anything that is held or rests.
  public func settle(_ payouts: [TokenID: Price]) -> [PaperEntry] {
    let concerns = payouts.keys.contains { token in
      tokens[token] != nil || rests(on: token)
    }
    return concerns ? [.settled(payouts)] : []
  }

  // MARK: - Arithmetic

  /// A price is at most a dollar, so the product fits where the shares do.
  static func worth(_ price: Price, _ shares: Shares, rounding: Rounding) -> USD {
    do throws(OverflowError) { return try USD(price, times: shares, rounding: rounding) } catch {
      preconditionFailure("no share is worth more than a dollar")
    }
  }

  /// Levels of the other side at the order's price or better, the best first, less what we took of them.
  private func reachable(_ order: PaperOrder, _ book: VenueBook) -> [BookLevel] {
    let isBuy = order.side == .buy
    return (isBuy ? book.asks : book.bids)
      .prefix { isBuy ? $0.price <= order.price : $0.price >= order.price }
      .map { level in
        let gone = taken[LevelKey(token: book.token, isAsk: isBuy, price: level.price)]?.taken ?? .zero
        return BookLevel(price: level.price, size: max(.zero, level.size - gone))
      }
  }

  /// What a walk of these levels gets of so many shares, level by level.
  private func walk(_ levels: [BookLevel], for size: Shares) -> [BookLevel] {
    var left = size
    var parts: [BookLevel] = []
    for level in levels {
      let part = min(left, level.size)
      if part > .zero { parts.append(BookLevel(price: level.price, size: part)) }
      left -= part
    }
    return parts
  }

  /// Dollars and shares that open orders have bound.
  func bound() -> (cash: USD, shares: [TokenID: Shares]) {
    var cash = USD.zero
    var shares: [TokenID: Shares] = [:]
    for resting in resting {
      if resting.order.side == .buy {
        cash += Self.worth(resting.order.price, resting.remaining, rounding: .up)
      } else {
        shares[resting.order.token, default: .zero] += resting.remaining
      }
    }
    return (cash, shares)
  }

  private func shortage(_ order: PaperOrder, _ fee: TakerFee) -> String? {
    let bound = bound()
    if order.side == .buy {
      let worst = order.isPostOnly ? USD.zero : fee.worstFee(upTo: order.price, shares: order.size)
      let needed = Self.worth(order.price, order.size, rounding: .up) + worst
      let free = cash - bound.cash
      return needed > free ? "not enough balance: \(needed) are needed, \(free) are free" : nil
    }
    let free = (tokens[order.token] ?? .zero) - (bound.shares[order.token] ?? .zero)
    return order.size > free ? "not enough balance: \(order.size) shares are needed, \(free) are free" : nil
  }
}
