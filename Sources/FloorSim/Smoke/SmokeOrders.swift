import Shared

/// The orders of a run.
struct SmokeOrders: Hashable, Sendable {
  /// How many were tried.
  var count = 0
  /// On its way: the candidate whose book is being read.
  var pending: SmokeCandidate?
  /// The look after which the last one was tried.
  var lastLook = 0
  /// `nil` before one was answered.
  var result: Bool?
  var last: JSON?
}

/// The paper trader's path (S3-58): the token's book is read anew for each order, and the order matched with it.
extension SmokeRun {
  /// Once everything else is there: the strategy's own order where it would enter, else the smallest legal one for the favourite.
  mutating func order(at now: Now) {
    let others = SmokeStep.allCases.filter { $0 != .order }
    // What was found at an earlier look is of the past.
    guard verdict == nil, others.allSatisfy(isPassed), looks >= SmokeSettings.looksMin, candidateLook == looks,
      looks > orders.lastLook, orders.pending == nil, let candidate, let open = open(at: market(at: now)),
      open.market.slug == candidate.slug
    else { return }
    orders.pending = candidate
    orders.lastLook = looks
    beginOrder(at: now)
    emit(.fetchOrderBook(open.market.token(of: candidate.outcome)))
  }

  /// The book for the order that is pending.
  public mutating func orderBook(_ answer: Result<VenueBook, SmokeTrouble>, at now: Now) {
    guard verdict == nil, let candidate = orders.pending, let market = keepers[candidate.slug]?.market else { return }
    orders.pending = nil
    switch answer {
    case .failure(let trouble): came[.order] = "no book to match against: \(trouble.why)"
    case .success(let book): place(candidate, market, on: book, at: now)
    }
  }

  private mutating func place(_ candidate: SmokeCandidate, _ market: Market, on book: VenueBook, at now: Now) {
    orders.count += 1
    let seed = "smoke order \(orders.count) of \(now.wall.nanoseconds)"
    guard let id = VenueOrderID("0x" + Hex.text(SHA256.digest(seed.utf8))) else {
      preconditionFailure("sixty-four digits are an id")
    }
    let time = self.market(at: now)
    let order = PaperOrder(
      id: id, token: market.token(of: candidate.outcome), side: .buy, price: candidate.limit, size: candidate.size,
      timeInForce: .fillOrKill)
    account.observe(book, at: time)
    let decision = account.place(order, on: book, fee: market.fee, at: time)
    for entry in decision.entries { account.apply(entry) }
    let fills = account.fills.filter { $0.order == id }
    let isFilled = !fills.isEmpty
    var refusal: (code: RejectCode, detail: String)?
    if case .rejected(let code, let detail) = decision.outcome { refusal = (code, detail) }
    orders.result = isFilled
    let cost = fills.reduce(USD.zero) { $0 + $1.cash }
    let fee = fills.reduce(USD.zero) { $0 + $1.fee }
    var line = SmokeLine("PAPER_ORDER").with("slug", market.slug).with("outcome", market.label(candidate.outcome)).with(
      "side", Side.buy.rawValue
    ).with("type", TimeInForce.fillOrKill.rawValue).with("limit", order.price).with("size", order.size).with(
      "why", candidate.isEntry ? "strategy" : "probe"
    ).with("cost", cost).with("fee", fee).with("cash", account.cash)
    if let refusal { line = line.with("reason", "\(refusal.code.rawValue): \(refusal.detail)") }
    say(line.with(flag: "result", isFilled))
    orders.last = [
      "slug": .text(market.slug), "outcome": .string(candidate.outcome.rawValue), "limit_points": .text(order.price),
      "size_shares": .text(order.size), "strategy": .bool(candidate.isEntry), "cost_usd": .text(cost),
      "fee_usd": .text(fee), "cash_usd": .text(account.cash), "result": .bool(isFilled),
      "reason": .optional(refusal.map { .string("\($0.code.rawValue): \($0.detail)") }),
    ]
    judge(isFilled, refusal, at: now)
  }

  /// A kill is an answer of the book: it moved, or holds less than the smallest order. Any other refusal says that our order is wrong.
  private mutating func judge(_ isFilled: Bool, _ refusal: (code: RejectCode, detail: String)?, at now: Now) {
    if let refusal, refusal.code != .fillOrKill {
      return fail(.order, "\(refusal.code.rawValue): \(refusal.detail)", at: now)
    }
    guard isFilled || orders.count >= SmokeSettings.ordersMax else {
      came[.order] = refusal?.detail
      return endOrder()
    }
    pass(.order, at: now)
    end(.go, at: now)
  }
}
