import CBench
import FloorIOData
import Glibc
import Shared

/// Publish to received: the floor's bus (event loop, asynchronous hiredis on both sides) against a pair of blocking C programs with hiredis,
/// in turns, on one private Redis over its unix socket. Sender and receiver are processes of their own.
///
/// A ratio within one run is what counts: absolute figures move with the machine and whatever else runs on it.
enum BusBench {
  struct Settings {
    var messages = 5000
    var perSecond = 1000
    var bytes = 700
    var rounds = 5
  }

  static let channel = "md:bench"

  enum Peer: String, CaseIterable {
    case swift
    case c
  }

  static func run(_ settings: Settings) throws -> JSON {
    let scratch = try Scratch()
    defer { scratch.remove() }
    let loop = try EventLoop()
    let socket = scratch.path + "/redis.sock"
    let redis = try ChildProcess.spawn(
      ChildSpecification(
        executable: "/usr/bin/redis-server",
        arguments: ["--port", "0", "--unixsocket", socket, "--save", "", "--dir", scratch.path]), on: loop
    ) { _ in }
    defer { redis.kill() }
    try waitFor(loop, "Redis") { SmallFile.exists(socket) }
    var rounds: [Peer: [Percentiles]] = [:]
    for round in 0..<settings.rounds {
      for peer in Peer.allCases {
        let sample = try pair(peer, settings, socket, scratch.path + "/\(peer.rawValue)-\(round)", loop)
        rounds[peer, default: []].append(Percentiles(sample))
      }
    }
    return report(rounds, settings)
  }

  /// One round: the receiver first, then the sender; the receiver's file holds what it measured.
  private static func pair(
    _ peer: Peer, _ settings: Settings, _ socket: String, _ file: String, _ loop: EventLoop
  ) throws -> [Int64] {
    func child(_ role: String, _ file: String) throws -> ChildProcess {
      try ChildProcess.spawn(
        ChildSpecification(
          executable: "/proc/self/exe",
          arguments: [
            "bus-\(role)", peer.rawValue, socket, String(settings.messages), String(settings.bytes),
            String(1_000_000_000 / settings.perSecond),
          ], output: .file(file)), on: loop
      ) { _ in }
    }
    let receiver = try child("receive", file)
    defer { receiver.kill() }
    try waitFor(loop, "receiver") { try Bench.text(file).hasPrefix("ready") }
    let sender = try child("send", file + ".send")
    defer { sender.kill() }
    let patience = Duration.seconds(settings.messages / settings.perSecond + 20)
    try waitFor(loop, "measurement", limit: patience) { receiver.exit != nil }
    guard receiver.exit == .code(0) else { throw BenchFailure("receiver: \(Bench.said(file))") }
    return try Bench.text(file).split(separator: "\n").dropFirst().compactMap { Int64($0) }
  }

  private static func report(_ rounds: [Peer: [Percentiles]], _ settings: Settings) -> JSON {
    func row(_ peer: Peer) -> JSON {
      let all = rounds[peer] ?? []
      return [
        "peer": .string(peer.rawValue), "p50_ns": .int(Percentiles.median(all.map(\.p50))),
        "p99_ns": .int(Percentiles.median(all.map(\.p99))), "p999_ns": .int(Percentiles.median(all.map(\.p999))),
      ]
    }
    let rows = Peer.allCases.map(row)
    func ratio(_ key: String) -> JSON {
      guard let ours = rows[0][key]?.double, let theirs = rows[1][key]?.double, theirs > 0 else { return .null }
      return .double((ours / theirs * 100).rounded() / 100)
    }
    return [
      "scenario": "bus", "messages": .int(settings.messages), "per_second": .int(settings.perSecond),
      "message_bytes": .int(settings.bytes), "rounds": .int(settings.rounds), "rows": .array(rows),
      "ratio_p50": ratio("p50_ns"), "ratio_p99": ratio("p99_ns"),
    ]
  }

  // MARK: The two ends

  /// `bus-send` and `bus-receive`, started by `run` in processes of their own.
  static func end(_ role: String, _ arguments: [String]) throws -> Int32 {
    guard arguments.count == 5, let peer = Peer(rawValue: arguments[0]), let count = Int32(arguments[2]),
      let bytes = Int32(arguments[3]), let interval = Int64(arguments[4])
    else { throw BenchFailure("bus-\(role): five arguments are wanted") }
    let socket = arguments[1]
    switch (role, peer) {
    case ("send", .c): return unsafe cbench_bus_publish(socket, channel, count, bytes, interval)
    case ("receive", .c):
      var latencies = [Int64](repeating: 0, count: Int(count))
      let status = unsafe cbench_bus_receive(socket, channel, count, 1, &latencies)
      printAll(latencies)
      return status
    case ("send", .swift): try send(socket, Int(count), Int(bytes), interval)
    default: try receive(socket, Int(count))
    }
    return 0
  }

  private static func bus(_ loop: EventLoop, _ socket: String) -> RedisBus {
    RedisBus(
      loop: loop, settings: RedisSettings(address: .socket(socket), clientName: "bench"),
      log: .discarding())
  }

  private static func send(_ socket: String, _ count: Int, _ bytes: Int, _ interval: Int64) throws {
    let loop = try EventLoop()
    let bus = bus(loop, socket)
    try waitFor(loop, "bus") { bus.isConnected }
    var sent = 0
    let timer = loop.every(.nanoseconds(interval)) {
      guard sent < count else { return }
      var message = stamp(SystemClock.monotonic().nanoseconds)
      message.append(contentsOf: repeatElement(UInt8(ascii: "x"), count: bytes - message.count))
      bus.publish(channel, message)
      sent += 1
    }
    try waitFor(loop, "sending", limit: .nanoseconds(interval * Int64(count) * 2) + .seconds(10)) { sent == count }
    loop.cancel(timer)
    _ = try loop.turn(until: { false }, limit: .milliseconds(50))
  }

  private static func receive(_ socket: String, _ count: Int) throws {
    let loop = try EventLoop()
    let bus = bus(loop, socket)
    var latencies: [Int64] = []
    latencies.reserveCapacity(count)
    bus.onMessage = { _, payload in
      let now = SystemClock.monotonic().nanoseconds
      var sent: Int64 = 0
      for byte in payload.prefix(19) { sent = sent * 10 + Int64(byte - 48) }
      latencies.append(now - sent)
    }
    bus.subscribe(channel)
    try waitFor(loop, "bus") { bus.isConnected }
    print("ready")
    fflush(nil)
    while latencies.count < count { try loop.turn(timeout: nil) }
    printAll(latencies)
  }

  /// Nineteen digits, as the C pair writes them.
  private static func stamp(_ nanoseconds: Int64) -> [UInt8] {
    let digits = Array(String(nanoseconds).utf8)
    return Array(repeating: UInt8(ascii: "0"), count: 19 - digits.count) + digits
  }

  private static func printAll(_ latencies: [Int64]) {
    print(latencies.map(String.init).joined(separator: "\n"))
    fflush(nil)
  }

  private static func waitFor(
    _ loop: EventLoop, _ what: String, limit: Duration = .seconds(10), _ condition: () throws -> Bool
  ) throws {
    let deadline = SystemClock.monotonic().advanced(by: limit)
    while try !condition() {
      guard SystemClock.monotonic() < deadline else { throw BenchFailure("\(what): not within \(limit)") }
      try loop.turn(timeout: .milliseconds(5))
    }
  }
}
