import FloorIOData
import Shared

/// The way of a price from the venue's market socket to the order on the venue's HTTP socket: through the real feed, Redis, agent and
/// gateway, with signature and durable commit; in turns with the comparison programs.
enum PathBench {
  struct Scenario: Hashable, Sendable {
    let name: String
    let rate: Int
    let every: Int
    var count: Int
  }

  struct Settings {
    var rounds = 3
    var seconds = 6
    var only: Set<String> = []
    var scenarios: [Scenario] {
      [
        Scenario(name: "200/s, an order on every tick", rate: 200, every: 1, count: 200 * seconds),
        Scenario(name: "1000/s, an order on every tenth tick", rate: 1000, every: 10, count: 1000 * seconds),
      ]
    }
  }

  /// What one series gave: one latency an order, and how many orders there should have been.
  private struct Sample {
    var latencies: [Int64] = []
    var wanted = 0
    var worstLag: Int64 = 0
  }

  /// The first tenth of a series is warm-up.
  private static func isWarmUp(_ index: Int, of count: Int) -> Bool { index < count / 10 }

  static func run(_ settings: Settings, say: (String) -> Void) throws -> JSON {
    let bench = try Bench()
    defer { bench.scratch.remove() }
    let peers = try PathPeers(bench)
    defer { peers.stop() }
    say("starting PostgreSQL, Redis, the stand-in venue, market-feed, order-gateway and one trader-agent")
    let floor = try BenchFloor(bench)
    var isStopped = false
    defer { if !isStopped { floor.stop() } }
    try floor.startFeed()
    try floor.startGateway()
    try floor.startAgent("bench")
    // The strategy wants three seconds of prices.
    try bench.pause(.milliseconds(3500))
    var kinds = ["python", "c", "floor"].filter { settings.only.isEmpty || settings.only.contains($0) }
    if kinds.contains("python"), let reason = peers.pythonMissing {
      say("SKIPPED python: \(reason)")
      kinds.removeAll { $0 == "python" }
    }
    var rounds: [Scenario: [String: [Percentiles]]] = [:]
    var orders: [Scenario: [String: (seen: Int, wanted: Int)]] = [:]
    var reports: [(scenario: Scenario, report: JSON)] = []
    for round in 1...settings.rounds {
      for scenario in settings.scenarios {
        for kind in kinds {
          let sample: Sample
          if let peer = PathPeers.Peer(rawValue: kind) {
            sample = try measure(peer, peers, floor, scenario)
          } else {
            try floor.warmUp("floor")
            let report = try floor.series("floor", scenario)
            reports.append((scenario, report))
            continue
          }
          note(sample, kind, scenario, &rounds, &orders)
          say("round \(round), \(scenario.name), \(kind): \(sample.latencies.count) of \(sample.wanted) orders")
        }
      }
    }
    // Traces are written at the end, and only then the floor's latencies can be told: the record names the price behind each order.
    let recorded = try floor.recordedOrders()
    try floor.stopProcesses()
    let hops = PathHops(traces: try floor.traces())
    let bySalt = Dictionary(recorded.map { ($0.salt, $0) }, uniquingKeysWith: { first, _ in first })
    var moments: [Scenario: [[Int64]]] = [:]
    for (scenario, report) in reports {
      let (sample, known) = floorSample(report, bySalt, hops)
      note(sample, "floor", scenario, &rounds, &orders)
      moments[scenario, default: []] += known
    }
    floor.stop()
    isStopped = true
    return report(settings, kinds, rounds, orders, moments, peers.pythonMissing)
  }

  private static func note(
    _ sample: Sample, _ kind: String, _ scenario: Scenario, _ rounds: inout [Scenario: [String: [Percentiles]]],
    _ orders: inout [Scenario: [String: (seen: Int, wanted: Int)]]
  ) {
    if !sample.latencies.isEmpty {
      rounds[scenario, default: [:]][kind, default: []].append(Percentiles(sample.latencies))
    }
    let before = orders[scenario]?[kind] ?? (0, 0)
    orders[scenario, default: [:]][kind] = (before.seen + sample.latencies.count, before.wanted + sample.wanted)
  }

  private static func measure(
    _ peer: PathPeers.Peer, _ peers: PathPeers, _ floor: BenchFloor, _ scenario: Scenario
  ) throws -> Sample {
    try peers.start(peer, venuePort: floor.venuePort)
    try floor.bench.wait("the \(peer.rawValue) bot at the venue", limit: .seconds(15)) {
      try floor.state("peer_sockets") > 0
    }
    try floor.warmUp("peers")
    let report = try floor.series("peers", scenario)
    try peers.stopPeer()
    var sample = Sample()
    let sent = report["sent_ns"]?.array?.compactMap(\.int) ?? []
    let first = sent.count / 10 < sent.count ? sent[sent.count / 10] : .max
    sample.wanted = wanted(report)
    for order in report["orders"]?.array ?? [] {
      guard let pair = order.array, pair.count == 2, let tick = pair[0].int, let read = pair[1].int, tick >= first
      else { continue }
      sample.latencies.append(read - tick)
    }
    return sample
  }

  private static func wanted(_ report: JSON) -> Int {
    let count = report["sent_ns"]?.array?.count ?? 0
    let every = Int(report["every"]?.int ?? 1)
    return (1...max(1, count)).count { $0 % every == 0 && !isWarmUp($0 - 1, of: count) }
  }

  private static func floorSample(
    _ report: JSON, _ bySalt: [String: PathHops.Order], _ hops: PathHops
  ) -> (Sample, [[Int64]]) {
    var sample = Sample()
    var known: [[Int64]] = []
    let sent = report["sent_ns"]?.array?.compactMap(\.int) ?? []
    let first = (report["first_stamp_ms"]?.int ?? 0) * 1_000_000
    let step = (report["step_ms"]?.int ?? 1) * 1_000_000
    sample.wanted = wanted(report)
    // A price can be ordered on again after a refusal: the way of the price is that of its first order.
    var told: Set<Int64> = []
    for item in report["orders"]?.array ?? [] {
      guard let pair = item.array, pair.count == 2, let salt = pair[0].string, let read = pair[1].int,
        let order = bySalt[salt], told.insert(order.stamp).inserted
      else { continue }
      let index = Int((order.stamp - first) / step)
      guard order.stamp >= first, index < sent.count, !isWarmUp(index, of: sent.count) else { continue }
      sample.latencies.append(read - sent[index])
      if let moments = hops.moments(of: order, sent: sent[index], read: read) { known.append(moments) }
    }
    return (sample, known)
  }

  // MARK: The result

  private static func report(
    _ settings: Settings, _ kinds: [String], _ rounds: [Scenario: [String: [Percentiles]]],
    _ orders: [Scenario: [String: (seen: Int, wanted: Int)]], _ moments: [Scenario: [[Int64]]], _ missing: String?
  ) -> JSON {
    let scenarios = settings.scenarios.map { scenario -> JSON in
      let medians = (rounds[scenario] ?? [:]).compactMapValues { Percentiles.median($0) }
      let rows = kinds.map { kind -> JSON in
        let figures = medians[kind]
        let count = orders[scenario]?[kind] ?? (0, 0)
        return [
          "who": .string(kind), "p50_ns": .optional(figures.map { .int($0.p50) }),
          "p99_ns": .optional(figures.map { .int($0.p99) }), "p999_ns": .optional(figures.map { .int($0.p999) }),
          "orders": .int(count.seen), "wanted": .int(count.wanted),
        ]
      }
      func ratio(_ other: String, _ key: (Percentiles) -> Int64) -> JSON {
        guard let ours = medians["floor"], let theirs = medians[other], key(theirs) > 0 else { return .null }
        return .double((Double(key(ours)) / Double(key(theirs)) * 100).rounded() / 100)
      }
      let stations = Array(PathHops.stations.dropFirst())
      let hops = moments[scenario].map(PathHops.hops) ?? []
      let hopRows = hops.enumerated().filter { !$0.element.isEmpty }.map { index, sample -> JSON in
        let figures = Percentiles(sample)
        return [
          "to": .string(stations[index]), "p50_ns": .int(figures.p50), "p99_ns": .int(figures.p99),
          "p999_ns": .int(figures.p999),
        ]
      }
      return [
        "name": .string(scenario.name), "rate_per_s": .int(scenario.rate), "order_every": .int(scenario.every),
        "ticks": .int(scenario.count), "rows": .array(rows), "hops": .array(hopRows),
        "p50_to_python": ratio("python", \.p50), "p50_to_c": ratio("c", \.p50), "p99_to_python": ratio("python", \.p99),
        "p99_to_c": ratio("c", \.p99),
      ]
    }
    return [
      "measurement": "path", "rounds": .int(settings.rounds), "scenarios": .array(scenarios),
      "python_skipped": .optional(missing.map { .string($0) }),
    ]
  }
}
