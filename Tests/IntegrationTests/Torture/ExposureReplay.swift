import Shared

/// Plays a truth log once more, in its order, and adds up what each agent, and the floor, had at risk at every moment: orders that the
/// venue worked at their worst, and positions at cost. Knows of the record only whose an order was and what it could cost at worst.
struct ExposureReplay {
  struct Order {
    let agent: String
    /// Millionths; nothing for a sale.
    let worst: Int64
    /// Millionths.
    let size: Int64
  }

  private struct Position: Hashable {
    var shares: Int64 = 0
    var cost: Int64 = 0
  }

  private struct Place: Hashable {
    let agent: String
    let market: String
    let outcome: String
  }

  private struct Booked {
    let place: Place
    let shares: Int64
    let cost: Int64
    let isPurchase: Bool
  }

  private let orders: [String: Order]
  /// What is left of the worst case and the size of orders that the venue works.
  private var open: [String: (worst: Int64, size: Int64)] = [:]
  private var positions: [Place: Position] = [:]
  private var booked: [String: [Booked]] = [:]
  private(set) var atRisk: [String: Int64] = [:]
  /// The most that each had at risk, less what a failed sale brought back: nobody decided that.
  private(set) var most: [String: Int64] = [:]
  private var returned: [String: Int64] = [:]
  private(set) var floorMost: Int64 = 0
  private var floor: Int64 = 0

  init(orders: [String: Order]) { self.orders = orders }

  /// - Throws: `BenchFailure` when a line of ours does not read: a line that is left out would be risk that nobody counts.
  mutating func take(_ line: JSON) throws {
    switch line["kind"]?.string {
    case "order":
      guard let id = line["order"]?.string, let order = orders[id] else { return }
      open[id] = (order.worst, order.size)
      change(order.agent, by: order.worst)
    case "trade":
      for part in [line["taker"]].compactMap({ $0 }) + (line["makers"]?.array ?? []) { try trade(line, part) }
    case "ended":
      if let id = line["order"]?.string { close(id) }
    case "trade_status" where line["status"]?.string == "FAILED":
      if let id = line["trade"]?.string { undo(id) }
    case "resolved":
      guard let market = line["market"]?.string else { return }
      for (place, position) in positions where place.market == market {
        change(place.agent, by: -position.cost)
        positions[place] = nil
      }
    default: break
    }
  }

  private mutating func change(_ agent: String, by amount: Int64) {
    atRisk[agent, default: 0] += amount
    floor += amount
    most[agent] = max(most[agent] ?? 0, atRisk[agent]! - (returned[agent] ?? 0))
    floorMost = max(floorMost, floor - returned.values.reduce(0, +))
  }

  private mutating func close(_ id: String) {
    guard let left = open.removeValue(forKey: id), let order = orders[id] else { return }
    change(order.agent, by: -left.worst)
  }

  private mutating func trade(_ line: JSON, _ part: JSON) throws {
    guard let id = part["order"]?.string, let order = orders[id] else { return }
    guard let trade = line["trade"]?.string, let market = line["market"]?.string,
      let outcome = part["outcome"]?.string, let shares = part["shares"]?.int, let cash = part["cash"]?.int,
      let fee = part["fee"]?.int
    else { throw BenchFailure("the truth log's trade does not read: \(line.text)") }
    let place = Place(agent: order.agent, market: market, outcome: outcome)
    var position = positions[place] ?? Position()
    let isPurchase = part["side"]?.string == "BUY"
    let cost = isPurchase ? cash + fee : Self.part(position.cost, shares, of: position.shares)
    position.shares += isPurchase ? shares : -shares
    position.cost += isPurchase ? cost : -cost
    positions[place] = position
    booked[trade, default: []].append(Booked(place: place, shares: shares, cost: cost, isPurchase: isPurchase))
    // In one step: what was open is held now.
    var freed: Int64 = 0
    if var left = open[id] {
      freed = min(left.worst, Self.part(left.worst, shares, of: left.size))
      left.worst -= freed
      left.size -= shares
      open[id] = left.size > 0 ? left : nil
      if left.size <= 0 { freed += left.worst }
    }
    change(order.agent, by: (isPurchase ? cost : -cost) - freed)
  }

  private mutating func undo(_ trade: String) {
    for item in booked.removeValue(forKey: trade) ?? [] {
      var position = positions[item.place] ?? Position()
      position.shares += item.isPurchase ? -item.shares : item.shares
      position.cost += item.isPurchase ? -item.cost : item.cost
      positions[item.place] = position
      if !item.isPurchase { returned[item.place.agent, default: 0] += item.cost }
      change(item.place.agent, by: item.isPurchase ? -item.cost : item.cost)
    }
  }

  /// `amount × part / whole`, rounded down.
  private static func part(_ amount: Int64, _ part: Int64, of whole: Int64) -> Int64 {
    whole > 0 ? Int64(Int128(amount) * Int128(part) / Int128(whole)) : 0
  }
}
