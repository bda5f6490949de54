import Glibc
import Shared

/// A floor process's control socket: hello and progress to every client, commands from the boss.
///
/// The boss is the client that sent `boss` with the highest epoch so far; commands of any other client are refused, so that a replaced
/// boss cannot stop what it no longer owns.
public final class ControlServer {
  public static let reportInterval: Duration = .milliseconds(500)
  static let clientsMax = 32

  /// Why a command is not done; the text goes back to the client.
  public struct Refusal: Error, Hashable, Sendable {
    public let reason: String
    public init(_ reason: String) { self.reason = reason }
  }

  private let loop: EventLoop
  private let path: String
  private let hello: ControlHello
  private let log: Log
  private let report: () -> ControlProgress
  private let descriptor: Int32
  private var watch: WatchID?
  private var timer: TimerID?
  private var clients: [ObjectIdentifier: LineChannel] = [:]
  private var boss: ObjectIdentifier?

  /// The newest boss seen.
  public private(set) var bossEpoch: Epoch?
  public var isBossConnected: Bool { boss != nil }
  /// Since when no boss is connected; `nil` while one is.
  public private(set) var bossAbsentSince: MonotonicTime? = SystemClock.monotonic()
  public var onBossChange: ((_ isConnected: Bool) -> Void)?
  /// A command of the boss (never `boss` itself). Throw `Refusal` to refuse it.
  public var onCommand: ((ControlCommand) throws -> Void)?

  /// - Throws: `FloorFailure` when the path is too long, its directory is open to others, or another process answers there.
  public init(
    loop: EventLoop, path: String, hello: ControlHello, log: Log, report: @escaping () -> ControlProgress
  ) throws {
    self.loop = loop
    self.path = path
    self.hello = hello
    self.log = log
    self.report = report
    descriptor = try UnixSocket.listen(path)
    watch = try loop.watch(descriptor, read: true, write: false) { [weak self] _ in self?.accept() }
    timer = loop.every(ControlServer.reportInterval) { [weak self] in self?.reportNow() }
  }

  deinit { close() }

  /// Ends the socket and removes its file.
  public func close() {
    guard let watch else { return }
    loop.unwatch(watch)
    self.watch = nil
    if let timer { loop.cancel(timer) }
    for client in clients.values { client.close() }
    clients.removeAll()
    Glibc.close(descriptor)
    // Gone already is as good.
    _ = unsafe unlink(path)
  }

  /// Tells all clients now, beside the regular reports: after a change that somebody waits for.
  public func reportNow() {
    guard !clients.isEmpty else { return }
    let line = report().json.bytes
    for client in clients.values { client.send(line) }
  }

  private func accept() {
    while true {
      let fd = Glibc.accept(descriptor, nil, nil)
      guard fd >= 0 else { return }
      _ = fcntl(fd, F_SETFD, FD_CLOEXEC)
      _ = fcntl(fd, F_SETFL, O_NONBLOCK)
      guard clients.count < ControlServer.clientsMax else {
        Glibc.close(fd)
        continue
      }
      do {
        let channel = try LineChannel(loop: loop, descriptor: fd)
        let id = ObjectIdentifier(channel)
        clients[id] = channel
        channel.onLine = { [weak self, weak channel] line in
          if let self, let channel { take(line, from: channel) }
        }
        channel.onClosed = { [weak self] _ in self?.left(id) }
        channel.send(hello.json.bytes)
        channel.send(report().json.bytes)
      } catch {
        // The channel, once made, closes its descriptor itself.
        log.error("control client not taken", [.error(error)])
      }
    }
  }

  private func left(_ id: ObjectIdentifier) {
    clients[id] = nil
    guard boss == id else { return }
    boss = nil
    bossAbsentSince = SystemClock.monotonic()
    log.warning("boss disconnected")
    onBossChange?(false)
  }

  private func take(_ line: ArraySlice<UInt8>, from client: LineChannel) {
    let message: JSON
    do {
      message = try JSON.parse(line, limits: JSONLimits(bytes: ControlMessages.lineBytesMax, depth: 8))
    } catch {
      return answer(client, nil, refusal: "not JSON: \(error)")
    }
    let id = message["id"]
    guard let command = ControlCommand(message) else { return answer(client, id, refusal: "unknown command") }
    if case .boss(let epoch) = command { return becomeBoss(client, epoch, id) }
    guard boss == ObjectIdentifier(client) else {
      return answer(client, id, refusal: "only the boss may say \(command.name)")
    }
    // A clock that is moved by hand is moved thousands of times.
    if case .clock = command {} else { log.info("control command", [.text("command", command.name)]) }
    guard let onCommand else { return answer(client, id, refusal: "this process takes no commands yet") }
    do {
      try onCommand(command)
      if case .clock = command { client.send(report().json.bytes) }
      answer(client, id, refusal: nil)
    } catch {
      answer(client, id, refusal: (error as? Refusal)?.reason ?? "\(error)")
    }
  }

  private func becomeBoss(_ client: LineChannel, _ epoch: Epoch, _ id: JSON?) {
    if let bossEpoch, epoch < bossEpoch {
      return answer(client, id, refusal: "a boss of epoch \(bossEpoch) has been here")
    }
    let wasConnected = boss != nil
    bossEpoch = epoch
    boss = ObjectIdentifier(client)
    bossAbsentSince = nil
    log.info("boss connected", [.int("epoch", epoch.number)])
    answer(client, id, refusal: nil)
    if !wasConnected { onBossChange?(true) }
  }

  private func answer(_ client: LineChannel, _ id: JSON?, refusal: String?) {
    guard let id else { return }
    var reply: JSON = ["reply": id, "ok": .bool(refusal == nil)]
    if let refusal { reply = reply.with("error", .string(refusal)) }
    client.send(reply.bytes)
  }
}
