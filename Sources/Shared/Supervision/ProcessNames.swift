/// What the floor's processes are called: in socket names, logs, heartbeats, the table `processes`. The executables carry the same names.
public enum ProcessNames {
  public static let boss = "floor-boss"
  public static let gateway = "order-gateway"
  public static let marketFeed = "market-feed"
  public static let auditor = "auditor"
  public static let monitor = "perf-monitor"
  public static let web = "floor-web"
  /// The executable of every agent.
  public static let agentExecutable = "trader-agent"

  /// The desk, in the order in which it is started.
  public static let desk = [gateway, marketFeed, auditor, monitor, web]

  public static func agent(_ name: AgentName) -> String { "agent-" + name.text }

  /// The agent behind a process name, or `nil` for the desk.
  public static func agent(ofProcess process: String) -> AgentName? {
    guard process.hasPrefix("agent-") else { return nil }
    return AgentName(String(process.dropFirst("agent-".count)))
  }

  /// Which program of desk or agents a process was started as: the first word of its command line is a path in this folder.
  /// - Parameter commandLine: `/proc/<pid>/cmdline`, words ended by zero bytes.
  public static func program(commandLine: [UInt8], in folder: String) -> String? {
    let path = String(decoding: commandLine.prefix { $0 != 0 }, as: UTF8.self)
    guard let slash = path.lastIndex(of: "/"), path[..<slash] == folder else {
      return nil
    }
    let name = String(path[path.index(after: slash)...])
    return desk.contains(name) || name == agentExecutable ? name : nil
  }

  /// The database role (and lease, where there is one) of a desk process, without `floor_`. Roles: sql/migrations/0001_roles.sql.
  public static func deskRole(_ process: String) -> String? {
    switch process {
    case boss: "boss"
    case gateway: "gateway"
    case marketFeed: "feed"
    case auditor: "auditor"
    case monitor: "monitor"
    case web: "web"
    default: nil
    }
  }
}
