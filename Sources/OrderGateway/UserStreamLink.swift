import FloorIOData
import FloorIOVenue
import Shared

/// The venue's private stream: our orders and fills, pushed. Reconnects for ever; each new connection asks the owner to read what was
/// missed, because the venue replays nothing.
final class UserStreamLink {
  private let loop: EventLoop
  private let log: Log
  private let socket: WebSocketClient
  private let firstFrame: [UInt8]
  private var backoff = Backoff(base: .milliseconds(100), cap: .seconds(15), seed: SystemRandom.seed())
  private var lastHeard: MonotonicTime
  private(set) var isOpen = false
  private(set) var malformed = 0

  var onEvent: ((UserStreamEvent) -> Void)?
  var onOpened: (() -> Void)?

  init(loop: EventLoop, config: GatewayConfiguration, log: Log) throws {
    self.loop = loop
    self.log = log
    let endpoint = try WebEndpoint(config.venue.userStream)
    socket = try WebSocketClient(context: WebContext(loop: loop), endpoint: endpoint)
    let frame: JSON = [
      "type": "user",
      "auth": [
        "apiKey": .string(config.credentials.apiKey), "secret": .string(config.apiSecret.reveal()),
        "passphrase": .string(config.apiPassphrase.reveal()),
      ],
    ]
    firstFrame = frame.bytes
    lastHeard = SystemClock.monotonic()
    socket.onOpen = { [weak self] in self?.opened() }
    socket.onText = { [weak self] text in self?.heard(text) }
    socket.onEnd = { [weak self] end in self?.ended(end) }
    loop.every(.seconds(10)) { [weak self] in self?.ping() }
  }

  func connect() { socket.connect() }

  private func opened() {
    // The subscription first: a PING before it ends the connection.
    socket.send(firstFrame)
    isOpen = true
    lastHeard = SystemClock.monotonic()
    backoff.succeed()
    onOpened?()
  }

  private func heard(_ text: [UInt8]) {
    lastHeard = SystemClock.monotonic()
    let frame = StreamFrame<UserStreamEvent>(user: text)
    malformed += frame.malformed
    for event in frame.events { onEvent?(event) }
  }

  private func ended(_ end: WebSocketEnd) {
    isOpen = false
    let delay = backoff.next()
    log.warning("user stream ended", [.text("reason", end), .milliseconds("retry_in_ms", delay)])
    loop.after(delay) { [weak self] in self?.socket.connect() }
  }

  private func ping() {
    guard isOpen else { return }
    if SystemClock.monotonic().since(lastHeard) > .seconds(25) {
      log.warning("user stream silent")
      isOpen = false
      socket.close()
      socket.connect()
      return
    }
    socket.send(Array("PING".utf8))
  }
}
