import FloorIOData
import FloorIOVenue
import FloorSim
import Shared

/// `floor smoke`: the whole way from a listing to a paper order, once, against the venue as it is now (S3-53 to S3-59). One process: no
/// boss, no database, no bus, no key, nothing written.
enum SmokeCommand {
  static let command = FloorCommand(
    name: "smoke",
    summary: "listing, prices, book, strategy and a paper order, end to end, in two minutes: go or no-go",
    usage:
      "[--venue sim | polymarket | --base URL] [--series btc-5m] [--seconds N] [--config FILE] [--set KEY=VALUE]… [--json]",
    details: """
      which venue (default: as this floor's configuration says, with --config, --profile and --set as for floor config)
        --venue NAME     sim (127.0.0.1, port 8601) or polymarket, at its usual addresses; no configuration is read
        --base URL       a simulated venue at http://HOST:PORT or https://HOST:PORT
        --authorities F  with --venue or --base: PEM file that secure addresses are held against
      what
        --series NAME    one series, btc-5m or eth-15m (default btc-5m); its open window is looked at
        --seconds N      the whole run's deadline, 5 to 120 (default 120); it ends as soon as everything was seen
      out
        lines of standard output that begin with [SMOKE], key=value; with --json one document at the end instead
      Always on paper: no order is signed, nothing is sent that changes anything. What each line means: docs/smoke.md.

      exit status: 0 go; 1 no-go, the step and the remedy stand in the line FAILED; 75 interrupted; 64 wrong command line; 78 wrong
      configuration
      """,
    options: ["venue", "base", "authorities", "series", "seconds", "config", "profile", "set"], run: run)

  private static func run(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    try line.noWords()
    let name = line.option("series") ?? "btc-5m"
    guard let series = MarketSeries(configured: name) else {
      throw FloorFailure(.usage, "--series \(name): one series such as btc-5m or eth-15m is wanted")
    }
    let seconds = try line.whole("seconds", default: 120, in: 5...120)
    let endpoints = try endpoints(line, instance)
    let settings = try SmokeSettings(series: series, endpoints: endpoints, time: .seconds(seconds))
    let ended = try SmokeShell(settings, isJSON: instance.isJSON).run()
    switch ended {
    case .go: return .done
    case .noGo: return .refused
    case .interrupted: return .tryAgain
    }
  }

  // MARK: Which venue

  /// The venue's addresses: those named on the command line, or the configuration's.
  static func endpoints(_ line: CommandLineWords, _ instance: Instance) throws -> VenueEndpoints {
    let venue = line.option("venue")
    let base = line.option("base")
    if venue != nil, base != nil { throw FloorFailure(.usage, "give --venue or --base, not both") }
    guard venue != nil || base != nil else {
      if line.option("authorities") != nil {
        throw FloorFailure(
          .usage, "--authorities goes with --venue or --base; elsewhere it is endpoints.authorities_file")
      }
      return try configured(line, instance)
    }
    if let other = ["config", "profile", "set"].first(where: { line.option($0) != nil }) {
      throw FloorFailure(
        .usage, "--\(other) changes the configuration, and \(venue == nil ? "--base" : "--venue") reads none")
    }
    if let venue, venue != "sim", venue != "polymarket" {
      throw FloorFailure(.usage, "--venue \(venue): sim or polymarket is wanted")
    }
    var pairs = ["venue=\(venue ?? "sim")"]
    if let base { pairs += try addresses(at: base) }
    if let file = line.option("authorities") { pairs.append("endpoints.authorities_file=\(Instance.absolute(file))") }
    let (config, problems) = ConfigLoader.examine(
      schema: FloorSchema.schema, layers: [ConfigLayer(commandLine: pairs)], home: "command line")
    if let problem = problems.first(where: { concerns($0, file: nil) }) { throw FloorFailure(.usage, "\(problem)") }
    return try VenueEndpoints(config.reader)
  }

  /// A simulated venue serves everything on one port.
  private static func addresses(at base: String) throws(FloorFailure) -> [String] {
    let http = base.hasSuffix("/") ? String(base.dropLast()) : base
    guard http.hasPrefix("http://") || http.hasPrefix("https://"),
      let target = VenueEndpoints.target(of: http), (1...65535).contains(target.port),
      !http.dropFirst(http.hasPrefix("https://") ? 8 : 7).contains(where: { "/?#@ ".contains($0) })
    else {
      throw FloorFailure(.usage, "--base \(base): an address such as http://127.0.0.1:8601 is wanted, without a path")
    }
    let stream = "ws" + http.dropFirst(4)
    return [
      "endpoints.gamma_url=\(http)", "endpoints.clob_url=\(http)", "endpoints.data_url=\(http)",
      "endpoints.market_ws_url=\(stream)/ws/market", "endpoints.user_ws_url=\(stream)/ws/user",
      "endpoints.reference_ws_url=\(stream)/rtds", "endpoints.polybolt_ws_url=\(stream)/ws",
    ]
  }

  private static func configured(_ line: CommandLineWords, _ instance: Instance) throws -> VenueEndpoints {
    let answer = try ConfigCommand.ask(instance, isLive: false, line)
    let file = line.option("config").map(Instance.absolute) ?? instance.configurationFile
    let problems = answer.problems.filter { concerns($0, file: file) }
    guard problems.isEmpty else {
      throw FloorFailure(
        .configuration,
        "\(ConfigRefusal(problems))\nwithout a configuration: floor smoke --venue sim, --venue polymarket or --base URL"
      )
    }
    return try VenueEndpoints(answer.config.reader)
  }

  /// Nothing but the addresses is asked for: a floor's secrets, agents and limits are not missed here.
  private static func concerns(_ problem: ConfigProblem, file: String?) -> Bool {
    guard let key = problem.key else { return problem.place == file || problem.place == "command line" }
    return key == "venue" || key.hasPrefix("endpoints.") || key.hasPrefix("sim.")
      || problem.place == "command line" && file != nil
  }
}
