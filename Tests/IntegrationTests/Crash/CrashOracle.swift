import Shared

/// Compares what the venue did, by its truth log, with what the floor wrote down. Every line of an answer is a difference; none is health.
enum CrashOracle {
  /// What must hold once all is quiet.
  static func differences(_ truth: TruthReader, _ record: RecordReader) -> [String] {
    var found = truth.problems
    var ofIntent: [String: [String]] = [:]
    for (order, times) in truth.taken {
      if times > 1 { found.append("the venue took the order \(order) \(times) times") }
      guard let known = record.orders[order] else {
        found.append("the order \(order) is the venue's alone")
        continue
      }
      ofIntent[known.intent, default: []].append(order)
    }
    found += ofIntent.filter { $0.value.count > 1 }.map { "the intent \($0.key) has the orders \($0.value)" }
    let recorded = Set(record.orders.values.map(\.body))
    found += truth.bodies.subtracting(recorded).map { "bytes with the sum \($0) left without a record" }
    for (key, part) in truth.parts where record.fills[key] != part {
      found.append("fill \(key): the venue says \(part), the record \(record.fills[key].map { "\($0)" } ?? "nothing")")
    }
    found += record.fills.keys.filter { truth.parts[$0] == nil }.map { "the fill \($0) is ours alone" }
    let assets = Set(record.ledger.keys).union(truth.balances.keys)
    for asset in assets.sorted() where record.ledger[asset] ?? 0 != truth.balances[asset] ?? 0 {
      found.append(
        "\(asset): the ledger has \(record.ledger[asset] ?? 0), the venue \(truth.balances[asset] ?? 0) millionths")
    }
    return found.sorted()
  }

  /// What is still under way: an order that ends, a trade that settles, an order of unknown outcome that the venue has.
  static func pending(_ truth: TruthReader, _ record: RecordReader) -> [String] {
    var found: [String] = []
    for (id, order) in record.orders {
      switch order.state {
      case "SENDING", "LIVE", "DELAYED", "CANCEL_SENT": found.append("\(id) is \(order.state)")
      case "UNKNOWN" where truth.taken[id] != nil: found.append("\(id) is UNKNOWN, and the venue has taken it")
      default: break
      }
    }
    for key in truth.parts.keys {
      let status = truth.statuses[key.trade] ?? ""
      if !["CONFIRMED", "FAILED"].contains(status) || record.statuses[key] != status {
        found.append("\(key) is \(status) at the venue, \(record.statuses[key] ?? "unknown") in the record")
      }
    }
    return found.sorted()
  }
}
