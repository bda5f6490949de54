import CLinux
import CPlat
import Glibc
import Shared

/// What to start, and with what around it. Nothing is inherited that is not named here.
public struct ChildSpecification: Sendable {
  public enum Output: Hashable, Sendable {
    /// Standard output and error are appended to this file.
    case file(String)
    /// Both go to this open descriptor.
    case descriptor(Int32)
    case discard
    /// Both stay the parent's own.
    case inherit
  }

  /// Absolute path; no search along PATH.
  public var executable: String
  /// Without the program's name.
  public var arguments: [String]
  public var environment: [String: String]
  public var workingDirectory: String
  public var output: Output
  /// Written to a pipe that the child finds as descriptor 3 (`--birth-fd 3` is added to the arguments).
  public var birth: BirthDocument?

  public init(
    executable: String, arguments: [String] = [],
    environment: [String: String] = ChildSpecification.allowedEnvironment(),
    workingDirectory: String = "/", output: Output = .discard, birth: BirthDocument? = nil
  ) {
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.output = output
    self.birth = birth
  }

  /// What of our own environment a child may see: where programs and libraries are, and language. Never a setting, never a secret.
  public static func allowedEnvironment() -> [String: String] {
    var result = ["PATH": "/usr/local/bin:/usr/bin:/bin"]
    for name in ["PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "SWIFT_BACKTRACE"] {
      if let value = unsafe getenv(name) { result[name] = unsafe String(cString: value) }
    }
    return result
  }
}

/// A process we watch: our child, or one adopted from an earlier boss. Its end is an event of the loop (pidfd); its number is never
/// signalled after its end. Letting go of the object neither kills nor closes the watch: call `abandon` for that.
public final class ChildProcess {
  public let identity: ChildIdentity
  public var pid: Int32 { identity.pid }
  /// False for an adopted process, whose exit status nobody can read.
  public let isChild: Bool
  /// `nil` while it runs.
  public private(set) var exit: ExitCause?

  private let loop: EventLoop
  private let descriptor: Int32
  private var watch: WatchID?
  private var lifeline: Int32
  private var killTimer: TimerID?
  private let onExit: (ExitCause) -> Void

  private init(
    loop: EventLoop, identity: ChildIdentity, descriptor: Int32, lifeline: Int32, isChild: Bool,
    onExit: @escaping (ExitCause) -> Void
  ) throws {
    self.loop = loop
    self.identity = identity
    self.descriptor = descriptor
    self.lifeline = lifeline
    self.isChild = isChild
    self.onExit = onExit
    // The watch keeps the object alive until the process ends: a forgotten child is still reaped.
    watch = try loop.watch(descriptor, read: true, write: false) { [self] _ in ended() }
  }

  // MARK: Beginning

  /// Starts a child in its own process group, with default signals, no descriptors but 0-2 (and 3 with a birth document), and the given
  /// environment alone. `onExit` is called once, from the loop.
  ///
  /// - Throws: `SystemError` at once when the program is missing or may not run.
  public static func spawn(
    _ specification: ChildSpecification, on loop: EventLoop, onExit: @escaping (ExitCause) -> Void
  ) throws -> ChildProcess {
    var birthEnds: [Int32] = [-1, -1]
    if let birth = specification.birth { birthEnds = try birthPipe(birth) }
    defer { if birthEnds[0] >= 0 { close(birthEnds[0]) } }
    let pid: pid_t
    do {
      pid = try start(specification, birthEnd: birthEnds[0])
    } catch {
      if birthEnds[1] >= 0 { close(birthEnds[1]) }
      throw error
    }
    var lifeline = birthEnds[1]
    if lifeline >= 0, specification.birth?.lifeline != true {
      close(lifeline)
      lifeline = -1
    }
    do {
      // The child is not reaped yet, so its number is its own.
      let descriptor = pidfd_open(pid, 0)
      guard descriptor >= 0, let identity = ChildIdentity(running: pid) else {
        throw SystemError.last("pidfd_open", specification.executable)
      }
      return try ChildProcess(
        loop: loop, identity: identity, descriptor: descriptor, lifeline: lifeline, isChild: true, onExit: onExit)
    } catch {
      // A child that cannot be watched must not live.
      _ = Glibc.kill(pid, SIGKILL)
      var status: Int32 = 0
      _ = retryingInterrupts { unsafe waitpid(pid, &status, 0) }
      if lifeline >= 0 { close(lifeline) }
      throw error
    }
  }

  /// Watches a process that somebody else started. `nil` when it is already dead. Its exit status will be `.unknown`.
  public static func adopt(
    _ identity: ChildIdentity, on loop: EventLoop, onExit: @escaping (ExitCause) -> Void
  ) throws -> ChildProcess? {
    let descriptor = pidfd_open(identity.pid, 0)
    if descriptor < 0 {
      if errno == ESRCH { return nil }
      throw SystemError.last("pidfd_open")
    }
    // Checked after the open: the descriptor now means one process, and this says which.
    guard identity.isAlive else {
      close(descriptor)
      return nil
    }
    return try ChildProcess(
      loop: loop, identity: identity, descriptor: descriptor, lifeline: -1, isChild: false, onExit: onExit)
  }

  /// A pipe that already holds the document's line. Ends: read, write.
  private static func birthPipe(_ birth: BirthDocument) throws -> [Int32] {
    var ends: [Int32] = [-1, -1]
    guard unsafe cplat_pipe_cloexec(&ends) == 0 else { throw SystemError.last("pipe2") }
    let line = birth.line + [0x0A]
    do {
      // The whole line must fit, so that the boss never waits for a child.
      if line.count > 60_000, fcntl(ends[1], setPipeSize, Int32(1 << 20)) < 0 { throw SystemError.last("fcntl") }
      guard fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0 else { throw SystemError.last("fcntl") }
      let written = unsafe line.withUnsafeBytes { space in
        retryingInterrupts { unsafe write(ends[1], space.baseAddress!, space.count) }
      }
      guard written == line.count else {
        throw written < 0 ? SystemError.last("write", "birth pipe") : SystemError("write", EMSGSIZE, "birth pipe")
      }
    } catch {
      close(ends[0])
      close(ends[1])
      throw error
    }
    return ends
  }

  /// `F_SETPIPE_SZ`, a GNU-only macro of <fcntl.h>.
  private static let setPipeSize: Int32 = 1031

  private static func start(_ what: ChildSpecification, birthEnd: Int32) throws -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    func check(_ status: Int32, _ call: StaticString) throws {
      guard status == 0 else { throw SystemError(call, status, what.executable) }
    }
    try check(unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0), "addopen")
    switch what.output {
    case .file(let path):
      try check(
        unsafe posix_spawn_file_actions_addopen(
          &actions, 1, path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600), "addopen")
      try check(unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2), "adddup2")
    case .descriptor(let descriptor):
      try check(unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, 1), "adddup2")
      try check(unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2), "adddup2")
    case .discard:
      try check(unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0), "addopen")
      try check(unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2), "adddup2")
    case .inherit: break
    }
    if birthEnd >= 0 { try check(unsafe posix_spawn_file_actions_adddup2(&actions, birthEnd, 3), "adddup2") }
    try check(unsafe cplat_spawn_closefrom(&actions, birthEnd >= 0 ? 4 : 3), "addclosefrom")
    try check(unsafe cplat_spawn_chdir(&actions, what.workingDirectory), "addchdir")

    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var all = sigset_t()
    var none = sigset_t()
    _ = unsafe sigfillset(&all)
    _ = unsafe sigemptyset(&none)
    // An ignored or blocked signal would survive exec and make the child deaf to SIGTERM.
    unsafe posix_spawnattr_setsigdefault(&attributes, &all)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setpgroup(&attributes, 0)
    unsafe posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))

    var arguments = [what.executable] + what.arguments
    if birthEnd >= 0 { arguments += ["--birth-fd", "3"] }
    let environment = what.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    var pid: pid_t = 0
    let status = unsafe CStrings.withMutable(arguments) { argv in
      unsafe CStrings.withMutable(environment) { envp in
        unsafe posix_spawn(&pid, what.executable, &actions, &attributes, argv, envp)
      }
    }
    try check(status, "posix_spawn")
    return pid
  }

  // MARK: Ending

  /// Sends a signal to the process alone. False when it has ended.
  @discardableResult
  public func signal(_ number: Int32) -> Bool {
    guard exit == nil else { return false }
    return pidfd_send_signal(descriptor, number, nil, 0) == 0
  }

  /// The kill ladder: SIGTERM now; if it still runs after `grace`, SIGKILL to it and its whole group. `onExit` tells the end.
  public func end(grace: Duration = .seconds(2)) {
    guard exit == nil, killTimer == nil else { return }
    signal(SIGTERM)
    killTimer = loop.after(grace) { [weak self] in self?.kill() }
  }

  /// SIGKILL now, to it and its whole group. The process is not reaped yet, so the group's number is still its own.
  public func kill() {
    guard exit == nil, identity.isAlive else { return }
    signal(SIGKILL)
    if let now = ProcessStat.read(pid: pid), now.group == pid { _ = Glibc.kill(-pid, SIGKILL) }
  }

  /// Lets the child see the end of its lifeline: checkpoint and exit.
  public func closeLifeline() {
    guard lifeline >= 0 else { return }
    close(lifeline)
    lifeline = -1
  }

  /// Stops watching without touching the process; it goes on. Its `onExit` is not called any more.
  public func abandon() {
    guard exit == nil else { return }
    exit = .unknown
    release()
  }

  private func ended() {
    guard exit == nil else { return }
    var result = ExitCause.unknown
    if isChild {
      var status: Int32 = 0
      let reaped = retryingInterrupts { unsafe waitpid(pid, &status, WNOHANG) }
      // Readable means dead, so it can be reaped; nobody else in this process waits for our children.
      if reaped == 0 { return }
      if reaped == pid { result = ExitCause(waitStatus: status) }
    }
    exit = result
    release()
    onExit(result)
  }

  private func release() {
    if let watch { loop.unwatch(watch) }
    watch = nil
    if let killTimer { loop.cancel(killTimer) }
    killTimer = nil
    close(descriptor)
    closeLifeline()
  }
}

extension CStrings {
  /// For `argv` and `envp`, whose C type promises less than it keeps.
  static func withMutable<Result>(
    _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    unsafe with(texts) { pointers in
      unsafe pointers.withMemoryRebound(to: UnsafeMutablePointer<CChar>?.self, capacity: texts.count + 1) {
        unsafe body($0)
      }
    }
  }
}
