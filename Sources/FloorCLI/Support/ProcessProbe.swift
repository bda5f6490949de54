import FloorIOData
import Shared

/// Asks the control sockets themselves: what a floor still knows of itself when PostgreSQL, Redis or the boss is away.
struct ProcessProbe {
  struct Answer {
    let process: String
    let hello: ControlHello?
    let progress: ControlProgress?
    let silence: String?
  }

  /// Every process that has a socket, and every desk process that should have one; asked at the same time.
  static func ask(runDirectory: String, limit: Duration = .milliseconds(800)) throws -> [Answer] {
    let sockets = try DirectoryListing.names(in: runDirectory).filter { $0.hasSuffix(".sock") }
      .map { String($0.dropLast(5)) }
    let expected = [ProcessNames.boss] + ProcessNames.desk
    let agents = sockets.filter { ProcessNames.agent(ofProcess: $0) != nil }.sorted()
    let loop = try EventLoop()
    let clients = (expected + agents).map { name in
      (name, ControlClient(loop: loop, path: "\(runDirectory)/\(name).sock"))
    }
    defer { for (_, client) in clients { client.close() } }
    // A missing socket is known at once; a process that hangs gets the whole limit.
    _ = try loop.turn(
      until: {
        clients.allSatisfy { name, client in client.progress != nil || !sockets.contains(name) }
      }, limit: limit)
    return clients.map { name, client in
      Answer(
        process: name, hello: client.hello, progress: client.progress,
        silence: client.progress != nil
          ? nil : sockets.contains(name) ? client.lastError ?? "does not answer" : "has no socket")
    }
  }
}
