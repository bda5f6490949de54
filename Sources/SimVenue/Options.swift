import Shared

/// What the command line asks for. All problems are found before any is told.
struct Options: Hashable, Sendable {
  enum Source: Hashable, Sendable {
    case synthetic
    case replay([String])
    case frames([String])
  }

  /// PEM files.
  struct TLS: Hashable, Sendable {
    var certificate: String
    var key: String
  }

  var port: UInt16 = 8601
  var tls: TLS?
  var data = "var/venue"
  var credentials: String?
  var source = Source.synthetic
  var seed: UInt64 = 1
  var volatility = 1.5
  var activity = 1.0
  var rateMilli: Int64 = 1000
  var cutGaps = false
  var startsPaused = false
  var isInLockstep = false
  var throttles = false
  var rules = VenueRules()
  var wantsHelp = false
  var wantsVersion = false

  struct Problems: Error, Hashable, CustomStringConvertible {
    var list: [String]
    var description: String { list.joined(separator: "\n") }
  }

  static let help = """
    sim-venue: a Polymarket-compatible exchange on this machine, for paper trading, demonstrations, tests and replays.

    usage: sim-venue [options]
      --port N                 loopback port for HTTP and web sockets; 0 lets the system choose (default 8601)
      --tls CERTIFICATE KEY    speak TLS only, with these PEM files (scripts/test-authority makes some)
      --data DIR               where the truth log is (default var/venue); a killed venue goes on from it
      --credentials FILE       wallet and API key, made at the first start, mode 0600 (default DIR/credentials.json)
      --capital N              dollars of a new wallet (default 1000)

      --source synthetic       markets, prices and traders from a seed (default)
        --seed N               the seed (default 1)
        --volatility N         standard deviation of the reference price over five minutes, in per cent, all news included (default 1.5,
                               lively; a quiet day of bitcoin has 0.1)
        --activity N           how often background traders act, times the usual (default 1)
      --source replay FILE…    recorded up/down markets: books (*.jsonl.gz; markets.csv beside them tells sides and outcomes),
                               or prices, prints and best prices around one window (*.json.gz)
        --cut-gaps             skip market time in which nothing was recorded
      --source frames FILE…    the feed's own recordings (*.jsonl.zst): every frame is sent again as it came, in order, and
                               nothing else; books and markets answer as the frames say
      --speed N                market seconds per second (default 1)
      --paused                 the market stands still until POST /sim/start

      --lockstep               the market stands still but for POST /sim/step?until_ns=T, which goes on to the next event that is due
                               by market time T and says whether there was one (docs/lockstep.md)

      --taker-hold-ms N        wait of taking orders on up/down markets, wall time (default 150)
      --settlement-delay-s N   from a window's end to its payout, market time (default 60)
      --mined-ms N             from a match to MINED, wall time (default 500)
      --confirmed-ms N         from a match to CONFIRMED, wall time (default 1500)
      --pay-rebates            pay makers' rebates when a UTC day of market time is over (by default they are only told)
      --throttle               refuse requests above the documented limits with 429 (by default there are none)
      --redeem auto|asked      tokens of a market that is over become dollars at once, or when their wallet redeems them (default auto)
      --data-lag-ms N          from MINED to being shown by the Data API, wall time (default 2000)
      --help, --version

    sim-venue likeness --data DIR tells how far the synthetic markets are from recorded ones (sim-venue likeness --help).

    Prints one line when it is ready: sim-venue ready on http://127.0.0.1:PORT (https with --tls)
    """

  static func parse(_ arguments: [String]) throws(Problems) -> Options {
    var options = Options()
    var problems: [String] = []
    var rest = arguments[...]
    var files: [String] = []
    var sourceName = "synthetic"
    var onlySynthetic: [String] = []

    func value(_ option: String) -> String? {
      guard let next = rest.first, !next.hasPrefix("--") else {
        problems.append("\(option) needs a value")
        return nil
      }
      rest.removeFirst()
      return next
    }
    func whole(_ option: String, _ range: ClosedRange<Int64>) -> Int64? {
      guard let text = value(option) else { return nil }
      guard let number = Int64(text), range.contains(number) else {
        problems.append("\(option) \(text): a whole number from \(range.lowerBound) to \(range.upperBound) is wanted")
        return nil
      }
      return number
    }
    func decimal(_ option: String, above low: Int64, upTo high: Int64) -> Int64? {
      guard let text = value(option) else { return nil }
      guard let micros = WireDecimal.micros(text), micros > low, micros <= high else {
        problems.append(
          "\(option) \(text): a number above \(WireDecimal.text(low)) and up to \(WireDecimal.text(high)) is wanted")
        return nil
      }
      return micros
    }

    while let option = rest.popFirst() {
      switch option {
      case "--help", "-h": options.wantsHelp = true
      case "--version": options.wantsVersion = true
      case "--port": whole(option, 0...65535).map { options.port = UInt16($0) }
      case "--tls":
        guard let certificate = value(option), let key = value(option) else { break }
        options.tls = TLS(certificate: certificate, key: key)
      case "--data": value(option).map { options.data = $0 }
      case "--credentials": value(option).map { options.credentials = $0 }
      case "--capital":
        decimal(option, above: 0, upTo: 1_000_000_000_000_000).map { options.rules.capital = USD(micros: $0) }
      case "--source":
        guard let name = value(option) else { break }
        sourceName = name
        if name == "replay" || name == "frames" {
          while let file = rest.first, !file.hasPrefix("--") {
            files.append(file)
            rest.removeFirst()
          }
        } else if name != "synthetic" {
          problems.append("--source \(name): synthetic, replay or frames is wanted")
        }
      case "--seed":
        onlySynthetic.append(option)
        whole(option, 0...Int64.max).map { options.seed = UInt64($0) }
      case "--volatility":
        onlySynthetic.append(option)
        decimal(option, above: 0, upTo: 20_000_000).map { options.volatility = Double($0) / 1_000_000 }
      case "--activity":
        onlySynthetic.append(option)
        decimal(option, above: 0, upTo: 100_000_000).map { options.activity = Double($0) / 1_000_000 }
      case "--cut-gaps": options.cutGaps = true
      case "--pay-rebates": options.rules.paysRebates = true
      case "--throttle": options.throttles = true
      case "--paused": options.startsPaused = true
      case "--lockstep": options.isInLockstep = true
      case "--speed": decimal(option, above: 0, upTo: 10_000_000_000).map { options.rateMilli = $0 / 1000 }
      case "--taker-hold-ms": whole(option, 0...60_000).map { options.rules.takerHold = .milliseconds($0) }
      case "--settlement-delay-s": whole(option, 0...86_400).map { options.rules.settlementDelay = .seconds($0) }
      case "--mined-ms": whole(option, 0...600_000).map { options.rules.minedAfter = .milliseconds($0) }
      case "--confirmed-ms": whole(option, 0...600_000).map { options.rules.confirmedAfter = .milliseconds($0) }
      case "--redeem":
        switch value(option) {
        case "auto": options.rules.redeemsAtOnce = true
        case "asked": options.rules.redeemsAtOnce = false
        case let other?: problems.append("--redeem \(other): auto or asked is wanted")
        case nil: break
        }
      case "--data-lag-ms": whole(option, 0...600_000).map { options.rules.dataLag = .milliseconds($0) }
      default: problems.append("\(option): unknown argument")
      }
    }
    if options.wantsHelp || options.wantsVersion { return options }
    if sourceName == "replay" || sourceName == "frames" {
      options.source = sourceName == "replay" ? .replay(files) : .frames(files)
      if files.isEmpty { problems.append("--source \(sourceName) needs at least one file") }
      for option in onlySynthetic { problems.append("\(option) is for --source synthetic") }
    }
    if options.cutGaps, sourceName != "replay" { problems.append("--cut-gaps is for --source replay") }
    if options.isInLockstep, options.startsPaused {
      problems.append("--lockstep moves by steps alone: --paused is not for it")
    }
    if options.rateMilli < 1 { problems.append("--speed: at least 0.001 is wanted") }
    if options.rules.confirmedAfter < options.rules.minedAfter {
      problems.append("--confirmed-ms is earlier than --mined-ms")
    }
    if !problems.isEmpty { throw Problems(list: problems) }
    return options
  }
}
