import FloorIOData
import FloorIOVenue
import Shared

private let help = """
  order-gateway: checks, signs, records and sends the floor's orders, and keeps its books.

  usage: order-gateway --birth-fd N | --birth FILE
    --birth-fd N   read the birth document from this descriptor (the boss does that)
    --birth FILE   read it from a file of mode 0600 (tests)
    --help, --version

  Stops orderly on SIGTERM (resting orders are cancelled, positions kept); SIGUSR1 halts.
  """

/// The process's entry: configuration, wiring, the loop. Returns the exit status.
func runOrderGateway(_ arguments: [String]) -> Int32 {
  var gateway: Gateway?
  defer { _ = gateway }
  return FloorProcess.run("order-gateway", arguments, help: help) { process in
    let config = try GatewayConfiguration(birth: process.birth)
    let wired = try config.isMatchedHere ? paper(process, config) : venue(process, config)
    try wired.start()
    gateway = wired
  }
}

/// The venue takes the orders and tells of them.
private func venue(_ process: FloorProcess, _ config: GatewayConfiguration) throws -> Gateway {
  let stream = UserStream(
    stream: try VenueStream(
      context: WebContext(loop: process.loop, authorities: config.venue.authorities),
      endpoint: WebEndpoint(config.venue.userStream),
      answerLimit: .seconds(25),
      backoff: Backoff(base: .milliseconds(100), cap: .seconds(15), seed: SystemRandom.seed())),
    apiKey: config.credentials.apiKey, secret: config.apiSecret, passphrase: config.apiPassphrase)
  let link = HTTPVenueLink(loop: process.loop, config: config)
  let gateway = try Gateway(process: process, config: config, link: link, stream: stream)
  link.onNotice = { [weak gateway] in gateway?.heard($0) }
  return gateway
}

/// The venue is only read; orders are matched in this process.
private func paper(_ process: FloorProcess, _ config: GatewayConfiguration) throws -> Gateway {
  let link = PaperVenueLink(
    loop: process.loop, log: process.log, config: config, directory: process.birth.stateDirectory + "/journal")
  let gateway = try Gateway(process: process, config: config, link: link, stream: link.stream)
  link.fee = { [weak gateway] token in gateway?.shelf.fee(of: token) }
  gateway.onMarket = { [weak gateway, weak link] slug in
    guard let gateway, let link, let terms = gateway.shelf.terms[slug] else { return }
    link.see(slug, yes: terms.yes, no: terms.no) { gateway.shelf.update(slug) }
  }
  return gateway
}
