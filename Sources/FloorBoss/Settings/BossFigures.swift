import Shared

/// The keys of the configuration that the boss itself goes by, read once, before anything starts: a running boss has no value that
/// it could miss.
struct BossFigures {
  let supervision: SupervisionPolicy
  let startsPerSecond: Int64
  /// The whole ordered stop.
  let stopWithin: Duration
  let isPaper: Bool
  let isVenueSimulated: Bool
  /// Paper on the real venue's public data sends it nothing, and needs no account there.
  var needsCredentials: Bool { isVenueSimulated || !isPaper }
  /// Whether recommendations are acted on.
  let mayAct: Bool
  let rules: RosterRules
  let mutationSeed: Int64
  let ticksDays: Int64
  let eventsDays: Int64
  /// Free disk space in millionths of a per cent.
  let diskStop: Int64
  let diskAlarm: Int64
  /// For the limits in dollars, which follow the number of agents.
  private let reader: ConfigReader

  /// With problems, one for each key that is missing or of another kind, the figures are good for nothing.
  static func read(_ reader: ConfigReader) -> (figures: BossFigures, problems: [ConfigProblem]) {
    var problems: [ConfigProblem] = []
    let figures = BossFigures(reader, &problems)
    return (figures, problems)
  }

  private init(_ reader: ConfigReader, _ problems: inout [ConfigProblem]) {
    var found: [ConfigProblem] = []
    func read<Value>(_ empty: Value, _ body: () throws(ConfigReadError) -> Value) -> Value {
      do throws(ConfigReadError) {
        return try body()
      } catch {
        found.append(
          ConfigProblem(
            "the program", key: error.path, value: nil, "is not in the configuration as a \(error.wanted)",
            remedy: "floor config check; the program and its schema do not fit together"))
        return empty
      }
    }
    self.reader = reader
    supervision = read(SupervisionPolicy()) { () throws(ConfigReadError) in try SupervisionPolicy(reader) }
    startsPerSecond = read(1) { () throws(ConfigReadError) in try reader.whole("supervision.starts_per_s") }
    stopWithin = read(.zero) { () throws(ConfigReadError) in try reader.duration("supervision.stop_within_s") }
    isPaper = read(true) { () throws(ConfigReadError) in try reader.text("mode") == "paper" }
    isVenueSimulated = read(true) { () throws(ConfigReadError) in try reader.text("venue") == "sim" }
    mayAct = read(false) { () throws(ConfigReadError) in try reader.flag("judging.act") }
    rules = RosterRules(
      agentsMax: Int(read(0) { () throws(ConfigReadError) in try reader.whole("judging.agents_max_count") }),
      clonePause: read(.zero) { () throws(ConfigReadError) in try reader.duration("judging.clone_pause_s") },
      hireCheck: HireCheck(
        followed: FollowedMarkets(
          series: read([]) { () throws(ConfigReadError) in try reader.list("market.series") },
          events: read([]) { () throws(ConfigReadError) in try reader.list("market.events") }), isPaper: isPaper))
    mutationSeed = read(0) { () throws(ConfigReadError) in try reader.whole("floor.mutation_seed_number") }
    ticksDays = read(1) { () throws(ConfigReadError) in try reader.whole("retention.ticks_days") }
    eventsDays = read(1) { () throws(ConfigReadError) in try reader.whole("retention.events_days") }
    diskStop = read(0) { () throws(ConfigReadError) in try reader.micros("disk.reduce_only_free_pct") }
    diskAlarm = read(0) { () throws(ConfigReadError) in try reader.micros("disk.alarm_free_pct") }
    _ = read(nil) { () throws(ConfigReadError) -> FloorLimits? in try FloorLimits(reader, agents: 1) }
    problems += found
  }

  /// The limits in dollars for so many agents.
  func limits(agents: Int) throws(ConfigReadError) -> FloorLimits { try FloorLimits(reader, agents: max(agents, 1)) }
}
