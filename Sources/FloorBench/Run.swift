import FloorIOData
import Glibc
import Shared

/// The process's entry. Returns the exit status: 0 measured, 64 usage, 70 the measurement failed.
func runFloorBench(_ arguments: [String]) -> Int32 {
  let words = Array(arguments.dropFirst())
  let rest = Array(words.dropFirst())
  if rest.contains("--help") || rest.contains("-h") {
    print(help)
    return ExitCode.done.rawValue
  }
  do {
    switch words.first {
    case "bus": try bus(rest)
    case "path": try path(rest)
    case "start": try start(rest)
    case "decode": try decode(rest)
    case "sign": try sign(rest)
    case "venue": try load(rest)
    case "engine": try engine(rest)
    case "sweep": try sweep(rest)
    case "indicators": try indicators(rest)
    case "allocation": return try allocation(rest)
    case "bus-send": return try BusBench.end("send", rest)
    case "bus-receive": return try BusBench.end("receive", rest)
    case "path-c-ingest": return try PathPeers.end("ingest", rest)
    case "path-c-trader": return try PathPeers.end("trader", rest)
    case "stand-in": return try StandInVenue.serve()
    case "--version": print("floor-bench \(FloorVersion.text)")
    case "--help", "-h": print(help)
    default:
      print(help)
      return ExitCode.usage.rawValue
    }
    return ExitCode.done.rawValue
  } catch let refusal as BenchUsage {
    print("floor-bench: \(refusal.description)\nfloor-bench --help shows the usage")
    return ExitCode.usage.rawValue
  } catch {
    print("floor-bench: \(error)")
    return ExitCode.broken.rawValue
  }
}

/// A wrong command line.
struct BenchUsage: Error, CustomStringConvertible {
  let description: String
}

/// Reads `--name NUMBER` options and the flag `--json`.
private func options(_ arguments: [String], _ take: (String, String) -> Bool) throws -> Bool {
  var asJSON = false
  var rest = arguments[...]
  while let option = rest.popFirst() {
    if option == "--json" {
      asJSON = true
      continue
    }
    guard let value = rest.popFirst(), take(option, value) else {
      throw BenchUsage(description: "\(option) is unknown, or its value is")
    }
  }
  return asJSON
}

private func positive(_ text: String, _ set: (Int) -> Void) -> Bool {
  guard let value = Int(text), value > 0 else { return false }
  set(value)
  return true
}

/// To standard error: what a measurement is at.
private func say(_ text: String) {
  let line = Array("  \(text)\n".utf8)
  _ = unsafe line.withUnsafeBytes { unsafe write(2, $0.baseAddress!, $0.count) }
}

private func bus(_ arguments: [String]) throws {
  var settings = BusBench.Settings()
  let asJSON = try options(arguments) { option, value in
    switch option {
    case "--messages": positive(value) { settings.messages = $0 }
    case "--rate": positive(value) { settings.perSecond = $0 }
    case "--bytes": positive(value) { settings.bytes = max($0, 20) }
    case "--rounds": positive(value) { settings.rounds = $0 }
    default: false
    }
  }
  let result = try BusBench.run(settings)
  print(asJSON ? result.text : BenchTables.bus(result))
}

private func path(_ arguments: [String]) throws {
  var settings = PathBench.Settings()
  let asJSON = try options(arguments) { option, value in
    switch option {
    case "--rounds": return positive(value) { settings.rounds = $0 }
    case "--seconds": return positive(value) { settings.seconds = $0 }
    case "--only":
      settings.only = Set(value.split(separator: ",").map(String.init))
      return settings.only.isSubset(of: ["python", "c", "floor"])
    default: return false
    }
  }
  let result = try PathBench.run(settings, say: say)
  print(asJSON ? result.text : BenchTables.path(result))
}

private func start(_ arguments: [String]) throws {
  var settings = StartBench.Settings()
  let asJSON = try options(arguments) { option, value in
    switch option {
    case "--rounds": positive(value) { settings.rounds = $0 }
    case "--agents": positive(value) { settings.agents = $0 }
    default: false
    }
  }
  let result = try StartBench.run(settings, say: say)
  print(asJSON ? result.text : BenchTables.start(result))
}

private func decode(_ arguments: [String]) throws {
  var settings = DecodeBench.Settings()
  let asJSON = try options(arguments) { option, value in
    switch option {
    case "--frames": positive(value) { settings.frames = $0 }
    case "--levels": positive(value) { settings.levels = $0 }
    case "--rounds": positive(value) { settings.rounds = $0 }
    default: false
    }
  }
  let trees = try DecodeBench.run(settings)
  let bench = try Bench()
  defer { bench.scratch.remove() }
  var peerSettings = DecodePeers.Settings()
  peerSettings.rounds = max(settings.rounds, 3)
  let peers = try DecodePeers.run(peerSettings, bench: bench, say: say)
  if asJSON {
    print(JSON.array([trees, peers]).text)
  } else {
    print(DecodeBench.table(trees) + "\n\n" + DecodePeers.table(peers))
  }
}

private func sign(_ arguments: [String]) throws {
  var settings = SignBench.Settings()
  let asJSON = try options(arguments) { option, value in
    switch option {
    case "--count": positive(value) { settings.count = $0 }
    case "--rounds": positive(value) { settings.rounds = $0 }
    default: false
    }
  }
  let result = try SignBench.run(settings)
  print(asJSON ? result.text : SignBench.table(result))
}

private func engine(_ arguments: [String]) throws {
  var settings = EngineBench.Settings()
  let asJSON = try options(arguments) { option, value in
    switch option {
    case "--events": positive(value) { settings.events = $0 }
    case "--tokens": (Int(value) ?? 0) <= 100 && positive(value) { settings.tokens = $0 }
    case "--rounds": positive(value) { settings.rounds = $0 }
    default: false
    }
  }
  let result = try EngineBench.run(settings)
  print(asJSON ? result.text : EngineBench.table(result))
}

private func sweep(_ arguments: [String]) throws {
  var settings = SweepBench.Settings()
  let asJSON = try options(arguments) { option, value in
    switch option {
    case "--events": positive(value) { settings.events = $0 }
    case "--rounds": positive(value) { settings.rounds = $0 }
    case "--cores": (Int(value) ?? 0) <= 200 && positive(value) { settings.cores = $0 }
    default: false
    }
  }
  let result = try SweepBench.run(settings)
  print(asJSON ? result.text : SweepBench.table(result))
}

private func indicators(_ arguments: [String]) throws {
  var settings = IndicatorBench.Settings()
  let asJSON = try options(arguments) { option, value in
    switch option {
    case "--observations": positive(value) { settings.observations = $0 }
    case "--rounds": positive(value) { settings.rounds = $0 }
    default: false
    }
  }
  let result = IndicatorBench.run(settings)
  print(asJSON ? result.text : IndicatorBench.table(result))
}

/// Broken when the dollar was exceeded or the record is.
private func allocation(_ arguments: [String]) throws -> Int32 {
  var settings = AllocationBench.Settings()
  let asJSON = try options(arguments) { option, value in
    switch option {
    case "--attempts": positive(value) { settings.attempts = $0 }
    case "--rows": positive(value) { settings.rows = $0 }
    case "--rounds": positive(value) { settings.rounds = $0 }
    case "--seconds": positive(value) { settings.seconds = $0 }
    case "--seed": positive(value) { settings.seed = UInt64($0) }
    default: false
    }
  }
  let result = try AllocationBench.run(settings, say: say)
  print(asJSON ? result.text : AllocationBench.table(result))
  let holds = result["exceeded"]?.int == 0 && result["broken_invariants"]?.array?.isEmpty == true
  return (holds ? ExitCode.done : ExitCode.broken).rawValue
}

private func load(_ arguments: [String]) throws {
  var settings = VenueLoad.Settings()
  let asJSON = try options(arguments) { option, value in
    switch option {
    case "--rate": positive(value) { settings.rate = $0 }
    case "--sockets": positive(value) { settings.sockets = $0 }
    case "--seconds": positive(value) { settings.seconds = $0 }
    case "--rounds": positive(value) { settings.rounds = $0 }
    case "--connections": positive(value) { settings.connections = $0 }
    default: false
    }
  }
  let result = try VenueLoad.run(settings, say: say)
  print(asJSON ? result.text : VenueLoad.table(result))
}

private let help = """
  floor-bench: measures the floor on this machine.

  usage: floor-bench bus   [--messages N] [--rate N] [--bytes N] [--rounds N] [--json]
         floor-bench path  [--rounds N] [--seconds N] [--only WHO,…] [--json]
         floor-bench start [--rounds N] [--agents N] [--json]
         floor-bench decode [--frames N] [--levels N] [--rounds N] [--json]
         floor-bench sign  [--count N] [--rounds N] [--json]
         floor-bench venue [--rate N] [--sockets N] [--seconds N] [--rounds N] [--connections N] [--json]
         floor-bench engine [--events N] [--tokens N] [--rounds N] [--json]
         floor-bench sweep [--events N] [--cores N] [--rounds N] [--json]
         floor-bench indicators [--observations N] [--rounds N] [--json]
         floor-bench allocation [--attempts N] [--rows N] [--rounds N] [--seconds N] [--seed N] [--json]

    bus     publish to received over Redis: the floor's bus against a pair of C programs, in turns (default 5 rounds of 5000
            messages of 700 bytes at 1000 a second)
    path    from a price on the venue's market socket to the order on its HTTP socket, at 200 ticks a second with an order on each
            and at 1000 with an order on every tenth: the real market-feed, Redis, trader-agent and order-gateway with signature and
            durable commit, each hop of it; beside a plain Python bot and the same path in C, which neither sign nor record, in turns
            (default 3 rounds of 6 seconds each). --only floor,c,python leaves others out. The Python bot is bot_ingest.py and
            bot_trader.py in the folder FLOOR_BENCH (default ../shared/bench), run by FLOOR_BENCH_PYTHON (default /usr/bin/python3,
            which needs redis, websockets and aiohttp); without them it is left out, and the output says so.
    start   spawn to ready of feed, gateway and agent (default 9 starts), and the memory of each process, of PostgreSQL and of Redis
            with N agents at work (default 5)
    decode  reading frames of the market channel: with a tree and without (2000 frames of each kind, books of 60 levels). Then the
            frames of clob_ws_capture in the folder FLOOR_DATA (default ../shared/data; made up where it is absent) read and applied
            to the books, beside simdjson (where libsimdjson-dev was installed when it was built), and beside orjson and msgspec run
            by FLOOR_BENCH_PYTHON (default /usr/bin/python3); the peers stop at the numbers, and their sums must agree
    sign    an order from digest to signature, beside libsecp256k1 called from C, from its members to the body of its request, and
            the headers of level 2 (default 9 rounds of 2000)
    venue   sim-venue under load: orders, signed before, at an exact rate over kept connections, while web sockets listen to its
            markets (default 2000 a second, 200 sockets, 3 rounds of 10 seconds, 64 connections). A time counts from the moment for
            which an order was scheduled, also when it could not be sent then
    engine  a backtest on made-up best prices (default 1000000 of one token, 3 rounds; 100 tokens at most): the whole engine (tape, agent,
            strategy, risk, order, paper exchange, fill, ledger), the bare loop of the same strategy, and both from the bytes of a CSV
            file to the result. What is bought, sold and won must be the same
    sweep   two hundred settings of that strategy on the same quotes (default 100000, 5 rounds), on one core and on --cores (default 2);
            the sums of orders and winnings are those that the others find
    indicators  what an observation costs each indicator: the best round's nanoseconds, and how often the allocator was asked in all
            rounds (default 5 rounds of 200000), after a round that fills the windows
    allocation  two sessions, then fifty, race for one dollar, of one agent's allocation and of one market's cap, with a million old
            orders (--rows) in the tables and every commit on the disk: submit_intent in turns with four naive forms (default 3
            rounds of 4 seconds each), then alone for --attempts in all (default 1000000). The order of the commits says whether more than
            the dollar was ever held; if it was, the exit status is 70

  The venue of path and start is a stand-in inside this program (floor-bench stand-in): it serves the protocol that feed and gateway use,
  sends ticks at an exact rate, reads orders and answers each as a fill-and-kill order that met nobody. Servers are started in
  temporary directories, on unix sockets (Redis of the comparison also on a loopback port), and stopped. Build with -c release;
  what is printed is explained in docs/performance.md.
  """
