import Glibc
import Shared
import Testing

@testable import FloorIOData

@Suite struct ChildProcessTests {
  private func shell(_ script: String, birth: BirthDocument? = nil) -> ChildSpecification {
    ChildSpecification(executable: "/bin/sh", arguments: ["-c", script], birth: birth)
  }

  private func birth(lifeline: Bool) -> BirthDocument {
    BirthDocument(
      process: "test", stateDirectory: "/tmp", runDirectory: "/tmp", epoch: Epoch(3), boot: "b", lifeline: lifeline,
      secrets: ["k": Secret("s3cret")])
  }

  @Test("exit codes and signals are told apart") func statuses() throws {
    let loop = try EventLoop()
    var exits: [ExitCause] = []
    for script in ["exit 0", "exit 75", "kill -9 $$"] {
      _ = try ChildProcess.spawn(shell(script), on: loop) { exits.append($0) }
      try #require(try loop.turn(until: { !exits.isEmpty && exits.count > 0 }, limit: .seconds(10)))
      let seen = exits
      #expect(seen == [script == "exit 0" ? .code(0) : script == "exit 75" ? .code(75) : .signal(SIGKILL)])
      exits.removeAll()
    }
  }

  @Test("a missing program is reported at once") func missing() throws {
    let loop = try EventLoop()
    let error = #expect(throws: SystemError.self) {
      try ChildProcess.spawn(ChildSpecification(executable: "/no/such/program"), on: loop) { _ in }
    }
    #expect(error?.number == ENOENT)
  }

  @Test("a child sees descriptors 0 to 2 only, the allowed environment only, and its own process group")
  func inheritance() throws {
    // Noise that must not be inherited: an open descriptor without close-on-exec, a variable, ignored and blocked signals.
    let pipe = TestPipe()
    let leak = dup(pipe.read)
    defer { close(leak) }
    unsafe setenv("POLYFLOOR_TEST_CANARY", "secret", 1)
    defer { unsafe unsetenv("POLYFLOOR_TEST_CANARY") }
    var set = sigset_t()
    unsafe sigemptyset(&set)
    unsafe sigaddset(&set, SIGTERM)
    unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    defer { unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil) }
    let output = try Command.run(
      "/bin/sh",
      ["-c", "ls /proc/self/fd; env; grep -E 'Sig(Blk|Ign)' /proc/self/status; cut -d' ' -f5 /proc/$$/stat; echo $$"],
      timeout: .seconds(10))
    #expect(output.succeeded)
    let lines = output.text.split(separator: "\n").map(String.init)
    // ls itself opens the directory as 3.
    #expect(lines.prefix(4) == ["0", "1", "2", "3"])
    #expect(!output.text.contains("CANARY"))
    #expect(output.text.contains("SigBlk:\t0000000000000000"))
    // Bits 31 and 32 belong to the C library, which will not let them go.
    let ignored = lines.first { $0.hasPrefix("SigIgn:") }.flatMap { UInt64($0.dropFirst(8), radix: 16) }
    #expect(ignored.map { $0 & 0x7FFF_FFFF } == 0)
    #expect(lines.suffix(2).first == lines.last)
  }

  @Test("the birth document is on descriptor 3, and nothing of it on the command line") func birthPipe() throws {
    let loop = try EventLoop()
    let directory = ScratchDirectory()
    var exit: ExitCause?
    var what = shell("cat <&3 ; tr '\\0' ' ' < /proc/$$/cmdline", birth: birth(lifeline: false))
    what.output = .file(directory.path + "/out")
    _ = try ChildProcess.spawn(what, on: loop) { exit = $0 }
    try #require(try loop.turn(until: { exit != nil }, limit: .seconds(10)))
    let text = try #require(directory.read("out"))
    let lines = text.split(separator: "\n")
    #expect(try BirthDocument(parsing: Array(lines[0].utf8)).secrets["k"]?.reveal() == "s3cret")
    #expect(lines[1].hasSuffix("--birth-fd 3 "))
    #expect(!lines[1].contains("s3cret"))
  }

  @Test("a document near the largest size does not block the parent") func largeBirth() throws {
    let loop = try EventLoop()
    var exit: ExitCause?
    let large = BirthDocument(
      process: "test", stateDirectory: "/tmp", runDirectory: "/tmp", epoch: Epoch(3), boot: "b",
      configuration: .string(String(repeating: "x", count: 900_000)))
    _ = try ChildProcess.spawn(shell("[ $(wc -c <&3) -gt 900000 ]", birth: large), on: loop) { exit = $0 }
    try #require(try loop.turn(until: { exit != nil }, limit: .seconds(10)))
    #expect(exit == .code(0))
  }

  @Test("a lifeline stays open until it is closed") func lifeline() throws {
    let loop = try EventLoop()
    var exit: ExitCause?
    let child = try ChildProcess.spawn(shell("cat <&3 >/dev/null; exit 7", birth: birth(lifeline: true)), on: loop) {
      exit = $0
    }
    #expect(try !loop.turn(until: { exit != nil }, limit: .milliseconds(200)))
    child.closeLifeline()
    try #require(try loop.turn(until: { exit != nil }, limit: .seconds(10)))
    #expect(exit == .code(7))
  }

  @Test("a stopped process that ignores SIGTERM is killed with its group after the grace") func killLadder() throws {
    let loop = try EventLoop()
    let directory = ScratchDirectory()
    var exit: ExitCause?
    var what = shell("trap '' TERM; sleep 1000 & echo $!; wait; wait; sleep 1000")
    what.output = .file(directory.path + "/out")
    let child = try ChildProcess.spawn(what, on: loop) { exit = $0 }
    try #require(
      try loop.turn(
        until: {
          directory.read("out")?.hasSuffix("\n") == true
            || {
              loop.after(.milliseconds(5)) {}
              return false
            }()
        }, limit: .seconds(10)))
    let grandchild = try #require(Int32(directory.read("out")?.dropLast() ?? ""))
    let identity = try #require(ChildIdentity(running: grandchild))
    #expect(identity.isAlive)
    child.signal(SIGSTOP)
    child.end(grace: .milliseconds(50))
    try #require(try loop.turn(until: { exit != nil }, limit: .seconds(10)))
    #expect(exit == .signal(SIGKILL))
    let died = try loop.turn(
      until: {
        !identity.isAlive
          || {
            loop.after(.milliseconds(5)) {}
            return false
          }()
      }, limit: .seconds(5))
    #expect(died)
    #expect(!child.identity.isAlive)
    #expect(!child.signal(SIGTERM))
  }

  @Test("an adopted process's end is seen, its cause is unknown") func adoption() throws {
    let parentLoop = try EventLoop()
    let loop = try EventLoop()
    let child = try ChildProcess.spawn(shell("exec sleep 1000"), on: parentLoop) { _ in }
    var exit: ExitCause?
    let adopted = try #require(try ChildProcess.adopt(child.identity, on: loop) { exit = $0 })
    #expect(!adopted.isChild)
    #expect(try !loop.turn(until: { exit != nil }, limit: .milliseconds(50)))
    adopted.end()
    try #require(try loop.turn(until: { exit != nil }, limit: .seconds(10)))
    #expect(exit == .unknown)
    // Dead but not reaped by its parent: still proven dead.
    #expect(!child.identity.isAlive)
    #expect(try ChildProcess.adopt(child.identity, on: loop) { _ in } == nil)
    try #require(try parentLoop.turn(until: { child.exit != nil }, limit: .seconds(10)))
    #expect(child.exit == .signal(SIGTERM))
  }

  @Test("a later process under the same number is not taken for the earlier one") func numberReuse() {
    let mine = ChildIdentity.current
    #expect(mine.isAlive)
    #expect(!ChildIdentity(pid: mine.pid, startTicks: mine.startTicks - 1).isAlive)
  }

  @Test("a name with blanks and parentheses does not shift the fields of /proc/<pid>/stat") func hostileName() throws {
    let line = "42 (a) R (b c) S 7 42 42 0 -1 0 0 0 0 0 3 4 0 0 20 0 1 0 987 0 0"
    let stat = try #require(ProcessStat(parsing: Array(line.utf8)))
    #expect(stat.name == "a) R (b c")
    #expect(stat.state == "S")
    #expect(stat.parent == 7)
    #expect(stat.startTicks == 987)
    #expect(stat.cpuTicks == 7)
  }

  @Test("a command that does not end is killed at its deadline") func deadline() throws {
    let start = SystemClock.monotonic()
    let error = #expect(throws: SystemError.self) {
      try Command.run("/bin/sleep", ["1000"], timeout: .milliseconds(50))
    }
    #expect(error?.number == ETIME)
    #expect(SystemClock.monotonic().since(start) < .seconds(5))
  }
}
