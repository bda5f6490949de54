/// One of the feed's market sockets: each shard carries a share of the tokens and has two of them, so that one can take over from the other.
struct MarketSocketID: Hashable, Comparable, Sendable, CustomStringConvertible {
  var shard: Int
  /// 0 or 1.
  var twin: Int

  static func < (a: MarketSocketID, b: MarketSocketID) -> Bool { (a.shard, a.twin) < (b.shard, b.twin) }
  var description: String { "\(shard)\(twin == 0 ? "a" : "b")" }
}
