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
  /// Nothing happens by the market's time but by a `clock` command of the boss: how a whole floor is compared with a backtest
  /// (docs/lockstep.md). Only of a birth that says so, which no floor's does.
  public let isInLockstep: Bool
  /// Notes moments for `floor-bench`; `nil` on a floor.
  public let trace: PathTrace?

  /// What the control socket and the heartbeat say of this process; the owner keeps it true.
  public var isReady = false {
    // Whoever spawned us waits for this word, and an agent that is ready must not look unready for half a second.
    didSet { if isReady, !oldValue { control?.reportNow() } }
  }
  public var mode: FloorMode = .active
  public var note = ""
  /// What the process counts, for its heartbeat: an object of whole numbers.
  public var counters: (() -> JSON)?
  /// Work of the main loop, for the watchdog: see `advance`.
  public private(set) var progress: UInt64 = 0
  /// How much work the process could do now and has not begun; without an owner: none. What waits for another process is not counted:
  /// whoever says that work waits while `progress` stands still is judged stuck and replaced.
  public var waiting: (() -> Int)?
  /// The boss's hand on this process.
  public private(set) var control: ControlServer?
  /// A command other than `stop`, which `onStopRequested` gets. Throw `ControlServer.Refusal` to refuse. Without an owner `drain` stops
  /// the process and `mode` sets `mode`.
  public var onCommand: ((ControlCommand) throws -> Void)?
  /// In lockstep: the market stands at that time; with `isBeat` what is otherwise done by a timer is due now.
  public var onClock: ((_ market: MarketTime, _ isBeat: Bool) -> Void)?
  /// Told to stop (SIGTERM, SIGINT, a control command). The owner finishes its work and calls `stop`; without an owner the process
  /// stops at once. A second request stops at once too, unless `stopsAtSecondRequest` says otherwise: then the owner hears of it again.
  public var onStopRequested: (() -> Void)?
  public var stopsAtSecondRequest = true
  /// The boss is gone (end-of-file on the lifeline). Without an owner the process stops at once.
  public var onLifelineClosed: (() -> Void)?

  /// How long the desk goes on without a boss (`supervision.desk_alone_s`).
  private var bossAbsenceMax: Duration { .seconds(birth.configuration["supervision"]?["desk_alone_s"]?.int ?? 60) }

  private var openedDatabase: Database?
  private var openedBus: RedisBus?
  private var status: Int32?
  private var stopRequests = 0
  private var lifelineWatch: WatchID?
  private let birthDescriptor: Int32

  private init(birth: BirthDocument, options: [String: String], birthDescriptor: Int32, log: Log?) throws {
    self.birth = birth
    self.options = options
    self.birthDescriptor = birthDescriptor
    loop = try EventLoop()
    let logMegabytes = birth.configuration["retention"]?["logs_mb"]?.int ?? 64
    self.log =
      try log
      ?? Log(
        directory: birth.stateDirectory + "/log", process: birth.process, bytesTotal: Int(logMegabytes) * 1_000_000)
    build = FloorProcess.buildMark()
    isInLockstep = birth.configuration["lockstep"]?.bool == true
    trace =
      birth.configuration["trace"]?.bool == true
      ? PathTrace(directory: birth.stateDirectory + "/log", process: birth.process) : nil
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
      try openControl()
      defer { control?.close() }
      try setUp(self)
      while status == nil { try loop.turn(timeout: nil) }
      try trace?.write()
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

  /// Counts one piece of the main loop's work. Call it where the process does what it is for (a message handled, a poll answered), not
  /// from a bare timer: a process that stands still here is judged stuck.
  public func advance() { progress &+= 1 }

  // MARK: Services

  /// PostgreSQL as the birth document names it, opened at the first call.
  /// - Parameter adjust: changes the settings before the first call opens it.
  public func database(_ adjust: (inout DatabaseSettings) -> Void = { _ in }) throws -> Database {
    if let openedDatabase { return openedDatabase }
    var settings = try DatabaseSettings(birth: birth)
    adjust(&settings)
    let database = Database(loop: loop, settings: settings, log: log)
    openedDatabase = database
    return database
  }

  /// Redis as the birth document names it, opened at the first call; from then on the heartbeat key is kept.
  public func bus() throws -> RedisBus {
    if let openedBus { return openedBus }
    let bus = RedisBus(loop: loop, settings: try RedisSettings(birth: birth), log: log)
    openedBus = bus
    loop.every(.seconds(1)) { [weak self] in self?.beat() }
    return bus
  }

  /// For people who look with redis-cli; nobody decides by it.
  private func beat() {
    guard let openedBus, openedBus.isConnected else { return }
    let beat: JSON = [
      "process": .string(birth.process), "pid": .int(getpid()), "epoch": .int(birth.epoch.number),
      "boot": .string(birth.boot),
      "sent_ns": .int(SystemClock.wall().nanoseconds), "progress": .int(progress), "ready": .bool(isReady),
      "mode": .string(mode.rawValue), "note": .string(note), "log_errors": .int(log.counts[.error] ?? 0),
      "log_dropped": .int(log.droppedTotal), "bus_dropped": .int(openedBus.droppedByQueue + openedBus.droppedWhileAway),
    ]
    let whole = counters.map { beat.with("counters", $0()) } ?? beat
    openedBus.set(Names.heartbeat(birth.process), whole.bytes, ttl: .seconds(5))
  }

  private func openControl() throws {
    let hello = ControlHello(
      process: birth.process, identity: .current, boot: birth.boot, epoch: birth.epoch, build: build)
    let server = try ControlServer(
      loop: loop, path: "\(birth.runDirectory)/\(birth.process).sock", hello: hello, log: log
    ) { [unowned self] in
      ControlProgress(
        progress: progress, waiting: waiting?() ?? 0, isReady: isReady, lag: loop.takeWorstLag(), mode: mode.rawValue,
        note: note, counters: isInLockstep ? counters?() : nil)
    }
    server.onCommand = { [unowned self] in try obey($0) }
    control = server
    // Whoever has a lifeline sees the boss's end at once; the boss has no boss.
    if !birth.lifeline, birth.process != ProcessNames.boss {
      loop.every(.seconds(1)) { [weak self] in self?.watchBoss() }
    }
  }

  /// Nobody has reported as the boss for that long: the desk ends itself, so that a floor whose boss never returns leaves nothing behind.
  private func watchBoss() {
    guard let absent = control?.bossAbsentSince, stopRequests == 0 else { return }
    guard SystemClock.monotonic().since(absent) >= bossAbsenceMax else { return }
    log.warning("no boss: ending in order", [.milliseconds("absent_max_ms", bossAbsenceMax)])
    requestStop()
  }

  private func obey(_ command: ControlCommand) throws {
    switch command {
    case .boss: break
    case .stop: requestStop()
    case .clock(let market, let isBeat):
      guard isInLockstep, let onClock else {
        throw ControlServer.Refusal("the market's clock is not moved by hand here")
      }
      onClock(market, isBeat)
    case .drain, .mode, .grant, .revoke:
      if let onCommand { return try onCommand(command) }
      switch command {
      case .drain: requestStop()
      case .mode(let word):
        guard let mode = FloorMode(rawValue: word) else { throw ControlServer.Refusal("no such mode: \(word)") }
        self.mode = mode
      case .boss, .stop, .grant, .revoke, .clock: throw ControlServer.Refusal("\(command.name) is not for this process")
      }
    }
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
    if stopRequests == 1 || !stopsAtSecondRequest, let onStopRequested { onStopRequested() } else { stop() }
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
    // A closed 0, 1 or 2 would be given to the next file or socket, and a stray print would go into it.
    while true {
      let fd = unsafe open("/dev/null", O_RDWR)
      if fd > 2 { close(fd) }
      if fd < 0 || fd > 2 { break }
    }
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
