import Glibc
import Shared
import Testing

@testable import FloorIOData

/// Runs a floor process inside this one: its own thread, so that its blocked signals stay its own.
@Suite(.serialized) struct FloorProcessTests {
  private func birth(_ directory: ScratchDirectory, lifeline: Bool = false, configuration: JSON = .object([]))
    -> BirthDocument
  {
    _ = unsafe mkdir(directory.path + "/log", 0o700)
    return BirthDocument(
      process: "auditor", stateDirectory: directory.path, runDirectory: directory.path, epoch: Epoch(2), boot: "b",
      lifeline: lifeline, configuration: configuration)
  }

  /// The document's line in a pipe whose write end stays with the caller.
  private func pipe(_ birth: BirthDocument) -> TestPipe {
    let pipe = TestPipe()
    pipe.send(String(decoding: birth.line, as: UTF8.self) + "\n")
    return pipe
  }

  @Test("help and version need no birth document; a wrong command line is a usage error") func questions() {
    for arguments in [["auditor", "--help"], ["auditor", "--version"]] {
      #expect(FloorProcess.run("auditor", arguments, help: "usage") { _ in } == 0)
    }
    #expect(FloorProcess.run("auditor", ["auditor"], help: "usage") { _ in } == 64)
    #expect(FloorProcess.run("auditor", ["auditor", "--birth", "/no/such"], help: "usage") { _ in } == 78)
  }

  @Test("a process born through a pipe says hello, takes its boss's stop, and ends with 0") func whole() throws {
    let directory = ScratchDirectory()
    let pipe = pipe(birth(directory))
    let status = FloorProcess.run("auditor", ["auditor", "--birth-fd", String(dup(pipe.read))], help: "") { process in
      process.isReady = true
      process.note = "at work"
      let client = ControlClient(loop: process.loop, path: directory.path + "/auditor.sock", bossEpoch: Epoch(1))
      client.onProgress = { progress in
        #expect(progress.isReady)
        #expect(progress.note == "at work")
        client.send(.mode("REDUCE_ONLY")) { _ in
          #expect(process.mode == .reduceOnly)
          client.send(.grant(agent: AgentName("a")!, epoch: Epoch(1), secret: Secret("s"))) { result in
            if case .success = result { Issue.record("a grant is not for the auditor") }
            client.send(.stop)
          }
        }
        client.onProgress = nil
      }
    }
    #expect(status == 0)
    let log = try #require(directory.read("log/auditor.log"))
    #expect(log.contains("process started") && log.contains("process ended"))
    #expect(!SmallFile.exists(directory.path + "/auditor.sock"))
  }

  @Test("the log files of a process take no more than the configuration gives them") func logRoom() throws {
    let directory = ScratchDirectory()
    let status = FloorProcess.run(birth(directory, configuration: ["retention": ["logs_mb": 1]])) { process in
      let text = String(repeating: "x", count: 1000)
      for _ in 0..<2000 { process.log.info("event", [.text("text", text)]) }
      process.stop(.done)
    }
    #expect(status == 0)
    let sizes = [".log", ".log.1", ".log.2", ".log.3", ".log.4", ".log.5"]
      .map { directory.read("log/auditor" + $0)?.utf8.count ?? 0 }
    #expect(sizes[1...4].allSatisfy { (190_000...200_000).contains($0) } && sizes[0] > 0 && sizes[5] == 0, "\(sizes)")
  }

  @Test("the end of the lifeline is an event; without an owner the process stops") func lifeline() {
    for owned in [true, false] {
      let directory = ScratchDirectory()
      let pipe = pipe(birth(directory, lifeline: true))
      var seen = false
      let status = FloorProcess.run("auditor", ["auditor", "--birth-fd", String(dup(pipe.read))], help: "") { process in
        if owned {
          process.onLifelineClosed = {
            seen = true
            process.stop(.tryAgain)
          }
        }
        process.loop.after(.milliseconds(20)) { pipe.closeWrite() }
      }
      #expect(status == (owned ? 75 : 0))
      #expect(seen == owned)
    }
  }

  @Test("a process that is not an agent outlives the end of its birth pipe") func noLifeline() {
    let directory = ScratchDirectory()
    let pipe = pipe(birth(directory))
    pipe.closeWrite()
    let status = FloorProcess.run("auditor", ["auditor", "--birth-fd", String(dup(pipe.read))], help: "") { process in
      process.loop.after(.milliseconds(50)) { process.stop(.tryAgain) }
    }
    #expect(status == 75)
  }

  @Test("SIGTERM asks the owner once; the second one ends at once") func signals() {
    let directory = ScratchDirectory()
    var asked = 0
    let status = FloorProcess.run(birth(directory)) { process in
      process.onStopRequested = {
        asked += 1
        pthread_kill(pthread_self(), SIGTERM)
      }
      process.loop.after(.milliseconds(5)) { pthread_kill(pthread_self(), SIGTERM) }
    }
    #expect(asked == 1)
    #expect(status == 0)
  }

  @Test("errors of the set-up become the documented exit codes") func failures() {
    let directory = ScratchDirectory()
    #expect(FloorProcess.run(birth(directory)) { _ in throw FloorFailure(.unavailable, "newer schema") } == 69)
    struct Other: Error {}
    #expect(FloorProcess.run(birth(directory)) { _ in throw Other() } == 70)
    #expect(FloorProcess.run(birth(directory)) { process in _ = try process.database() } == 78)
  }

  @Test("the heartbeat key is kept with a time to live") func heartbeat() throws {
    let redis = try RedisServer()
    let directory = ScratchDirectory()
    let configuration: JSON = ["redis": ["socket": .string(redis.socket), "key_prefix": "t:"]]
    let status = FloorProcess.run(birth(directory, configuration: configuration)) { process in
      let bus = try process.bus()
      process.advance()
      process.loop.every(.milliseconds(50)) {
        bus.get("heartbeat:auditor") { result in
          guard case .success(let bytes?) = result else { return }
          do {
            let beat = try JSON.parse(bytes)
            #expect(beat["pid"]?.int == Int64(getpid()))
            #expect(beat["progress"] == 1)
            let left = Int(try redis.command("pttl", "t:heartbeat:auditor").prefix { $0 != "\n" })
            #expect(left.map { (1...5000).contains($0) } == true)
          } catch { Issue.record("\(error)") }
          process.stop()
        }
      }
      process.loop.after(.seconds(10)) { process.stop(.broken) }
    }
    #expect(status == 0)
  }
}
