import Shared

/// The other end of a control socket: the boss's hand on each process, and the operator's ear. Connects again by itself until closed.
public final class ControlClient {
  /// Why a command was not done, or is not known to be done.
  public struct CommandError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
    /// The process said no; otherwise the connection ended before its answer.
    public let isRefusal: Bool
  }

  private let loop: EventLoop
  private let path: String
  private let bossEpoch: Epoch?
  private var backoff: Backoff
  private var channel: LineChannel?
  private var retry: TimerID?
  private var isClosed = false
  private var nextID: Int64 = 1
  private var pending: [Int64: (Result<Void, CommandError>) -> Void] = [:]

  /// The process at the other end of this connection; `nil` while there is none.
  public private(set) var hello: ControlHello?
  public private(set) var progress: ControlProgress?
  /// Why there is no connection.
  public private(set) var lastError: String?
  public var onHello: ((ControlHello) -> Void)?
  public var onProgress: ((ControlProgress) -> Void)?
  /// After a hello: the connection ended. The process may live on.
  public var onLost: ((String) -> Void)?
  /// The process refused this boss: another one has taken over.
  public var onBossRefused: ((String) -> Void)?

  /// - Parameter bossEpoch: says `boss` with this epoch on every connection.
  public init(loop: EventLoop, path: String, bossEpoch: Epoch? = nil) {
    self.loop = loop
    self.path = path
    self.bossEpoch = bossEpoch
    // A child is there within milliseconds of its spawn; nobody should wait longer for it than it takes.
    backoff = Backoff(base: .milliseconds(4), cap: .milliseconds(250), seed: SystemRandom.seed())
    retry = loop.after(.zero) { [weak self] in self?.connect() }
  }

  deinit { close() }

  public func close() {
    guard !isClosed else { return }
    isClosed = true
    if let retry { loop.cancel(retry) }
    channel?.close()
    channel = nil
    hello = nil
    failPending("closed")
  }

  /// Sends a command to the connected process. The answer comes once.
  public func send(_ command: ControlCommand, _ done: @escaping (Result<Void, CommandError>) -> Void = { _ in }) {
    guard let channel, channel.isOpen else {
      return done(.failure(CommandError(description: lastError ?? "not connected", isRefusal: false)))
    }
    let id = nextID
    nextID += 1
    pending[id] = done
    channel.send(command.json.with("id", .int(id)).bytes)
  }

  private func connect() {
    guard !isClosed else { return }
    do {
      let channel = try LineChannel(loop: loop, descriptor: try UnixSocket.connect(path))
      self.channel = channel
      channel.onLine = { [weak self] in self?.take($0) }
      channel.onClosed = { [weak self] in self?.lost($0) }
      if let bossEpoch {
        send(.boss(bossEpoch)) { [weak self] result in
          if case .failure(let error) = result, error.isRefusal { self?.onBossRefused?(error.description) }
        }
      }
    } catch {
      lost("\(error)")
    }
  }

  private func lost(_ reason: String) {
    let wasConnected = hello != nil
    lastError = reason
    channel = nil
    hello = nil
    progress = nil
    if !isClosed { retry = loop.after(backoff.next()) { [weak self] in self?.connect() } }
    failPending(reason)
    if wasConnected { onLost?(reason) }
  }

  private func failPending(_ reason: String) {
    let waiting = pending
    pending.removeAll()
    for (_, done) in waiting.sorted(by: { $0.key < $1.key }) {
      done(.failure(CommandError(description: reason, isRefusal: false)))
    }
  }

  private func take(_ line: ArraySlice<UInt8>) {
    let message: JSON
    do {
      message = try JSON.parse(line, limits: JSONLimits(bytes: ControlMessages.lineBytesMax, depth: 8))
    } catch {
      channel?.close()
      return lost("the process speaks no JSON: \(error)")
    }
    if let hello = ControlHello(message) {
      self.hello = hello
      lastError = nil
      backoff.succeed()
      onHello?(hello)
    } else if let progress = ControlProgress(message) {
      self.progress = progress
      onProgress?(progress)
    } else if let id = message["reply"]?.int, let done = pending.removeValue(forKey: id) {
      if message["ok"]?.bool == true {
        done(.success(()))
      } else {
        done(.failure(CommandError(description: message["error"]?.string ?? "refused", isRefusal: true)))
      }
    }
  }
}
