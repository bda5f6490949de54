import Glibc
import Shared
import Testing

@testable import FloorIOData

@Suite struct EventLoopTests {
  @Test("a readable descriptor calls its handler, and its end calls it as closed")
  func reading() throws {
    let loop = try EventLoop()
    let pipe = TestPipe()
    var seen: [Readiness] = []
    _ = try loop.watch(pipe.read, read: true, write: false) { readiness in
      seen.append(readiness)
      var byte: UInt8 = 0
      _ = unsafe read(pipe.read, &byte, 1)
    }
    try loop.turn(timeout: .zero)
    #expect(seen.isEmpty)
    pipe.send("x")
    try loop.turn(timeout: .seconds(5))
    #expect(seen == [.readable])
    pipe.closeWrite()
    try loop.turn(timeout: .seconds(5))
    #expect(seen.last?.contains(.closed) == true)
    #expect(seen.last?.contains(.readable) == true)
  }

  @Test("a handler that unwatches another one which is due in the same turn silences it")
  func unwatchDuringDispatch() throws {
    let loop = try EventLoop()
    let pipes = (0..<8).map { _ in TestPipe() }
    // An optimised build would close them after their last use.
    defer { withExtendedLifetime(pipes) {} }
    var ids: [WatchID] = []
    var calls = 0
    for pipe in pipes {
      ids.append(
        try loop.watch(pipe.read, read: true, write: false) { _ in
          calls += 1
          for id in ids { loop.unwatch(id) }
        })
    }
    for pipe in pipes { pipe.send("x") }
    try loop.turn(timeout: .seconds(5))
    try loop.turn(timeout: .zero)
    #expect(calls == 1)
  }

  @Test("a slot that is used again does not receive its predecessor's event")
  func slotReuse() throws {
    let loop = try EventLoop()
    let pipes = (0..<4).map { _ in TestPipe() }
    let fresh = TestPipe()
    defer { withExtendedLifetime((pipes, fresh)) {} }
    var freshCalls = 0
    var ids: [WatchID] = []
    for pipe in pipes {
      ids.append(
        try loop.watch(pipe.read, read: true, write: false) { _ in
          for id in ids { loop.unwatch(id) }
          if freshCalls == 0, let id = try? loop.watch(fresh.read, read: true, write: false, { _ in freshCalls += 1 }) {
            ids.append(id)
          }
        })
    }
    for pipe in pipes { pipe.send("x") }
    try loop.turn(timeout: .seconds(5))
    #expect(freshCalls == 0)
  }

  @Test("timers fire in order of their deadlines, not before their time") func timers() throws {
    let loop = try EventLoop()
    let start = SystemClock.monotonic()
    var fired: [String] = []
    loop.after(.milliseconds(20)) { fired.append("b") }
    loop.after(.milliseconds(5)) { fired.append("a") }
    let never = loop.after(.milliseconds(1)) { fired.append("never") }
    loop.cancel(never)
    #expect(try loop.turn(until: { fired.count == 2 }, limit: .seconds(5)))
    #expect(fired == ["a", "b"])
    #expect(SystemClock.monotonic().since(start) >= .milliseconds(20))
  }

  @Test("a zero timer that renews itself does not starve descriptors") func noStarving() throws {
    let loop = try EventLoop()
    let pipe = TestPipe()
    var done = false
    func again() { loop.after(.zero) { again() } }
    again()
    _ = try loop.watch(pipe.read, read: true, write: false) { _ in done = true }
    pipe.send("x")
    #expect(try loop.turn(until: { done }, limit: .seconds(5)))
  }

  @Test("an earlier timer set after a later one moves the alarm forward") func earlier() throws {
    let loop = try EventLoop()
    var fired = false
    loop.after(.seconds(60)) {}
    loop.after(.milliseconds(2)) { fired = true }
    #expect(try loop.turn(until: { fired }, limit: .seconds(5)))
  }

  @Test("another loop that holds this one's descriptor is woken for its timers and its descriptors")
  func adopted() throws {
    let inner = try EventLoop()
    let outer = try EventLoop()
    let pipe = TestPipe()
    var events: [String] = []
    _ = try outer.watch(inner.descriptor, read: true, write: false) { _ in
      do { try inner.turn(timeout: .zero) } catch { Issue.record(error) }
    }
    inner.after(.milliseconds(3)) { events.append("timer") }
    #expect(try outer.turn(until: { events == ["timer"] }, limit: .seconds(5)))
    _ = try inner.watch(pipe.read, read: true, write: false) { _ in
      var byte: UInt8 = 0
      _ = unsafe read(pipe.read, &byte, 1)
      events.append("pipe")
    }
    pipe.send("x")
    #expect(try outer.turn(until: { events == ["timer", "pipe"] }, limit: .seconds(5)))
    inner.atTurnEnd { events.append("end") }
    #expect(try outer.turn(until: { events.last == "end" }, limit: .seconds(5)))
  }

  @Test("a blocked signal arrives as an event") func signals() throws {
    let loop = try EventLoop()
    var seen = 0
    try loop.onSignal(SIGUSR1) { seen += 1 }
    try loop.onSignal(SIGUSR2) { seen += 10 }
    pthread_kill(pthread_self(), SIGUSR1)
    pthread_kill(pthread_self(), SIGUSR2)
    #expect(try loop.turn(until: { seen == 11 }, limit: .seconds(5)))
  }

  @Test("what is put off to the end of the turn runs after all handlers, once") func turnEnd() throws {
    let loop = try EventLoop()
    let pipes = (0..<3).map { _ in TestPipe() }
    var order: [String] = []
    for pipe in pipes {
      _ = try loop.watch(pipe.read, read: true, write: false) { _ in
        var byte: UInt8 = 0
        _ = unsafe read(pipe.read, &byte, 1)
        order.append("h")
        if order.count == 1 { loop.atTurnEnd { order.append("end") } }
      }
    }
    for pipe in pipes { pipe.send("x") }
    try loop.turn(timeout: .seconds(5))
    try loop.turn(timeout: .zero)
    #expect(order == ["h", "h", "h", "end"])
  }

  @Test("a stop that came before run ends it at once") func stopFirst() throws {
    let loop = try EventLoop()
    loop.stop()
    try loop.run()
    loop.after(.milliseconds(1)) { loop.stop() }
    try loop.run()
  }
}
