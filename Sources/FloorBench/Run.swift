import FloorIOData
import Shared

/// The process's entry. Returns the exit status: 0 measured, 64 usage, 70 the measurement failed.
func runFloorBench(_ arguments: [String]) -> Int32 {
  let words = Array(arguments.dropFirst())
  do {
    switch words.first {
    case "bus": try bus(Array(words.dropFirst()))
    case "bus-send": return try BusBench.end("send", Array(words.dropFirst()))
    case "bus-receive": return try BusBench.end("receive", Array(words.dropFirst()))
    case "decode": try decode(Array(words.dropFirst()))
    case "--version": print("floor-bench \(FloorVersion.text)")
    case "--help", "-h": print(help)
    default:
      print(help)
      return ExitCode.usage.rawValue
    }
    return ExitCode.done.rawValue
  } catch {
    print("floor-bench: \(error)")
    return ExitCode.broken.rawValue
  }
}

private func bus(_ arguments: [String]) throws {
  var settings = BusBench.Settings()
  var asJSON = false
  var rest = arguments[...]
  while let option = rest.popFirst() {
    if option == "--json" {
      asJSON = true
      continue
    }
    guard let value = rest.popFirst().flatMap(Int.init), value > 0 else {
      throw BenchFailure("\(option) needs a number")
    }
    switch option {
    case "--messages": settings.messages = value
    case "--rate": settings.perSecond = value
    case "--bytes": settings.bytes = max(value, 20)
    case "--rounds": settings.rounds = value
    default: throw BenchFailure("unknown option \(option)")
    }
  }
  let result = try BusBench.run(settings)
  if asJSON {
    print(result.text)
    return
  }
  print(
    "publish to received, \(settings.bytes) bytes at \(settings.perSecond)/s, median of \(settings.rounds) rounds, µs")
  print("peer      p50      p99    p99.9")
  for row in result["rows"]?.array ?? [] {
    let cells = ["p50_ns", "p99_ns", "p999_ns"].map { key -> String in
      let micros = String((row[key]?.int ?? 0) / 1000)
      return String(repeating: " ", count: max(0, 9 - micros.count)) + micros
    }
    let peer = row["peer"]?.string ?? ""
    print(peer + String(repeating: " ", count: max(0, 5 - peer.count)) + cells.joined())
  }
  print("ratio to C: p50 \(result["ratio_p50"]?.text ?? "-"), p99 \(result["ratio_p99"]?.text ?? "-")")
}

private func decode(_ arguments: [String]) throws {
  var settings = DecodeBench.Settings()
  var asJSON = false
  var rest = arguments[...]
  while let option = rest.popFirst() {
    if option == "--json" {
      asJSON = true
      continue
    }
    guard let value = rest.popFirst().flatMap(Int.init), value > 0 else {
      throw BenchFailure("\(option) needs a number")
    }
    switch option {
    case "--frames": settings.frames = value
    case "--levels": settings.levels = value
    case "--rounds": settings.rounds = value
    default: throw BenchFailure("unknown option \(option)")
    }
  }
  let result = try DecodeBench.run(settings)
  print(asJSON ? result.text : DecodeBench.table(result))
}

private let help = """
  floor-bench: measures the floor on this machine.

  usage: floor-bench bus [--messages N] [--rate N] [--bytes N] [--rounds N] [--json]
         floor-bench decode [--frames N] [--levels N] [--rounds N] [--json]

    decode reading frames of the market channel: with a tree and without (2000 frames of each kind, books of 60 levels)
    bus    publish to received over Redis: the floor's bus against a pair of C programs, in turns (default 5 rounds of 5000
           messages of 700 bytes at 1000 a second)

  Starts its own servers in a temporary directory and stops them. Build with -c release; what it prints is explained in
  docs/performance.md.
  """
