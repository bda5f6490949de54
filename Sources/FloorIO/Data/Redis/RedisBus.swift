import Shared

/// Redis as the floor's bus of hints: publish and keys over one connection, subscriptions over another. Everything on it may be lost:
/// nothing is kept while Redis is away, and `onConnected` tells the owner to pull its snapshots and write its keys anew.
public final class RedisBus {
  /// Longest wait for the answer to a `get` or a `command`.
  public static let answerLimit: Duration = .seconds(1)

  private let loop: EventLoop
  private let log: Log
  private let prefix: [UInt8]
  private let commands: RedisLink
  private let subscriber: RedisLink
  private var channels: [[UInt8]] = []
  private var patterns: [[UInt8]] = []
  /// Subscriptions sent on this connection and not yet confirmed, before it counts as connected.
  private var unconfirmed = 0
  private var isSubscribed = false

  /// A message on a subscribed channel, named without the instance's prefix. A message that a channel and a pattern both match comes twice.
  public var onMessage: ((_ channel: String, _ payload: [UInt8]) -> Void)?
  /// Both connections are up and everything is subscribed: pull snapshots, write keys. Also after every loss of either.
  public var onConnected: (() -> Void)?
  public var onDisconnected: (() -> Void)?
  public private(set) var isConnected = false

  /// Messages not sent because Redis was away, the queue was full, or Redis refused them.
  public private(set) var droppedWhileAway: UInt64 = 0
  public var droppedByQueue: UInt64 { commands.dropped }
  public private(set) var refused: UInt64 = 0
  /// Why it is not connected, in words.
  public var lastError: String? { isConnected ? nil : commands.lastError ?? subscriber.lastError ?? "connecting" }

  public init(loop: EventLoop, settings: RedisSettings, log: Log) {
    self.loop = loop
    self.log = log
    prefix = Array(settings.keyPrefix.utf8)
    commands = RedisLink(loop: loop, settings: settings, log: log, role: "commands")
    subscriber = RedisLink(loop: loop, settings: settings, log: log, role: "subscriber")
    commands.onReady = { [unowned self] in settle() }
    commands.onLost = { [unowned self] in lost() }
    subscriber.onReady = { [unowned self] in subscribeAll() }
    subscriber.onLost = { [unowned self] in
      isSubscribed = false
      lost()
    }
    subscriber.onPush = { [unowned self] in take($0) }
  }

  public func close() {
    onConnected = nil
    onDisconnected = nil
    commands.close()
    subscriber.close()
  }

  // MARK: Commands

  /// Sends to whoever listens now. Inside a turn of the loop, messages collect and leave together at its end.
  /// - Returns: false when Redis is away; the message is dropped and counted.
  @discardableResult
  public func publish(_ channel: String, _ payload: [UInt8]) -> Bool {
    tell([Array("PUBLISH".utf8), name(channel), payload])
  }

  /// Writes a key; `ttl` in whole milliseconds, `nil` for ever.
  @discardableResult
  public func set(_ key: String, _ value: [UInt8], ttl: Duration? = nil) -> Bool {
    var words = [Array("SET".utf8), name(key), value]
    if let ttl { words += [Array("PX".utf8), Array(String(max(1, ttl.milliseconds)).utf8)] }
    return tell(words)
  }

  /// The key's value, `nil` when it is not there.
  public func get(_ key: String, _ done: @escaping (Result<[UInt8]?, BusError>) -> Void) {
    ask([Array("GET".utf8), name(key)]) { result in
      done(
        result.flatMap { reply in
          switch reply {
          case .null: .success(nil)
          case .bytes(let bytes): .success(bytes)
          default: .failure(BusError(.refused, "GET answered with something else than text"))
          }
        })
    }
  }

  private func name(_ text: String) -> [UInt8] { prefix + text.utf8 }

  private func tell(_ words: [[UInt8]]) -> Bool {
    let sent = commands.send(words, isDroppable: true) { [weak self] result in
      if let self, case .success(.error(let text)) = result { complain(text, words) }
    }
    if !sent { droppedWhileAway += 1 }
    return sent
  }

  private func complain(_ text: String, _ words: [[UInt8]]) {
    refused += 1
    // Every refusal has the same cause (a missing right); one line in a thousand says it.
    guard refused % 1000 == 1 else { return }
    log.error(
      "redis refused a command",
      [
        .text("reason", text), .int("refused", refused), .text("command", String(decoding: words[0], as: UTF8.self)),
        .text("name", words.count > 1 ? String(decoding: words[1], as: UTF8.self) : ""),
      ])
  }

  private func ask(_ words: [[UInt8]], _ done: @escaping (Result<RedisReply, BusError>) -> Void) {
    var isAnswered = false
    let deadline = loop.after(RedisBus.answerLimit) {
      guard !isAnswered else { return }
      isAnswered = true
      done(.failure(BusError(.deadline, "no answer within \(RedisBus.answerLimit.milliseconds) ms")))
    }
    commands.send(words, isDroppable: false) { [loop] result in
      guard !isAnswered else { return }
      isAnswered = true
      loop.cancel(deadline)
      done(
        result.flatMap { reply in
          if case .error(let text) = reply { .failure(BusError(.refused, text)) } else { .success(reply) }
        })
    }
  }

  // MARK: Subscriptions

  /// Subscribes now and on every connection from now on. Repeating it is harmless.
  public func subscribe(_ channel: String) { add(name(channel), to: \.channels, "SUBSCRIBE") }
  public func psubscribe(_ pattern: String) { add(name(pattern), to: \.patterns, "PSUBSCRIBE") }

  private func add(_ name: [UInt8], to list: ReferenceWritableKeyPath<RedisBus, [[UInt8]]>, _ command: String) {
    guard !self[keyPath: list].contains(name) else { return }
    self[keyPath: list].append(name)
    if subscriber.isReady { subscribe(command, name) }
  }

  private func subscribeAll() {
    unconfirmed = 0
    for channel in channels { subscribe("SUBSCRIBE", channel) }
    for pattern in patterns { subscribe("PSUBSCRIBE", pattern) }
    if unconfirmed == 0 {
      isSubscribed = true
      settle()
    }
  }

  private func subscribe(_ command: String, _ name: [UInt8]) {
    // One command a name, so that one refusal does not take the others with it.
    if subscriber.send([Array(command.utf8), name], isDroppable: false, nil) { unconfirmed += 1 }
  }

  private static let plainMessage = Array("message".utf8)
  private static let patternMessage = Array("pmessage".utf8)

  private func take(_ reply: RedisReply) {
    switch reply {
    case .array(let items):
      // Nearly everything is one of these two: told by their bytes, without making a text of them.
      if items.count == 4, items[0].payload == RedisBus.patternMessage { return deliver(items[2], items[3]) }
      if items.count == 3, items[0].payload == RedisBus.plainMessage { return deliver(items[1], items[2]) }
      switch (items.first?.text, items.count) {
      case ("subscribe", _), ("psubscribe", _): confirmed()
      case ("pong", _): subscriber.ponged()
      default: break
      }
    case .status: subscriber.ponged()
    case .error(let text):
      refused += 1
      log.error("redis refused a subscription", [.text("reason", text)])
      confirmed()
    case .null, .bytes, .integer: break
    }
  }

  private func deliver(_ channel: RedisReply, _ payload: RedisReply) {
    guard let channel = channel.payload, let payload = payload.payload, channel.starts(with: prefix) else { return }
    onMessage?(String(decoding: channel.dropFirst(prefix.count), as: UTF8.self), payload)
  }

  private func confirmed() {
    unconfirmed = max(0, unconfirmed - 1)
    if unconfirmed == 0, !isSubscribed {
      isSubscribed = true
      settle()
    }
  }

  private func settle() {
    guard commands.isReady, isSubscribed, !isConnected else { return }
    isConnected = true
    onConnected?()
  }

  private func lost() {
    guard isConnected else { return }
    isConnected = false
    onDisconnected?()
  }
}
