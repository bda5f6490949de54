/// The paper account as the venue would show it, and as it is kept.
extension PaperExchange {
  public func order(_ id: VenueOrderID) -> VenueOrder? { orders[id].map(described) }

  public func openOrders() -> [VenueOrder] {
    resting.sorted { ($0.placedAt, $0.order.id) < ($1.placedAt, $1.order.id) }.map(described)
  }

  /// Matches at or after that time, oldest first.
  public func trades(after time: MarketTime, at now: MarketTime) -> [VenueTrade] {
    fills.filter { $0.at >= time }.map { $0.venueTrade(at: now) }
  }

  /// Nothing was ever paid in.
  public var isNew: Bool { cash == .zero && tokens.isEmpty && orders.isEmpty && nextFill == 1 }

  /// Tokens on which something rests.
  public var tokensAtWork: Set<TokenID> { Set(resting.map(\.order.token)) }

  private func described(_ resting: Resting) -> VenueOrder {
    let order = resting.order
    let status: VenueOrderStatus =
      resting.remaining == .zero ? .matched : resting.ending == nil ? .live : .canceled
    return VenueOrder(
      id: order.id, status: status, market: resting.condition, token: order.token, side: order.side,
      price: order.price, size: order.size, matched: resting.matched, timeInForce: order.timeInForce,
      trades: tradesOf[order.id] ?? [],
      createdAt: WallTime(nanoseconds: resting.placedAt.nanoseconds))
  }

  // MARK: - Kept

  /// Leaves out orders that are over, placed before `time` and not filled since, with their fills. Money and what is open stay.
  public mutating func forget(before time: MarketTime) {
    let recent = Set(fills.filter { $0.at >= time }.map(\.order))
    orders = orders.filter { $0.value.isOpen || $0.value.placedAt >= time || recent.contains($0.key) }
    fills.removeAll { $0.at < time && orders[$0.order] == nil }
    tradesOf = tradesOf.filter { orders[$0.key] != nil }
  }

  /// Everything that is needed to go on.
  public var snapshot: JSON {
    [
      "kind": "snapshot", "cash": .text(cash), "next_fill": .int(nextFill),
      "tokens": .array(tokens.sorted { $0.key < $1.key }.map { ["token": .text($0.key), "shares": .text($0.value)] }),
      "orders": .array(
        orders.values.sorted { $0.order.id < $1.order.id }.map { resting in
          var json: JSON = [
            "order": resting.order.json, "condition": .text(resting.condition),
            "at_ns": .int(resting.placedAt.nanoseconds), "matched": .text(resting.matched),
          ]
          if let ending = resting.ending { json = json.with("ending", .string(ending.rawValue)) }
          return json
        }),
      "fills": .array(fills.map(\.json)),
    ]
  }

  /// `nil` when it is no whole snapshot.
  public init?(snapshot json: JSON) {
    guard json["kind"]?.string == "snapshot", let cash = json["cash"]?.usd, let next = json["next_fill"]?.int,
      let tokens = json["tokens"]?.array, let orders = json["orders"]?.array, let fills = json["fills"]?.array
    else { return nil }
    self.init()
    self.cash = cash
    nextFill = next
    for item in tokens {
      guard let token = item["token"]?.string.flatMap(TokenID.init), let shares = item["shares"]?.shares else {
        return nil
      }
      self.tokens[token] = shares
    }
    for item in orders {
      guard let order = item["order"].flatMap(PaperOrder.init), let at = item["at_ns"]?.int,
        let condition = item["condition"]?.string.flatMap(ConditionID.init), let matched = item["matched"]?.shares
      else { return nil }
      var resting = Resting(order: order, condition: condition, placedAt: MarketTime(nanoseconds: at))
      resting.matched = matched
      resting.ending = item["ending"]?.string.flatMap(PaperEntry.Ending.init(rawValue:))
      self.orders[order.id] = resting
      if resting.isOpen { places[order.id] = QueuePlace() }
    }
    for item in fills {
      guard let fill = PaperFill(item) else { return nil }
      self.fills.append(fill)
      tradesOf[fill.order, default: []].append(fill.trade)
    }
  }

  /// An account from its journal: a snapshot at most as the first record, then lists of entries. `nil` when a record is neither.
  public init?(records: [JSON]) {
    var rest = records[...]
    if let first = rest.first, first["kind"] != nil {
      guard let kept = PaperExchange(snapshot: first) else { return nil }
      self = kept
      rest.removeFirst()
    } else {
      self.init()
    }
    for record in rest {
      guard let items = record["entries"]?.array else { return nil }
      for item in items {
        guard let entry = PaperEntry(item) else { return nil }
        apply(entry)
      }
    }
    // No book was seen since: what still rests joins the next one at the back.
    for id in places.keys { places[id] = QueuePlace() }
  }

  /// One record of the journal: what happened together stands together, or not at all.
  public static func record(_ entries: [PaperEntry]) -> JSON { ["entries": .array(entries.map(\.json))] }
}
