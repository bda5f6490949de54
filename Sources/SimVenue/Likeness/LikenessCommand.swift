import FloorIOData
import Shared

/// `sim-venue likeness`: measures recorded and synthetic markets, prints the table and draws the figure.
enum LikenessCommand {
  struct Options: Hashable, Sendable {
    var data = ""
    var seed: UInt64 = 1
    var windows: Int64 = 6
    var stride = 1
    var figure: String?
  }

  static let help = """
    usage: sim-venue likeness --data DIR [options]
      Measures recorded and synthetic five-minute markets the same way and tells how far apart they are.

      --data DIR      holds btc5m_books/raw/*.jsonl.gz and btc5m_multifeed/*.json.gz
      --seed N        of the synthetic life (default 1)
      --windows N     synthetic windows of five minutes that are measured (default 6)
      --stride N      takes every Nth of the recorded books (default 1: all)
      --figure FILE   also draws the distributions, as SVG
    """

  /// Returns the exit status: 0 done, 64 usage, 66 the data does not read, 73 the figure cannot be written.
  static func run(_ arguments: [String], say: (String, Int32) -> Void) -> Int32 {
    if arguments.contains("--help") || arguments.contains("-h") {
      say(help, 1)
      return 0
    }
    let options: Options
    do throws(SimVenue.Options.Problems) { options = try parse(arguments) } catch {
      for problem in error.list { say("sim-venue likeness: \(problem)", 2) }
      say("sim-venue likeness --help tells what it takes", 2)
      return 64
    }
    let recorded: MarketFeatures
    do throws(RecordedMarkets.Problem) {
      recorded = try RecordedMarkets.measure(options.data, stride: options.stride)
    } catch {
      say("sim-venue likeness: \(error)", 2)
      return 66
    }
    let synthetic = SyntheticMarkets.measure(.init(seed: options.seed), seconds: options.windows * 300)
    let likeness = Likeness(recorded: recorded, synthetic: synthetic)
    say(likeness.table, 1)
    guard let figure = options.figure else { return 0 }
    do {
      try AtomicFile.write(Array(LikenessFigure.svg(likeness).utf8), to: figure, mode: 0o644)
      return 0
    } catch {
      say("sim-venue likeness: \(error)", 2)
      return 73
    }
  }

  static func parse(_ arguments: [String]) throws(SimVenue.Options.Problems) -> Options {
    var options = Options()
    var problems: [String] = []
    var rest = arguments[...]
    while let option = rest.popFirst() {
      guard ["--data", "--seed", "--windows", "--stride", "--figure"].contains(option) else {
        problems.append("\(option): unknown argument")
        continue
      }
      guard let value = rest.popFirst(), !value.hasPrefix("--") else {
        problems.append("\(option) needs a value")
        continue
      }
      let number = Int64(value).flatMap { $0 > 0 ? $0 : nil }
      switch (option, number) {
      case ("--data", _): options.data = value
      case ("--figure", _): options.figure = value
      case ("--seed", let number?): options.seed = UInt64(number)
      case ("--windows", let number?): options.windows = min(number, 10_000)
      case ("--stride", let number?): options.stride = Int(min(number, 10_000))
      default: problems.append("\(option) \(value): a whole number from 1 is wanted")
      }
    }
    if options.data.isEmpty { problems.append("--data is wanted: the folder of recorded markets") }
    if !problems.isEmpty { throw SimVenue.Options.Problems(list: problems) }
    return options
  }
}
