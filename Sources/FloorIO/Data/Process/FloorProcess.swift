import CLinux
import CPlat
import Glibc
import Shared

/// What every executable of the floor starts with: its birth document, a log file, a loop, signals, and an orderly end with one of the
/// documented exit codes.
///
/// ```
/// func runAuditor(_ arguments: [String]) -> Int32 {
///   FloorProcess.run("auditor", arguments, help: help) { process in … wire the parts to process.loop … }
/// }
/// ```
public final class FloorProcess {
  public let birth: BirthDocument
  /// The command-line options that the executable declared.
  public let options: [String: String]
  public let loop: EventLoop
  public let log: Log
  /// `0.1.0+<hex>`: release and a mark of this very binary, so that two builds can be told apart.
  public let build: String

  /// Told to stop (SIGTERM, SIGINT, a control command). The owner finishes its work and calls `stop`; without an owner the process
  /// stops at once. A second signal stops at once in any case.
  public var onStopRequested: (() -> Void)?
  /// The boss is gone (end-of-file on the lifeline). Without an owner the process stops at once.
  public var onLifelineClosed: (() -> Void)?

  private var status: Int32?
  private var stopRequests = 0
  private var lifelineWatch: WatchID?
  private let birthDescriptor: Int32

  private init(birth: BirthDocument, options: [String: String], birthDescriptor: Int32, log: Log?) throws {
    self.birth = birth
    self.options = options
    self.birthDescriptor = birthDescriptor
    loop = try EventLoop()
    self.log = try log ?? Log(directory: birth.stateDirectory + "/log", process: birth.process)
    build = FloorProcess.buildMark()
  }

  // MARK: Running

  /// Reads the command line and the birth document, sets the process up, runs the loop, and returns the exit status.
  ///
  /// - Parameters:
  ///   - name: the executable's name, for messages on standard error before there is a log.
  ///   - arguments: the whole command line, program name first.
  ///   - help: the text of `--help`.
  ///   - options: further `--name VALUE` options that the executable takes; they arrive in `options`.
  ///   - setUp: wires the parts. What it makes must be kept alive by the loop's handlers or by the caller's captures.
  public static func run(
    _ name: String, _ arguments: [String], help: String, options: Set<String> = [],
    _ setUp: (FloorProcess) throws -> Void
  ) -> Int32 {
    prepare()
    do {
      switch try LaunchArguments.parse(arguments.dropFirst(), options: options) {
      case .help:
        print(help)
        return ExitCode.done.rawValue
      case .version:
        print("\(name) \(buildMark())")
        return ExitCode.done.rawValue
      case .birthDescriptor(let descriptor, let options):
        guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else {
          throw FloorFailure(.usage, "--birth-fd \(descriptor): \(SystemError.last("fcntl"))")
        }
        let birth = try BirthReader.read(descriptor: descriptor)
        return run(birth, options: options, birthDescriptor: descriptor, setUp)
      case .birthFile(let path, let options):
        return run(try BirthReader.read(path: path), options: options, setUp)
      }
    } catch {
      complain(name, "\(error)")
      return ((error as? FloorFailure)?.exitCode ?? .broken).rawValue
    }
  }

  /// For the boss, which is not born of another floor process: it makes its own birth document.
  public static func run(
    _ birth: BirthDocument, options: [String: String] = [:], _ setUp: (FloorProcess) throws -> Void
  ) -> Int32 {
    prepare()
    return run(birth, options: options, birthDescriptor: -1, setUp)
  }

  private static func run(
    _ birth: BirthDocument, options: [String: String], birthDescriptor: Int32, _ setUp: (FloorProcess) throws -> Void
  ) -> Int32 {
    let process: FloorProcess
    do {
      if !birth.secrets.isEmpty { try hideMemory() }
      process = try FloorProcess(birth: birth, options: options, birthDescriptor: birthDescriptor, log: nil)
    } catch {
      complain(birth.process, "\(error)")
      return ExitCode.configuration.rawValue
    }
    return process.work(setUp)
  }

  private func work(_ setUp: (FloorProcess) throws -> Void) -> Int32 {
    log.info("process started", [.int("pid", getpid()), .int("epoch", birth.epoch.number), .text("build", build)])
    do {
      try watchSignals()
      try watchLifeline()
      try setUp(self)
      while status == nil { try loop.turn(timeout: nil) }
    } catch {
      let code = (error as? FloorFailure)?.exitCode ?? .broken
      log.error("process failed", [.error(error), .int("exit_code", code.rawValue)])
      FloorProcess.complain(birth.process, "\(error)")
      return code.rawValue
    }
    let result = status ?? ExitCode.done.rawValue
    log.info("process ended", [.int("exit_code", result)])
    return result
  }

  // MARK: Ending

  /// Ends the loop after this turn; `run` returns the code. The first call counts.
  public func stop(_ code: ExitCode = .done) {
    guard status == nil else { return }
    status = code.rawValue
    // Wakes a loop that is between two turns.
    loop.after(.zero) {}
  }

  /// Asks for an orderly end, as SIGTERM does.
  public func requestStop() {
    stopRequests += 1
    if stopRequests == 1, let onStopRequested { onStopRequested() } else { stop() }
  }

  private func watchSignals() throws {
    for number in [SIGTERM, SIGINT] {
      try loop.onSignal(number) { [unowned self] in
        log.info("signal received", [.int("signal", number)])
        requestStop()
      }
    }
    // A terminal that goes away must not take the floor with it.
    try loop.onSignal(SIGHUP) { [unowned self] in log.info("signal received", [.int("signal", SIGHUP)]) }
  }

  private func watchLifeline() throws {
    guard birthDescriptor >= 0 else { return }
    guard birth.lifeline else {
      close(birthDescriptor)
      return
    }
    _ = fcntl(birthDescriptor, F_SETFL, O_NONBLOCK)
    lifelineWatch = try loop.watch(birthDescriptor, read: true, write: false) { [unowned self] _ in
      var byte: UInt8 = 0
      let count = unsafe read(birthDescriptor, &byte, 1)
      guard count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) else { return }
      if let lifelineWatch { loop.unwatch(lifelineWatch) }
      lifelineWatch = nil
      close(birthDescriptor)
      log.warning("lifeline closed: the boss is gone")
      if let onLifelineClosed { onLifelineClosed() } else { stop() }
    }
  }

  // MARK: The process itself

  private static func prepare() {
    // A reader that went away is an error of that write, not the end of the process.
    _ = signal(SIGPIPE, SIG_IGN)
    _ = umask(0o077)
  }

  /// No core dumps, no reading of this memory by other processes of the same user.
  private static func hideMemory() throws {
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) == 0 else {
      throw SystemError.last("setrlimit")
    }
    guard cplat_set_undumpable() == 0 else { throw SystemError.last("prctl") }
  }

  private static func buildMark() -> String {
    var status = stat()
    guard unsafe stat("/proc/self/exe", &status) == 0 else { return FloorVersion.text }
    let mark = UInt64(status.st_size) &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(status.st_mtim.tv_sec) << 20
    return FloorVersion.text + "+" + String(mark, radix: 16)
  }

  private static func complain(_ name: String, _ text: String) {
    let line = Array("\(name): \(text)\n".utf8)
    // Nobody may be listening; the exit status says the rest.
    _ = unsafe line.withUnsafeBytes { unsafe write(2, $0.baseAddress!, $0.count) }
  }
}
