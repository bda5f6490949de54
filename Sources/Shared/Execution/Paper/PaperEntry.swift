/// One fact of the paper account. The account is what its entries make of it, in their order; they are on the disk before anybody is told.
public enum PaperEntry: Hashable, Sendable {
  /// Why an order can trade no more, though it is not filled.
  public enum Ending: String, Hashable, Sendable {
    case cancelled, killed, expired
  }

  case deposit(USD)
  case placed(PaperOrder, ConditionID, at: MarketTime)
  case filled(PaperFill)
  case ended(VenueOrderID, Ending)
  /// What one share of each token pays.
  case settled([TokenID: Price])

  public var json: JSON {
    switch self {
    case .deposit(let amount): ["kind": "deposit", "usd": .text(amount)]
    case .placed(let order, let condition, let at):
      ["kind": "placed", "order": order.json, "condition": .text(condition), "at_ns": .int(at.nanoseconds)]
    case .filled(let fill): ["kind": "filled", "fill": fill.json]
    case .ended(let id, let why): ["kind": "ended", "order": .text(id), "why": .string(why.rawValue)]
    case .settled(let payouts):
      [
        "kind": "settled",
        "payouts": .array(
          payouts.sorted { $0.key < $1.key }.map { ["token": .text($0.key), "price": .text($0.value)] }),
      ]
    }
  }

  /// `nil` for what no entry looks like.
  public init?(_ json: JSON) {
    switch json["kind"]?.string {
    case "deposit":
      guard let amount = json["usd"]?.usd else { return nil }
      self = .deposit(amount)
    case "placed":
      guard let order = json["order"].flatMap(PaperOrder.init),
        let condition = json["condition"]?.string.flatMap(ConditionID.init), let at = json["at_ns"]?.int
      else { return nil }
      self = .placed(order, condition, at: MarketTime(nanoseconds: at))
    case "filled":
      guard let fill = json["fill"].flatMap(PaperFill.init) else { return nil }
      self = .filled(fill)
    case "ended":
      guard let id = json["order"]?.string.flatMap(VenueOrderID.init),
        let why = json["why"]?.string.flatMap(Ending.init(rawValue:))
      else { return nil }
      self = .ended(id, why)
    case "settled":
      guard let items = json["payouts"]?.array else { return nil }
      var payouts: [TokenID: Price] = [:]
      for item in items {
        guard let token = item["token"]?.string.flatMap(TokenID.init), let price = item["price"]?.price else {
          return nil
        }
        payouts[token] = price
      }
      self = .settled(payouts)
    default: return nil
    }
  }
}
