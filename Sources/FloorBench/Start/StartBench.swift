import FloorIOData
import Shared

/// Spawn to ready of feed, gateway and agent as the boss hears it, and the memory of each process, of PostgreSQL and of Redis with five
/// agents at work.
enum StartBench {
  struct Settings {
    var rounds = 9
    var agents = 5
  }

  static func run(_ settings: Settings, say: (String) -> Void) throws -> JSON {
    let bench = try Bench()
    defer { bench.scratch.remove() }
    say("starting PostgreSQL, Redis and the stand-in venue")
    let floor = try BenchFloor(bench)
    defer { floor.stop() }
    try floor.startFeed()
    try floor.startGateway()
    try floor.startAgent("bench")
    for round in 1...settings.rounds {
      try floor.stopAgent("bench")
      try floor.startAgent("bench", isNew: false)
      if round % 3 == 0 { say("\(round) of \(settings.rounds) starts of an agent") }
    }
    for number in 1..<max(1, settings.agents) { try floor.startAgent("bench-\(number)") }
    try bench.pause(.milliseconds(3500))
    try floor.warmUp("floor")
    say("200 ticks a second for five seconds, an order on every tick")
    _ = try floor.series("floor", PathBench.Scenario(name: "", rate: 200, every: 1, count: 1000))
    return try report(floor, bench)
  }

  private static func report(_ floor: BenchFloor, _ bench: Bench) throws -> JSON {
    var starts: [String: [Int64]] = [:]
    for start in floor.startUp {
      starts[start.name.hasPrefix("agent-") ? "trader-agent" : start.name, default: []].append(start.time.nanoseconds)
    }
    var total: Int64 = 0
    var rows: [JSON] = []
    func row(_ name: String, _ memory: [ProcessMemory]) {
      let share = memory.reduce(0) { $0 + $1.proportional }
      total += share
      rows.append([
        "name": .string(name), "processes": .int(memory.count), "pss_kib": .int(share),
        "private_kib_each_max": .int(memory.map(\.privately).max() ?? 0),
      ])
    }
    let agents = floor.processes.filter { $0.name.hasPrefix("agent-") }
    for process in floor.processes where !process.name.hasPrefix("agent-") {
      row(process.name, [ProcessMemory.read(pid: process.child.pid)].compactMap { $0 })
    }
    row("trader-agent", agents.compactMap { ProcessMemory.read(pid: $0.child.pid) })
    let servers = try floor.serverProcesses()
    row("PostgreSQL", servers.postgres.compactMap { ProcessMemory.read(pid: $0) })
    row("Redis", servers.redis.compactMap { ProcessMemory.read(pid: $0) })
    return [
      "measurement": "start", "agents": .int(agents.count), "pss_kib": .int(total),
      "starts": .array(
        starts.sorted { $0.key < $1.key }.map { name, times in
          [
            "name": .string(name), "times": .int(times.count), "median_ns": .int(Percentiles.median(times)),
            "min_ns": .int(times.min() ?? 0), "max_ns": .int(times.max() ?? 0),
          ]
        }),
      "memory": .array(rows),
    ]
  }
}
