import Glibc
import Shared
import Testing

@testable import FloorIOData

@Suite(.serialized) struct RedisBusTests {
  nonisolated(unsafe) private static let shared = Result { try RedisServer() }
  private func server() throws -> RedisServer { try unsafe Self.shared.get() }

  private func connect(_ loop: EventLoop, _ settings: RedisSettings, _ set: (RedisBus) -> Void = { _ in }) throws
    -> RedisBus
  {
    let bus = RedisBus(loop: loop, settings: settings, log: .discarding())
    set(bus)
    try #require(try loop.turn(until: { bus.isConnected }, limit: .seconds(10)))
    return bus
  }

  @Test("messages on subscribed channels and patterns arrive in order, whatever bytes they hold") func messages() throws
  {
    let loop = try EventLoop()
    var heard: [(String, [UInt8])] = []
    let bus = try connect(loop, try server().settings()) { bus in
      bus.subscribe("md:a")
      bus.psubscribe("orders:*")
      bus.onMessage = { heard.append(($0, $1)) }
    }
    defer { bus.close() }
    let binary: [UInt8] = [0, 13, 10, 255, 36, 42]
    bus.publish("md:a", binary)
    bus.publish("md:b", [1])
    bus.publish("orders:events:x", [])
    for number in 0..<2000 { bus.publish("md:a", Array(String(number).utf8)) }
    try #require(try loop.turn(until: { heard.count >= 2002 }, limit: .seconds(10)))
    #expect(heard[0] == ("md:a", binary))
    #expect(heard[1] == ("orders:events:x", []))
    #expect(heard.dropFirst(2).map { String(decoding: $0.1, as: UTF8.self) } == (0..<2000).map(String.init))
    bus.subscribe("md:c")
    bus.publish("md:c", [7])
    try #require(try loop.turn(until: { heard.last?.0 == "md:c" }, limit: .seconds(10)))
  }

  @Test("keys are written with their life time and read back; a missing key is nil") func keys() throws {
    let loop = try EventLoop()
    let bus = try connect(loop, try server().settings(prefix: "demo:"))
    defer { bus.close() }
    bus.set("heartbeat:feed", [1, 0, 2], ttl: .seconds(100))
    var values: [[UInt8]?] = []
    bus.get("heartbeat:feed") { values.append(try? $0.get()) }
    bus.get("nothing") { values.append(try? $0.get()) }
    try #require(try loop.turn(until: { values.count == 2 }, limit: .seconds(10)))
    #expect(values == [[1, 0, 2], nil])
    let ttl = try #require(Int(try server().command("ttl", "demo:heartbeat:feed").split(separator: "\n")[0]))
    #expect((90...100).contains(ttl))
    var refused: BusError?
    _ = try server().command("lpush", "demo:list", "x")
    bus.get("list") { if case .failure(let error) = $0 { refused = error } }
    try #require(try loop.turn(until: { refused != nil }, limit: .seconds(10)))
    #expect(refused?.code == .refused && refused?.retryable == false)
  }

  @Test("an address where nobody is fails cleanly, again and again") func absent() throws {
    let loop = try EventLoop()
    let directory = ScratchDirectory()
    for _ in 0..<100 {
      #expect(throws: BusError.self) { try RedisConnection(.socket(directory.path + "/none.sock")) }
    }
    let settings = RedisSettings(address: .socket(directory.path + "/none.sock"), clientName: "test")
    let bus = RedisBus(loop: loop, settings: settings, log: .discarding())
    defer { bus.close() }
    #expect(try !loop.turn(until: { bus.isConnected }, limit: .milliseconds(300)))
    #expect(bus.lastError?.contains("No such file") == true)
  }

  @Test("two instances on one server do not hear each other") func prefixes() throws {
    let loop = try EventLoop()
    var heard: [String] = []
    let first = try connect(loop, try server().settings(prefix: "one:")) { bus in
      bus.subscribe("c")
      bus.onMessage = { channel, payload in heard.append("one \(channel) \(payload)") }
    }
    let second = try connect(loop, try server().settings(prefix: "two:")) { bus in
      bus.subscribe("c")
      bus.onMessage = { channel, payload in heard.append("two \(channel) \(payload)") }
    }
    defer {
      first.close()
      second.close()
    }
    first.publish("c", [1])
    try #require(try loop.turn(until: { heard.count == 1 }, limit: .seconds(10)))
    second.publish("c", [2])
    try #require(try loop.turn(until: { heard.count == 2 }, limit: .seconds(10)))
    #expect(heard == ["one c [1]", "two c [2]"])
  }

  @Test("after a restart of Redis everything is subscribed again, and the owner is told to resync") func restart()
    throws
  {
    let server = try RedisServer()
    let loop = try EventLoop()
    var heard: [[UInt8]] = []
    var connects = 0
    var losses = 0
    let bus = try connect(loop, server.settings()) { bus in
      bus.subscribe("c")
      bus.psubscribe("p:*")
      bus.onMessage = { heard.append($1) }
      bus.onConnected = { connects += 1 }
      bus.onDisconnected = { losses += 1 }
    }
    defer { bus.close() }
    try server.stop()
    try #require(try loop.turn(until: { !bus.isConnected }, limit: .seconds(5)))
    #expect(!bus.publish("c", [1]))
    #expect(bus.droppedWhileAway == 1)
    #expect(bus.lastError != nil)
    var away: BusError?
    bus.get("k") { if case .failure(let error) = $0 { away = error } }
    #expect(away?.code == .away && away?.outcomeKnown == true)
    try server.start()
    try #require(try loop.turn(until: { bus.isConnected }, limit: .seconds(10)))
    #expect(bus.publish("c", [2]))
    #expect(bus.publish("p:x", [3]))
    try #require(try loop.turn(until: { heard.count == 2 }, limit: .seconds(5)))
    #expect(heard == [[2], [3]])
    #expect(connects == 2)
    #expect(losses == 1)
  }

  @Test("a cut subscriber connection alone also leads to a resync, because messages were missed") func cutSubscriber()
    throws
  {
    let server = try server()
    let loop = try EventLoop()
    var connects = 0
    let bus = try connect(loop, server.settings()) { bus in
      bus.subscribe("c")
      bus.onConnected = { connects += 1 }
    }
    defer { bus.close() }
    try server.command("client", "kill", "type", "pubsub")
    try #require(try loop.turn(until: { connects == 2 }, limit: .seconds(10)))
    #expect(bus.isConnected)
  }

  @Test("a frozen Redis is given up by the ping's deadline") func frozen() throws {
    let server = try RedisServer()
    let loop = try EventLoop()
    var settings = server.settings()
    settings.pingInterval = .milliseconds(100)
    settings.pingLimit = .milliseconds(1200)
    let bus = try connect(loop, settings)
    defer { bus.close() }
    server.freeze()
    defer { server.thaw() }
    var late: BusError?
    bus.get("k") { if case .failure(let error) = $0 { late = error } }
    try #require(try loop.turn(until: { late != nil }, limit: .seconds(5)))
    #expect(late?.code == .deadline)
    try #require(try loop.turn(until: { !bus.isConnected }, limit: .seconds(10)))
    server.thaw()
    #expect(try loop.turn(until: { bus.isConnected }, limit: .seconds(10)))
  }

  @Test("the queue in front of a reader that does not read is bounded: the oldest messages give way and are counted")
  func bounded() throws {
    let server = try RedisServer()
    let loop = try EventLoop()
    let link = RedisLink(
      loop: loop, settings: server.settings(), log: .discarding(), role: "test", queueMax: 100, queueBytesMax: 1 << 20)
    defer { link.close() }
    try #require(try loop.turn(until: { link.isReady }, limit: .seconds(5)))
    server.freeze()
    let payload = [UInt8](repeating: 65, count: 4096)
    for _ in 0..<5000 { link.send([Array("PUBLISH".utf8), [99], payload], isDroppable: true, nil) }
    #expect(link.dropped > 1000)
    #expect(link.isReady)
    server.thaw()
    var answered = false
    link.send([Array("PING".utf8)], isDroppable: false) { if case .success(.status("PONG")) = $0 { answered = true } }
    #expect(try loop.turn(until: { answered }, limit: .seconds(10)))
  }

  @Test("the role's user and password are used, a wrong one is said, and a missing right does not break the rest")
  func accessControl() throws {
    let server = try RedisServer()
    try server.command(
      "acl", "setuser", "agent", "on", ">pw", "~agent:*", "resetchannels", "&orders:intents", "&md:*", "+@all",
      "-@dangerous")
    let loop = try EventLoop()
    var heard: [String] = []
    let bus = try connect(loop, server.settings(user: "agent", password: Secret("pw"))) { bus in
      bus.subscribe("md:x")
      bus.subscribe("orders:events:other")
      bus.onMessage = { channel, _ in heard.append(channel) }
    }
    defer { bus.close() }
    #expect(bus.refused == 1)
    bus.set("gateway:key", [1])
    bus.publish("md:x", [1])
    // Answers and messages come on two connections, in either order.
    try #require(try loop.turn(until: { heard == ["md:x"] && bus.refused == 2 }, limit: .seconds(5)))
    let wrong = RedisBus(
      loop: loop, settings: server.settings(user: "agent", password: Secret("no")), log: .discarding())
    defer { wrong.close() }
    try #require(try loop.turn(until: { wrong.lastError?.contains("WRONGPASS") == true }, limit: .seconds(5)))
    #expect(!wrong.isConnected)
  }
}
