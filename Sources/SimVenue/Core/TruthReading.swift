import Shared

/// Why a truth log cannot be taken as it stands.
struct TruthError: Error, Hashable, CustomStringConvertible {
  var line: Int
  var problem: String
  var description: String { "truth log, line \(line): \(problem)" }
}

/// Reads the text form back, piece by piece as it comes from the disk. What was cut off in the middle of the last line by a crash is left
/// out; anything else that does not read is an error, for a venue that guesses at its own history is worth nothing.
struct TruthScan {
  /// How many bytes of the text are whole lines.
  private(set) var whole = 0
  /// The newest record.
  private(set) var last: TruthRecord?
  private var line = 0
  private var rest: [UInt8] = []

  /// The next piece; `each` gets its records in order.
  mutating func take(_ piece: ArraySlice<UInt8>, _ each: (TruthRecord) -> Void) throws(TruthError) {
    var start = piece.startIndex
    while let end = piece[start...].firstIndex(of: 0x0A) {
      let text = rest + piece[start..<end]
      rest.removeAll(keepingCapacity: true)
      start = end + 1
      whole += text.count + 1
      line += 1
      let record = try record(text)
      last = record
      each(record)
    }
    rest += piece[start...]
  }

  private func record(_ text: [UInt8]) throws(TruthError) -> TruthRecord {
    guard let value = WireReader.read(text), let record = TruthReading.record(value) else {
      throw TruthError(line: line, problem: "not a record: \(String(decoding: text.prefix(120), as: UTF8.self))")
    }
    if let last, record.sequence != last.sequence + 1 {
      throw TruthError(line: line, problem: "sequence \(record.sequence) follows \(last.sequence)")
    }
    return record
  }
}

/// The records of the text form.
enum TruthReading {
  static func record(_ value: WireValue) -> TruthRecord? {
    guard let sequence = value["seq"]?.asNumber, let wall = value["wall_ns"]?.asNumber,
      let market = value["market_ns"]?.asNumber, let kind = value["kind"]?.asText, let entry = entry(kind, value)
    else { return nil }
    let now = Now(wall: WallTime(nanoseconds: wall), market: MarketTime(nanoseconds: market))
    if case .trade(var trade) = entry {
      trade.matchedAt = now
      trade.updatedAt = now
      return TruthRecord(sequence: sequence, now: now, entry: .trade(trade))
    }
    return TruthRecord(sequence: sequence, now: now, entry: entry)
  }

  private static func entry(_ kind: String, _ value: WireValue) -> TruthEntry? {
    func text(_ name: String) -> String? { value[name]?.asText }
    func number(_ name: String) -> Int64? { value[name]?.asNumber }
    switch kind {
    case "started":
      guard let source = text("source"), let build = text("build") else { return nil }
      return .started(source: source, build: build)
    case "clock":
      guard let wall = number("anchor_wall_ns"), let market = number("anchor_market_ns"),
        let rate = number("rate_milli"),
        rate >= 0
      else { return nil }
      return .clock(
        MarketClock(
          anchorWall: WallTime(nanoseconds: wall), anchorMarket: MarketTime(nanoseconds: market), rateMilli: rate))
    case "account":
      guard let index = number("account"), let address = text("address"), let key = text("api_key"),
        let wallet = WalletKind(rawValue: number("wallet") ?? 0)
      else { return nil }
      return .account(
        index: Int(index), address: address, apiKey: key, owner: Int(number("owner") ?? index), wallet: wallet)
    case "key":
      guard let account = number("account"), let nonce = text("nonce"), let key = text("api_key")
      else { return nil }
      return .key(account: Int(account), nonce: nonce, apiKey: key)
    case "builder_key":
      guard let account = number("account"), let place = number("number"), let key = text("api_key") else { return nil }
      return .builderKey(account: Int(account), number: place, apiKey: key)
    case "builder_key_gone": return text("api_key").map { .builderKeyGone(apiKey: $0) }
    case "key_gone": return text("api_key").map { .keyGone(apiKey: $0) }
    case "market": return spec(value).map { .market($0) }
    case "request":
      guard let key = text("api_key"), let method = text("method"), let path = text("path"),
        let hash = text("body_sha256"), let status = number("status"), let decision = text("decision")
      else { return nil }
      return .request(
        .init(apiKey: key, method: method, path: path, bodyHash: hash, status: Int(status), decision: decision))
    case "order":
      guard let terms = terms(value), let key = number("key") else { return nil }
      return .order(terms, key: key)
    case "trade":
      guard let id = text("trade"), let slug = text("market"), let taker = value["taker"].flatMap(part),
        let makers = value["makers"]?.asList?.map(part), !makers.contains(nil)
      else { return nil }
      let epoch = Now(wall: WallTime(nanoseconds: 0), market: MarketTime(nanoseconds: 0))
      return .trade(
        TradeRecord(
          id: id, slug: slug, taker: taker, makers: makers.compactMap { $0 }, matchedAt: epoch, updatedAt: epoch,
          status: .matched, hash: ""))
    case "balance":
      guard let account = number("account"), let asset = text("asset"), let delta = number("delta"),
        let after = number("after"), let cause = text("cause")
      else { return nil }
      return .balance(account: Int(account), asset: asset, delta: delta, after: after, cause: cause)
    case "ended":
      guard let order = text("order"), let status = text("status").flatMap(OrderRecord.Status.init) else { return nil }
      return .ended(order: order, status: status)
    case "trade_status":
      guard let trade = text("trade"), let status = text("status").flatMap(TradeRecord.Status.init),
        let hash = text("hash")
      else { return nil }
      return .tradeStatus(trade: trade, status: status, hash: hash)
    case "closed": return text("market").map { .closed(slug: $0) }
    case "decided", "resolved":
      guard let resolution = resolution(value) else { return nil }
      return kind == "decided" ? .decided(resolution) : .resolved(resolution)
    case "dead_man":
      guard let account = number("account"), let armed = value["armed"]?.asFlag else { return nil }
      return .deadMan(account: Int(account), armed: armed)
    case "oracle":
      guard let slug = text("market"), let status = text("status").flatMap(OracleStep.Status.init),
        let payouts = payouts(value)
      else { return nil }
      return .oracle(slug: slug, OracleStep(status: status, payouts: payouts))
    case "submitted", "progressed", "operation": return chain(kind, value)
    case "source": return text("state").map { .source($0) }
    default: return nil
    }
  }

  private static func payouts(_ value: WireValue) -> [Int64]? {
    value["payouts"]?.asList?.compactMap(\.asNumber).count == 2 ? value["payouts"]?.asList?.compactMap(\.asNumber) : nil
  }

  private static func resolution(_ value: WireValue) -> TruthEntry.Resolution? {
    // Logs from before there were other endings than a winner have no payouts.
    let winner = value["winner"]?.asText.flatMap(Outcome.init)
    guard let slug = value["market"]?.asText, let inferred = value["inferred"]?.asFlag,
      winner != nil || payouts(value) != nil
    else { return nil }
    // Logs of earlier versions have whole numbers at 10⁻⁶.
    func price(_ name: String) -> Int128? {
      value[name]?.asText.flatMap(WireAttos.read) ?? value[name]?.asNumber.map { Int128($0) * WireAttos.perMicro }
    }
    var resolution = TruthEntry.Resolution(
      slug: slug, winner: winner ?? .yes, inferred: inferred, opening: price("opening"), closing: price("closing"))
    if let payouts = payouts(value) { resolution.payouts = payouts }
    resolution.notBefore = value["not_before_ns"]?.asNumber.map { MarketTime(nanoseconds: $0) }
    return resolution
  }

  private static func chain(_ kind: String, _ value: WireValue) -> TruthEntry? {
    func text(_ name: String) -> String? { value[name]?.asText }
    func number(_ name: String) -> Int64? { value[name]?.asNumber }
    switch kind {
    case "submitted":
      guard let id = text("transaction"), let hash = text("hash"), let account = number("account"),
        let nonce = number("nonce"), let items = value["calls"]?.asList
      else { return nil }
      var calls: [ContractCall] = []
      for item in items {
        guard let target = item["target"]?.asText, let data = item["data"]?.asText.flatMap({ Hex.bytes($0) })
        else { return nil }
        calls.append(ContractCall(target: target, data: data))
      }
      return .submitted(ChainTransaction(id: id, hash: hash, account: Int(account), nonce: nonce, calls: calls))
    case "progressed":
      guard let id = text("transaction"), let state = text("state").flatMap(ChainTransaction.State.init),
        let problem = text("problem")
      else { return nil }
      return .progressed(transaction: id, state: state, problem: problem)
    default:
      guard let kind = text("operation").flatMap(ChainOperation.Kind.init), let hash = text("hash"),
        let account = number("account"), let slug = text("market"), let yes = number("yes"), let no = number("no"),
        let cash = number("cash")
      else { return nil }
      return .operation(
        ChainOperation(kind: kind, hash: hash, account: Int(account), slug: slug, yes: yes, no: no, cash: cash))
    }
  }

  private static func spec(_ value: WireValue) -> MarketSpec? {
    func text(_ name: String) -> String? { value[name]?.asText }
    func number(_ name: String) -> Int64? { value[name]?.asNumber }
    guard let slug = text("market"), let question = text("question"), let details = text("details"),
      let condition = text("condition"), let tokens = value["tokens"]?.asList?.compactMap(\.asText), tokens.count == 2,
      let labels = value["outcomes"]?.asList?.compactMap(\.asText), labels.count == 2, let fee = number("fee_rate"),
      let listed = number("listed_ns"), let start = number("start_ns"), let end = number("end_ns"),
      let market = number("number"), let event = number("event"),
      let tick = number("tick").flatMap(PriceTick.init(micros:)),
      let minimum = number("minimum_size"), let questionID = text("question_id")
    else { return nil }
    let kind: MarketSpec.Kind =
      if let asset = text("asset"), let seconds = number("window_s") {
        .upDown(asset: asset, seconds: seconds)
      } else {
        .question
      }
    var spec = MarketSpec(
      slug: slug, kind: kind, question: question, details: details, labels: labels, tokens: tokens,
      conditionID: condition, feeRate: fee, listed: MarketTime(nanoseconds: listed),
      start: MarketTime(nanoseconds: start), end: MarketTime(nanoseconds: end))
    if let name = text("exchange") {
      guard let exchange = TypedOrder.Exchange(rawValue: name) else { return nil }
      spec.exchange = exchange
    }
    if let group = text("group"), let title = text("group_title"), let item = text("group_item") {
      spec.group = .init(slug: group, title: title, item: item)
    }
    spec.number = market
    spec.eventNumber = event
    spec.tick = tick
    spec.minimumSize = Shares(micros: minimum)
    spec.questionID = questionID
    return spec
  }

  private static func terms(_ value: WireValue) -> OrderTerms? {
    func text(_ name: String) -> String? { value[name]?.asText }
    func number(_ name: String) -> Int64? { value[name]?.asNumber }
    guard let id = text("order"), let account = number("account"), let slug = text("market"),
      let outcome = text("outcome").flatMap(Outcome.init), let side = text("side").flatMap(Side.init),
      let price = number("price").flatMap(Price.init(micros:)), let size = number("size"),
      let amount = number("maker_amount"), let type = text("type").flatMap(TimeInForce.init),
      let postOnly = value["post_only"]?.asFlag, let expiration = number("expiration_s")
    else { return nil }
    return OrderTerms(
      id: id, account: Int(account), slug: slug, outcome: outcome, side: side, price: price, size: Shares(micros: size),
      makerAmount: amount, timeInForce: type, postOnly: postOnly, expiration: expiration)
  }

  private static func part(_ value: WireValue) -> TradeRecord.Part? {
    func text(_ name: String) -> String? { value[name]?.asText }
    func number(_ name: String) -> Int64? { value[name]?.asNumber }
    guard let order = text("order"), let outcome = text("outcome").flatMap(Outcome.init),
      let side = text("side").flatMap(Side.init), let price = number("price").flatMap(Price.init(micros:)),
      let shares = number("shares"), let cash = number("cash"), let fee = number("fee")
    else { return nil }
    return TradeRecord.Part(
      order: order, account: number("account").map { Int($0) }, trader: text("trader"), outcome: outcome, side: side,
      price: price,
      shares: Shares(micros: shares), cash: USD(micros: cash), fee: USD(micros: fee))
  }
}
