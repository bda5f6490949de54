/// The text whose SHA-1 is the venue's book check sum: the compact object with its ten keys in this order, `hash` empty and levels as
/// the venue orders them, best last (protocol document, section 2.3). Works on the received object, because the texts of prices and
/// sizes must be the venue's own.
public enum VenueBookHash {
  static let keys = [
    "market", "asset_id", "timestamp", "hash", "bids", "asks", "min_order_size", "tick_size", "neg_risk",
    "last_trade_price",
  ]

  /// `nil` when one of the ten fields is missing (the stream's snapshots may leave some out).
  public static func input(_ book: JSON) -> [UInt8]? {
    var members: [JSON.Member] = []
    for key in keys {
      guard let value = book[key] else { return nil }
      members.append(JSON.Member(key, key == "hash" ? "" : levels(value) ?? value))
    }
    return JSON.object(members).bytes
  }

  private static func levels(_ value: JSON) -> JSON? {
    guard let items = value.array else { return nil }
    return .array(items.map { ["price": .optional($0["price"]), "size": .optional($0["size"])] })
  }
}
