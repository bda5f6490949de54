import FloorIOData
import FloorIOVenue
import Glibc
import Shared

/// The process's entry: configuration, wiring, the loop. Returns the exit status: 0 told to stop, 64 usage, 69 the data or the port is
/// not to be had, 70 the truth log could not be written.
func runSimVenue(_ arguments: [String]) -> Int32 {
  if arguments.dropFirst().first == "likeness" {
    return LikenessCommand.run(Array(arguments.dropFirst(2))) { say($0, to: $1) }
  }
  let options: Options
  do throws(Options.Problems) {
    options = try Options.parse(Array(arguments.dropFirst()))
  } catch {
    for problem in error.list { say("sim-venue: \(problem)", to: 2) }
    say("sim-venue --help tells what it takes", to: 2)
    return 64
  }
  if options.wantsHelp {
    say(Options.help, to: 1)
    return 0
  }
  if options.wantsVersion {
    say("sim-venue \(FloorVersion.text)", to: 1)
    return 0
  }
  _ = signal(SIGPIPE, SIG_IGN)
  _ = umask(0o077)
  let service: VenueService
  do {
    service = try VenueService(options)
  } catch {
    say("sim-venue: \(error)", to: 2)
    return 69
  }
  say("sim-venue ready on \(options.tls == nil ? "http" : "https")://127.0.0.1:\(service.port)", to: 1)
  do {
    try service.run()
    return 0
  } catch {
    say("sim-venue: \(error)", to: 2)
    return 70
  }
}

private func say(_ text: String, to descriptor: Int32) {
  let bytes = Array((text + "\n").utf8)
  // Nobody may be listening; the exit status says the rest.
  _ = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
}
