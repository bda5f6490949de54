import Shared

/// Which token is carried by which shard, and how each shard's sockets do. Pure.
///
/// A shard has at most `assetsMax` tokens (third parties advise 500 a socket; protocol document, section 4.2); both tokens of a market are
/// in the same one. Its sockets carry the same tokens: what one says the other says too, so what is heard first counts, and a socket
/// that lags behind its twin is known to be stalled.
struct SocketTable: Sendable {
  struct Socket: Sendable {
    var isOpen = false
    /// The last message of any followed market, or the opening.
    var lastDataAt = MonotonicTime(nanoseconds: 0)
    /// Since when its twin has said something that it has not.
    var behindSince: MonotonicTime?
    /// Tokens whose snapshot came over it since it was opened.
    var synced: Set<TokenID> = []
    var malformed = RecentCount()
  }

  struct Shard: Sendable {
    /// In the order in which they were added.
    var tokens: [TokenID] = []
    var sockets: [Socket]
    var known = RecentFrames()
    /// The newest stamp that any of its sockets brought since the first of them was opened.
    var newest: MarketTime?
    /// Silence of all sockets after which they are begun anew: grows while that does not help.
    var patience = SocketTable.firstSilence
    /// When one of them was last begun anew because its tokens had no books, and which is next.
    var rescuedAt: MonotonicTime?
    var nextRescue = 0

    var openCount: Int { sockets.count { $0.isOpen } }
    var lastDataAt: MonotonicTime? { sockets.filter(\.isOpen).map(\.lastDataAt).max() }
  }

  let assetsMax: Int
  /// Sockets a shard: 2, or 1 without a warm second.
  let twins: Int
  private(set) var shards: [Shard] = []
  private var shardOfToken: [TokenID: Int] = [:]

  static let firstSilence = Duration.seconds(10)
  static let longestSilence = Duration.seconds(60)

  /// The first shard is there from the start.
  init(assetsMax: Int, twins: Int) {
    precondition(assetsMax >= 2 && (1...2).contains(twins))
    self.assetsMax = assetsMax
    self.twins = twins
    shards = [emptyShard]
  }

  private var emptyShard: Shard { Shard(sockets: Array(repeating: Socket(), count: twins)) }

  subscript(_ shard: Int) -> Shard {
    get { shards[shard] }
    // In place: a copy of what is remembered would cost more than the message.
    _modify { yield &shards[shard] }
  }

  subscript(_ id: MarketSocketID) -> Socket {
    get { shards[id.shard].sockets[id.twin] }
    _modify { yield &shards[id.shard].sockets[id.twin] }
  }

  var isAnyOpen: Bool { shards.contains { $0.openCount > 0 } }
  /// Every shard that carries something has a socket open.
  var isComplete: Bool { shards.allSatisfy { $0.tokens.isEmpty || $0.openCount > 0 } }

  func shard(of token: TokenID) -> Int? { shardOfToken[token] }

  /// Puts tokens that belong together into the first shard that has room. Answers which, and whether it is new.
  mutating func add(_ tokens: [TokenID]) -> (shard: Int, isNew: Bool) {
    var index = shards.firstIndex { $0.tokens.count + tokens.count <= assetsMax } ?? shards.count
    let isNew = index == shards.count
    if isNew {
      shards.append(emptyShard)
      index = shards.count - 1
    }
    shards[index].tokens += tokens
    for token in tokens { shardOfToken[token] = index }
    return (index, isNew)
  }

  /// Answers the shard that carried them.
  mutating func remove(_ tokens: [TokenID]) -> Int? {
    guard let index = tokens.first.flatMap({ shardOfToken[$0] }) else { return nil }
    shards[index].tokens.removeAll(where: tokens.contains)
    for token in tokens { shardOfToken[token] = nil }
    for twin in shards[index].sockets.indices { shards[index].sockets[twin].synced.subtract(tokens) }
    return index
  }

  // MARK: Events

  mutating func opened(_ id: MarketSocketID, at now: MonotonicTime) {
    // A venue that was restored from an older state stamps earlier than before.
    if shards[id.shard].openCount == 0 { shards[id.shard].newest = nil }
    self[id] = Socket()
    self[id].isOpen = true
    self[id].lastDataAt = now
  }

  /// A message of followed markets came.
  /// - Parameters:
  ///   - isNews: it changed something: the twin has not said it yet.
  ///   - snapshots: tokens whose whole books it held.
  mutating func heard(_ id: MarketSocketID, at now: MonotonicTime, isNews: Bool, snapshots: [TokenID]) {
    self[id].lastDataAt = now
    self[id].behindSince = nil
    for token in snapshots where shardOfToken[token] == id.shard { self[id].synced.insert(token) }
    shards[id.shard].patience = SocketTable.firstSilence
    guard isNews else { return }
    for twin in shards[id.shard].sockets.indices where twin != id.twin {
      if shards[id.shard].sockets[twin].isOpen, shards[id.shard].sockets[twin].behindSince == nil {
        shards[id.shard].sockets[twin].behindSince = now
      }
    }
  }

  /// Answers the tokens of which no open socket has had a snapshot: what is known of them may have a hole.
  mutating func closed(_ id: MarketSocketID) -> [TokenID] {
    self[id].isOpen = false
    self[id].synced = []
    self[id].behindSince = nil
    shards[id.shard].known.clear()
    let others = shards[id.shard].sockets.filter(\.isOpen)
    return shards[id.shard].tokens.filter { token in !others.contains { $0.synced.contains(token) } }
  }

  /// A token's book is void: the same snapshot as before counts again.
  mutating func forget(_ token: TokenID, of market: ConditionID) {
    guard let index = shardOfToken[token] else { return }
    shards[index].known.forget(market)
    for twin in shards[index].sockets.indices { shards[index].sockets[twin].synced.remove(token) }
  }

  /// Open sockets that have said nothing for so long since their twin had news.
  func stalled(for limit: Duration, at now: MonotonicTime) -> [MarketSocketID] {
    all.filter { id in self[id].isOpen && self[id].behindSince.map { now.since($0) >= limit } ?? false }
  }

  /// All open sockets of a shard.
  func open(_ shard: Int) -> [MarketSocketID] {
    shards[shard].sockets.indices.filter { shards[shard].sockets[$0].isOpen }
      .map { MarketSocketID(shard: shard, twin: $0) }
  }

  var all: [MarketSocketID] {
    shards.indices.flatMap { shard in (0..<twins).map { MarketSocketID(shard: shard, twin: $0) } }
  }
}
