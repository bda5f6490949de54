import Glibc
import Testing

@testable import FloorIOData

@Suite struct PortTests {
  /// A listening socket of this very process.
  private static func listen() throws -> (descriptor: Int32, port: UInt16) {
    let (fd, port) = try ListeningPort.bind(0)
    try #require(Glibc.listen(fd, 4) == 0)
    return (fd, port)
  }

  @Test("a free port is one that can be had, and is not kept") func anyFree() throws {
    let port = try ListeningPort.anyFree()
    #expect(ListeningPort.state(port) == .free)
    let (fd, bound) = try ListeningPort.bind(port)
    defer { close(fd) }
    #expect(bound == port)
    // Until somebody listens, two that reuse addresses may be bound to one port.
    try #require(Glibc.listen(fd, 4) == 0)
    #expect(throws: SystemError("bind", EADDRINUSE)) { try ListeningPort.bind(port) }
  }

  @Test("a port is taken by whom it is taken, and free again afterwards") func holder() throws {
    let (fd, port) = try PortTests.listen()
    guard case .taken(let holder?, let user) = ListeningPort.state(port) else {
      Issue.record("not taken: \(ListeningPort.state(port))")
      return
    }
    #expect(holder.pid == getpid())
    #expect(user == geteuid())
    #expect(ListeningPort.isRunning(program: CommandLine.arguments[0]))
    #expect(!ListeningPort.isRunning(program: CommandLine.arguments[0] + "x"))
    #expect(holder.program.hasPrefix("/"))
    #expect(TCPProbe.isAnswered(port: port))
    #expect(TCPProbe.refusal(host: "127.0.0.1", port: Int(port), limit: .seconds(1)) == nil)
    #expect(TCPProbe.refusal(host: "localhost", port: Int(port), limit: .seconds(1)) == nil)
    close(fd)
    #expect(ListeningPort.state(port) == .free)
    #expect(
      TCPProbe.refusal(host: "127.0.0.1", port: Int(port), limit: .seconds(1))
        == "127.0.0.1:\(port): Connection refused")
  }

  @Test("nobody at a socket's path, and a host without an address, are said in words") func nobody() throws {
    #expect(
      TCPProbe.refusal(host: "/nowhere/x.sock", port: 0, limit: .seconds(1))?.contains("No such file") == true)
    #expect(TCPProbe.refusal(host: "no.such.host.invalid", port: 80, limit: .seconds(1))?.hasPrefix("no.such") == true)
  }
}
