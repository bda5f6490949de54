import CBench
import FloorIOData
import Glibc
import Shared

/// The programs beside which the floor is measured, on a plain Redis of their own and at the same venue. Neither knows a gateway, a
/// signature or a commit.
///
/// - `c`: two blocking C programs of this package, on the unix socket.
/// - `python`: the two programs `bot_ingest.py` and `bot_trader.py` of the folder `FLOOR_BENCH` (default `../shared/bench`): asyncio, json,
///   redis-py, websockets, aiohttp, the usual bot. Left out, and said so, when folder or modules are missing; `FLOOR_BENCH_PYTHON` names
///   the interpreter that has them.
final class PathPeers {
  enum Peer: String, CaseIterable {
    case python
    case c
  }

  private let bench: Bench
  private let redis: ChildProcess
  private let redisSocket: String
  private let redisPort: UInt16
  private var running: [ChildProcess] = []
  private var starts = 0
  /// Why there is no Python bot.
  let pythonMissing: String?
  private let python: String
  private let folder: String

  init(_ bench: Bench) throws {
    self.bench = bench
    redisSocket = bench.scratch.path + "/peers.sock"
    redisPort = try ListeningPort.anyFree()
    redis = try bench.child(
      "/usr/bin/redis-server",
      [
        "--bind", "127.0.0.1", "--port", String(redisPort), "--unixsocket", redisSocket, "--save", "", "--dir",
        bench.scratch.path,
      ], output: "peers-redis")
    let variables = Bench.variables(["FLOOR_BENCH", "FLOOR_BENCH_PYTHON"])
    let given = variables["FLOOR_BENCH"] ?? bench.root + "/../shared/bench"
    folder = given.hasPrefix("/") ? given : bench.root + "/" + given
    python = variables["FLOOR_BENCH_PYTHON"] ?? "/usr/bin/python3"
    if !SmallFile.exists(folder + "/bot_trader.py") {
      pythonMissing = "no bot_trader.py in \(folder) (FLOOR_BENCH names the folder)"
    } else {
      let check = try Command.run(python, ["-c", "import redis, websockets, aiohttp"], timeout: .seconds(30))
      pythonMissing =
        check.succeeded
        ? nil : "\(python) lacks redis, websockets or aiohttp (FLOOR_BENCH_PYTHON names an interpreter that has them)"
    }
    let socket = redisSocket
    try bench.wait("the comparison's Redis") { SmallFile.exists(socket) }
  }

  /// Starts the two programs. Their order is that of the bots' own instructions: the trader first.
  func start(_ peer: Peer, venuePort: Int) throws {
    starts += 1
    func child(_ program: String, _ arguments: [String], _ role: String) throws {
      running.append(
        try bench.child(
          program, arguments, output: "\(peer.rawValue)-\(role)-\(starts)", workingDirectory: folderOrRoot))
    }
    switch peer {
    case .c:
      try child("/proc/self/exe", ["path-c-trader", redisSocket, String(venuePort)], "trader")
      try child("/proc/self/exe", ["path-c-ingest", String(venuePort), redisSocket], "ingest")
    case .python:
      let address = "127.0.0.1:\(redisPort)"
      try child(
        python, [folder + "/bot_trader.py", address, "http://127.0.0.1:\(venuePort)/order", "plain"], "trader")
      try child(
        python, [folder + "/bot_ingest.py", "ws://127.0.0.1:\(venuePort)/ws", address, "plain"], "ingest")
    }
  }

  private var folderOrRoot: String { SmallFile.exists(folder) ? folder : bench.root }

  func stopPeer() throws {
    for child in running { child.end(grace: .seconds(1)) }
    try bench.wait("the comparison's end") { running.allSatisfy { $0.exit != nil } }
    running = []
  }

  func stop() {
    for child in running { child.kill() }
    redis.end()
    do {
      try bench.wait("the comparison's end") { self.redis.exit != nil && self.running.allSatisfy { $0.exit != nil } }
    } catch { print("\(error)") }
  }

  /// `path-c-ingest` and `path-c-trader`, started by `start` in processes of their own.
  static func end(_ role: String, _ arguments: [String]) throws -> Int32 {
    guard arguments.count == 2 else { throw BenchFailure("path-c-\(role): two arguments are wanted") }
    switch role {
    case "ingest":
      guard let port = Int32(arguments[0]) else { throw BenchFailure("path-c-ingest: no port") }
      return unsafe cbench_path_ingest(port, arguments[1])
    default:
      guard let port = Int32(arguments[1]) else { throw BenchFailure("path-c-trader: no port") }
      return unsafe cbench_path_trader(arguments[0], port)
    }
  }
}
