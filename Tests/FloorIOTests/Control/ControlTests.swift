import Glibc
import Shared
import Testing

@testable import FloorIOData

@Suite struct ControlTests {
  private final class Fixture {
    let directory = ScratchDirectory()
    let loop: EventLoop
    let server: ControlServer
    var report = ControlProgress(progress: 1, isReady: false, lag: .zero, mode: "ACTIVE", note: "")
    var path: String { directory.path + "/gateway.sock" }

    init() throws {
      loop = try EventLoop()
      let hello = ControlHello(
        process: "gateway", identity: .current, boot: "b1", epoch: Epoch(4), build: "0.1.0+x")
      weak var me: Fixture?
      server = try ControlServer(loop: loop, path: directory.path + "/gateway.sock", hello: hello, log: .discarding()) {
        me?.report ?? ControlProgress(progress: 0, isReady: false, lag: .zero, mode: "", note: "")
      }
      me = self
    }
  }

  @Test("a client hears who the process is, then its progress") func hello() throws {
    let fixture = try Fixture()
    let client = ControlClient(loop: fixture.loop, path: fixture.path)
    defer { client.close() }
    try #require(try fixture.loop.turn(until: { client.hello != nil }, limit: .seconds(5)))
    #expect(client.hello?.process == "gateway")
    #expect(client.hello?.identity == ChildIdentity.current)
    #expect(client.hello?.epoch == Epoch(4))
    fixture.report.progress = 99
    fixture.report.isReady = true
    try #require(try fixture.loop.turn(until: { client.progress?.progress == 99 }, limit: .seconds(5)))
    #expect(client.progress?.isReady == true)
  }

  @Test("only the boss commands; a newer boss takes over; an older one is refused for good") func bosses() throws {
    let fixture = try Fixture()
    let loop = fixture.loop
    var commands: [String] = []
    var presence: [Bool] = []
    fixture.server.onCommand = { command in
      if case .grant(_, _, let secret) = command, secret.reveal() != "s" { throw ControlServer.Refusal("bad secret") }
      commands.append(command.name)
    }
    fixture.server.onBossChange = { presence.append($0) }
    func send(_ client: ControlClient, _ command: ControlCommand) throws -> String? {
      var answer: String??
      client.send(command) { result in
        if case .failure(let error) = result { answer = .some(error.description) } else { answer = .some(nil) }
      }
      try #require(try loop.turn(until: { answer != nil }, limit: .seconds(5)))
      return try #require(answer)
    }
    let visitor = ControlClient(loop: loop, path: fixture.path)
    let first = ControlClient(loop: loop, path: fixture.path, bossEpoch: Epoch(7))
    try #require(
      try loop.turn(until: { visitor.hello != nil && fixture.server.bossEpoch == Epoch(7) }, limit: .seconds(5)))
    #expect(try send(visitor, .stop)?.contains("only the boss") == true)
    #expect(try send(first, .grant(agent: AgentName("a1")!, epoch: Epoch(1), secret: Secret("s"))) == nil)
    #expect(try send(first, .grant(agent: AgentName("a1")!, epoch: Epoch(1), secret: Secret("t"))) == "bad secret")

    let second = ControlClient(loop: loop, path: fixture.path, bossEpoch: Epoch(8))
    try #require(try loop.turn(until: { fixture.server.bossEpoch == Epoch(8) }, limit: .seconds(5)))
    #expect(try send(first, .drain)?.contains("only the boss") == true)
    #expect(try send(second, .mode("HALTED")) == nil)
    var refused = ""
    let old = ControlClient(loop: loop, path: fixture.path, bossEpoch: Epoch(6))
    old.onBossRefused = { refused = $0 }
    try #require(try loop.turn(until: { !refused.isEmpty }, limit: .seconds(5)))
    #expect(commands == ["grant", "mode"])
    #expect(presence == [true])
    #expect(fixture.server.bossAbsentSince == nil)
    second.close()
    try #require(try loop.turn(until: { presence == [true, false] }, limit: .seconds(5)))
    #expect(fixture.server.bossAbsentSince != nil)
    for client in [visitor, first, old] { client.close() }
  }

  @Test("a client that was there first waits for the process, and finds its successor") func reconnect() throws {
    let directory = ScratchDirectory()
    let loop = try EventLoop()
    let path = directory.path + "/x.sock"
    let client = ControlClient(loop: loop, path: path)
    defer { client.close() }
    var hellos: [String] = []
    var losses = 0
    client.onHello = { hellos.append($0.boot) }
    client.onLost = { _ in losses += 1 }
    try #require(try loop.turn(until: { client.lastError != nil }, limit: .seconds(5)))
    for boot in ["b1", "b2"] {
      let hello = ControlHello(process: "x", identity: .current, boot: boot, epoch: Epoch(1), build: "")
      let server = try ControlServer(loop: loop, path: path, hello: hello, log: .discarding()) {
        ControlProgress(progress: 0, isReady: true, lag: .zero, mode: "", note: "")
      }
      try #require(try loop.turn(until: { hellos.last == boot }, limit: .seconds(5)))
      server.close()
      #expect(!SmallFile.exists(path))
    }
    try #require(try loop.turn(until: { losses == 2 }, limit: .seconds(5)))
    #expect(hellos == ["b1", "b2"])
  }

  @Test("a socket left by a dead process is replaced; one that is answered is not") func staleSocket() throws {
    let fixture = try Fixture()
    let hello = ControlHello(process: "x", identity: .current, boot: "b", epoch: Epoch(1), build: "")
    let report = ControlProgress(progress: 0, isReady: true, lag: .zero, mode: "", note: "")
    let failure = #expect(throws: FloorFailure.self) {
      try ControlServer(loop: fixture.loop, path: fixture.path, hello: hello, log: .discarding()) { report }
    }
    #expect(failure?.exitCode == .tryAgain)
    let stale = fixture.directory.path + "/stale.sock"
    close(try UnixSocket.listen(stale))
    #expect(SmallFile.exists(stale))
    let server = try ControlServer(loop: fixture.loop, path: stale, hello: hello, log: .discarding()) { report }
    server.close()
  }

  @Test("a path of more than 107 bytes and a directory open to others are refused with the reason") func places() throws
  {
    let directory = ScratchDirectory()
    let long = #expect(throws: FloorFailure.self) {
      try UnixSocket.listen(directory.path + "/" + String(repeating: "x", count: 107 - directory.path.utf8.count))
    }
    #expect(long?.message.contains("107") == true)
    close(try UnixSocket.listen(directory.path + "/" + String(repeating: "y", count: 106 - directory.path.utf8.count)))
    #expect(unsafe chmod(directory.path, 0o755) == 0)
    let open = #expect(throws: FloorFailure.self) { try UnixSocket.listen(directory.path + "/a.sock") }
    #expect(open?.message.contains("chmod 700") == true)
  }

  @Test("hostile clients are cut without harm: endless lines, garbage, a reader that never reads") func hostile() throws
  {
    let fixture = try Fixture()
    let loop = fixture.loop
    let good = ControlClient(loop: loop, path: fixture.path)
    defer { good.close() }
    try #require(try loop.turn(until: { good.hello != nil }, limit: .seconds(5)))
    let endless = try LineChannel(loop: loop, descriptor: try UnixSocket.connect(fixture.path))
    var reason = ""
    endless.onClosed = { reason = $0 }
    endless.send([UInt8](repeating: 65, count: 5 * ControlMessages.lineBytesMax))
    try #require(try loop.turn(until: { !reason.isEmpty }, limit: .seconds(5)))

    let garbage = try LineChannel(loop: loop, descriptor: try UnixSocket.connect(fixture.path))
    defer { garbage.close() }
    for text in ["{", "[]", "{\"cmd\":\"boss\"}", "{\"cmd\":\"explode\"}", "{\"cmd\":\"stop\",\"id\":1}"] {
      garbage.send(Array(text.utf8))
    }
    var answers: [String] = []
    garbage.onLine = { answers.append(String(decoding: $0, as: UTF8.self)) }
    try #require(try loop.turn(until: { answers.contains { $0.contains("\"reply\":1") } }, limit: .seconds(5)))
    #expect(answers.last?.contains("\"ok\":false") == true)

    // Never reads: its bytes pile up here until the bound cuts it.
    let deaf = try UnixSocket.connect(fixture.path)
    defer { close(deaf) }
    fixture.report.note = String(repeating: "n", count: 30_000)
    try loop.turn(timeout: .milliseconds(20))
    for _ in 0..<100 {
      fixture.server.reportNow()
      try loop.turn(timeout: .zero)
    }
    try #require(try loop.turn(until: { good.progress?.note.isEmpty == false }, limit: .seconds(5)))
    #expect(good.hello != nil)
  }
}
