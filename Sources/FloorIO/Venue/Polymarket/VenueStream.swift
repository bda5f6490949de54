import FloorIOData
import Shared

/// A web socket that is kept open: connects, sends the venue's keep-alive text, notices when nothing comes back, and connects again with
/// growing, jittered waits. What is said over it is the owner's business.
public final class VenueStream {
  /// Open: send the first frame now.
  public var onOpen: (() -> Void)?
  public var onText: (([UInt8]) -> Void)?
  /// It was open and is not any more, or an attempt failed. Another attempt follows by itself.
  public var onLost: ((_ why: String) -> Void)?
  public private(set) var isOpen = false

  private let loop: EventLoop
  private let client: WebSocketClient
  private let keepAlive: Duration
  private let keepAliveText: [UInt8]
  private let answerLimit: Duration
  private var backoff: Backoff
  private var retry: TimerID?
  private var pulse: TimerID?
  private var settled: TimerID?
  private var lastHeardAt = MonotonicTime(nanoseconds: 0)
  private var isStopped = true

  /// - Parameters:
  ///   - keepAlive: between two of the keep-alive texts: the venue wants one every 10 s.
  ///   - keepAliveText: most streams want `PING`.
  ///   - answerLimit: without a whole message for so long, the connection counts as dead.
  ///   - messageLimit: bytes; a larger message ends the connection.
  public init(
    context: WebContext, endpoint: WebEndpoint, keepAlive: Duration = .seconds(10), keepAliveText: String = "PING",
    answerLimit: Duration = .seconds(30), messageLimit: Int = 16 << 20, backoff: Backoff? = nil
  ) throws {
    loop = context.loop
    self.keepAlive = keepAlive
    self.keepAliveText = Array(keepAliveText.utf8)
    self.answerLimit = answerLimit
    self.backoff = backoff ?? Backoff(base: .milliseconds(250), cap: .seconds(30), seed: SystemRandom.seed())
    client = try WebSocketClient(context: context, endpoint: endpoint, messageLimit: messageLimit)
    client.onOpen = { [unowned self] in opened() }
    client.onText = { [unowned self] text in
      lastHeardAt = SystemClock.monotonic()
      onText?(text)
    }
    client.onEnd = { [unowned self] end in ended(end.description) }
  }

  public func start() {
    guard isStopped else { return }
    isStopped = false
    client.connect()
  }

  /// `false` when it is not open.
  @discardableResult
  public func send(_ text: [UInt8]) -> Bool { client.send(text) }

  /// Gives the connection up and begins anew after the usual wait.
  public func reconnect(_ why: String) {
    guard !isStopped else { return }
    client.close()
    ended(why)
  }

  /// Ends it for good; no handler is called any more until `start`.
  public func stop() {
    isStopped = true
    cancelTimers()
    retry.map(loop.cancel)
    retry = nil
    isOpen = false
    client.close()
  }

  private func opened() {
    isOpen = true
    lastHeardAt = SystemClock.monotonic()
    pulse = loop.every(keepAlive) { [unowned self] in beat() }
    // A server that lets us in and throws us out at once must not be hammered: only a connection that lasts clears the waits.
    settled = loop.after(.seconds(5)) { [unowned self] in backoff.succeed() }
    onOpen?()
  }

  private func beat() {
    guard SystemClock.monotonic().since(lastHeardAt) < answerLimit else {
      return reconnect("nothing heard for \(answerLimit)")
    }
    client.send(keepAliveText)
  }

  private func ended(_ why: String) {
    guard !isStopped else { return }
    isOpen = false
    cancelTimers()
    retry.map(loop.cancel)
    retry = loop.after(backoff.next()) { [unowned self] in
      retry = nil
      client.connect()
    }
    onLost?(why)
  }

  private func cancelTimers() {
    pulse.map(loop.cancel)
    settled.map(loop.cancel)
    pulse = nil
    settled = nil
  }
}
