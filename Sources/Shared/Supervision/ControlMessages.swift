/// What goes over a control socket, one JSON object a line (docs/architecture.md, section 5). Both ends build and read it here.
public enum ControlMessages {
  /// Longest line either side accepts, in bytes.
  public static let lineBytesMax = 64 << 10
}

/// The first line a floor process sends to every client.
public struct ControlHello: Hashable, Sendable {
  public let process: String
  public let identity: ChildIdentity
  public let boot: String
  public let epoch: Epoch
  public let build: String

  public init(process: String, identity: ChildIdentity, boot: String, epoch: Epoch, build: String) {
    self.process = process
    self.identity = identity
    self.boot = boot
    self.epoch = epoch
    self.build = build
  }

  public init?(_ json: JSON) {
    guard json["hello"]?.int == 1, let process = json["process"]?.string,
      let pid = json["pid"]?.int.flatMap(Int32.init(exactly:)),
      let start = json["start_ticks"]?.int, let boot = json["boot"]?.string, let epoch = json["epoch"]?.int,
      let build = json["build"]?.string
    else { return nil }
    self.init(
      process: process, identity: ChildIdentity(pid: pid, startTicks: start), boot: boot, epoch: Epoch(epoch),
      build: build)
  }

  public var json: JSON {
    [
      "hello": 1, "process": .string(process), "pid": .int(identity.pid), "start_ticks": .int(identity.startTicks),
      "boot": .string(boot), "epoch": .int(epoch.number), "build": .string(build),
    ]
  }
}

/// What a floor process says of itself twice a second.
public struct ControlProgress: Hashable, Sendable {
  /// Counts work of the main loop, not a timer's ticks.
  public var progress: UInt64
  /// Pieces of work that this process could do now and has not begun. Standing still with nothing waiting is idle; with something
  /// waiting it is stuck.
  public var waiting: Int
  public var isReady: Bool
  /// How late the loop's timers were, at worst since the last report.
  public var lag: Duration
  /// The process's own mode: a floor mode's name, or its own word.
  public var mode: String
  /// What it waits for or works on, for people.
  public var note: String
  /// What it counts, while its market moves in lockstep: whoever moves it sees by this when all is quiet.
  public var counters: JSON?

  public init(
    progress: UInt64, waiting: Int = 0, isReady: Bool, lag: Duration, mode: String, note: String, counters: JSON? = nil
  ) {
    self.progress = progress
    self.waiting = waiting
    self.isReady = isReady
    self.lag = lag
    self.mode = mode
    self.note = note
    self.counters = counters
  }

  public init?(_ json: JSON) {
    guard let progress = json["progress"]?.int, progress >= 0, let ready = json["ready"]?.bool,
      let lag = json["lag_ms"]?.int, let mode = json["mode"]?.string, let note = json["note"]?.string
    else { return nil }
    // A process of an earlier build does not say what waits: it is judged by its reports alone.
    self.init(
      progress: UInt64(progress), waiting: Int(clamping: json["waiting"]?.int ?? 0), isReady: ready,
      lag: .milliseconds(lag), mode: mode, note: note, counters: json["counters"])
  }

  public var json: JSON {
    let base: JSON = [
      "progress": .int(progress), "waiting": .int(waiting), "ready": .bool(isReady), "lag_ms": .int(lag.milliseconds),
      "mode": .string(mode),
      "note": .string(note),
    ]
    return counters.map { base.with("counters", $0) } ?? base
  }
}

/// What may be asked of a floor process. All but `boss` are taken only from the client that said it is the boss.
public enum ControlCommand: Sendable {
  /// This client is the boss of that epoch. A lower epoch than one seen before is refused: that boss was replaced.
  case boss(Epoch)
  /// End in order.
  case stop
  /// Take on nothing new, finish what is open, then end.
  case drain
  case mode(String)
  /// To the gateway: the agent of that epoch proves its intents with this secret.
  case grant(agent: AgentName, epoch: Epoch, secret: Secret)
  case revoke(agent: AgentName)
  /// In lockstep only: the market stands at that time until the next such command. With `beat`, what the process does by a timer is
  /// due now.
  case clock(MarketTime, beat: Bool)

  public var name: String {
    switch self {
    case .boss: "boss"
    case .stop: "stop"
    case .drain: "drain"
    case .mode: "mode"
    case .grant: "grant"
    case .revoke: "revoke"
    case .clock: "clock"
    }
  }

  /// `nil` for an unknown or incomplete command.
  public init?(_ json: JSON) {
    switch json["cmd"]?.string {
    case "boss":
      guard let epoch = json["epoch"]?.int else { return nil }
      self = .boss(Epoch(epoch))
    case "stop": self = .stop
    case "drain": self = .drain
    case "mode":
      guard let mode = json["mode"]?.string else { return nil }
      self = .mode(mode)
    case "grant":
      guard let agent = json["agent"]?.string.flatMap(AgentName.init), let epoch = json["epoch"]?.int,
        let secret = json["secret"]?.string
      else { return nil }
      self = .grant(agent: agent, epoch: Epoch(epoch), secret: Secret(secret))
    case "revoke":
      guard let agent = json["agent"]?.string.flatMap(AgentName.init) else { return nil }
      self = .revoke(agent: agent)
    case "clock":
      guard let market = json["market_ns"]?.int, let beat = json["beat"]?.bool else { return nil }
      self = .clock(MarketTime(nanoseconds: market), beat: beat)
    default: return nil
    }
  }

  /// For the socket: a grant's secret leaves its type here.
  public var json: JSON {
    let base: JSON = ["cmd": .string(name)]
    return switch self {
    case .boss(let epoch): base.with("epoch", .int(epoch.number))
    case .stop, .drain: base
    case .mode(let mode): base.with("mode", .string(mode))
    case .grant(let agent, let epoch, let secret):
      base.with("agent", .string(agent.text)).with("epoch", .int(epoch.number)).with("secret", .string(secret.reveal()))
    case .revoke(let agent): base.with("agent", .string(agent.text))
    case .clock(let market, let beat): base.with("market_ns", .int(market.nanoseconds)).with("beat", .bool(beat))
    }
  }
}
