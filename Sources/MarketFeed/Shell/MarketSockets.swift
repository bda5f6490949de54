import FloorIOData
import FloorIOVenue
import Shared

/// The market channel's sockets, shard by shard, each with its twin: keeps them open and their tokens subscribed. What they say and whether
/// they do well is the core's business.
final class MarketSockets {
  var onOpen: ((MarketSocketID) -> Void)?
  var onLost: ((MarketSocketID, _ why: String) -> Void)?
  var onText: ((MarketSocketID, [UInt8]) -> Void)?

  private let context: WebContext
  private let endpoint: WebEndpoint
  private let twins: Int
  private var streams: [[VenueStream]] = []
  /// Tokens to be subscribed at every opening, by shard.
  private var tokens: [[TokenID]] = []

  /// A message larger than this is no message of the market channel: a whole book of every price at a tick of 0.0001 is below 1 MB.
  static let messageLimit = 4 << 20

  /// Quick at first: a venue that was restarted is back at once, and every second without data is a second without trading.
  static var backoff: Backoff { Backoff(base: .milliseconds(100), cap: .seconds(5), seed: SystemRandom.seed()) }

  init(context: WebContext, endpoint: WebEndpoint, twins: Int) {
    self.context = context
    self.endpoint = endpoint
    self.twins = twins
  }

  /// Opens a shard's sockets. Shards are opened in the order of their numbers. Throws when the address wants TLS and there is none.
  func start(shard: Int) throws {
    while streams.count <= shard { try add() }
  }

  private func add() throws {
    let shard = streams.count
    tokens.append([])
    streams.append(
      try (0..<twins).map { twin in
        let id = MarketSocketID(shard: shard, twin: twin)
        // The venue closes a socket that says nothing for 10 s.
        let stream = try VenueStream(
          context: context, endpoint: endpoint, keepAlive: .seconds(5), answerLimit: .seconds(15),
          messageLimit: MarketSockets.messageLimit, backoff: MarketSockets.backoff)
        stream.onOpen = { [unowned self] in
          streams[shard][twin].send(VenueSubscriptions.first(tokens[shard]))
          onOpen?(id)
        }
        stream.onLost = { [unowned self] why in onLost?(id, why) }
        stream.onText = { [unowned self] text in onText?(id, text) }
        return stream
      })
    for stream in streams[shard] { stream.start() }
  }

  func subscribe(_ new: [TokenID], shard: Int) {
    tokens[shard] += new
    send(shard, VenueSubscriptions.subscribe(new))
  }

  func unsubscribe(_ old: [TokenID], shard: Int) {
    tokens[shard].removeAll(where: old.contains)
    send(shard, VenueSubscriptions.unsubscribe(old))
  }

  /// Their books are sent anew.
  func resubscribe(_ again: [TokenID], shard: Int) {
    send(shard, VenueSubscriptions.unsubscribe(again))
    send(shard, VenueSubscriptions.subscribe(again))
  }

  func reconnect(_ id: MarketSocketID, _ why: String) { streams[id.shard][id.twin].reconnect(why) }

  func stop() { for stream in streams.joined() { stream.stop() } }

  private func send(_ shard: Int, _ message: [UInt8]) {
    for stream in streams[shard] where stream.isOpen { stream.send(message) }
  }
}
