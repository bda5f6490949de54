import FloorIOData
import FloorIOVenue
import FloorSim
import Glibc
import Shared

/// Joins a smoke run to the clients that trade: discovery, order book service, market socket, reference prices. One thread, one loop.
final class SmokeShell {
  private let loop: EventLoop
  private let http: HTTPClient
  private let gamma: GammaClient
  private let clob: ClobClient
  private let context: WebContext
  private let market: VenueStream
  private let reference: VenueStream
  private let isJSON: Bool
  private let clockURL: String?
  private var smoke: SmokeRun
  /// Subscribed at every opening of the market socket.
  private var tokens: [TokenID] = []
  private var isOver = false

  /// A whole book of every price at a tick of 0.0001 is below 1 MB.
  private static let messageLimit = 4 << 20
  private static let tickEvery = Duration.milliseconds(50)

  init(_ settings: SmokeSettings, isJSON: Bool) throws {
    let endpoints = settings.endpoints
    loop = try EventLoop()
    http = HTTPClient(loop: loop, connections: 4, authorities: endpoints.authorities)
    gamma = GammaClient(http: http, base: endpoints.gamma)
    clob = ClobClient(http: http, base: endpoints.clob)
    let context = try WebContext(loop: loop, authorities: endpoints.authorities)
    self.context = context
    func stream(_ address: String) throws -> VenueStream {
      try VenueStream(
        context: context, endpoint: try WebEndpoint(address), keepAlive: .seconds(5), answerLimit: .seconds(15),
        messageLimit: SmokeShell.messageLimit,
        backoff: Backoff(base: .milliseconds(100), cap: .seconds(2), seed: SystemRandom.seed()))
    }
    market = try stream(endpoints.marketStream)
    reference = try stream(endpoints.referenceStream)
    clockURL = endpoints.clock
    self.isJSON = isJSON
    smoke = SmokeRun(settings, at: SmokeShell.now)
  }

  private static var now: SmokeRun.Now { SmokeRun.Now(wall: SystemClock.wall(), monotonic: SystemClock.monotonic()) }

  /// Until it is over. Ctrl-C and SIGTERM end it with its summary.
  func run() throws -> SmokeVerdict {
    for signal in [SIGINT, SIGTERM] {
      try loop.onSignal(signal) { [unowned self] in step { $0.interrupt(at: $1) } }
    }
    market.onOpen = { [unowned self] in
      if !tokens.isEmpty { market.send(VenueSubscriptions.first(tokens)) }
      step { run, _ in run.marketOpened() }
    }
    market.onLost = { [unowned self] why in step { $0.marketLost(why, at: $1) } }
    market.onText = { [unowned self] text in step { $0.market(text, at: $1) } }
    reference.onOpen = { [unowned self] in reference.send(VenueSubscriptions.references) }
    reference.onLost = { [unowned self] why in step { run, _ in run.referenceLost(why) } }
    reference.onText = { [unowned self] text in step { $0.reference(text, at: $1) } }
    loop.every(SmokeShell.tickEvery) { [unowned self] in step { $0.tick(at: $1) } }
    perform()
    reference.start()
    while !isOver { try loop.turn(timeout: nil) }
    market.stop()
    reference.stop()
    http.close()
    context.close()
    guard let verdict = smoke.verdict else { throw FloorFailure(.broken, "a smoke run ended without a verdict") }
    if isJSON { print(smoke.json.text) }
    return verdict
  }

  private func step(_ body: (inout SmokeRun, SmokeRun.Now) -> Void) {
    guard !isOver else { return }
    body(&smoke, SmokeShell.now)
    perform()
  }

  private func perform() {
    for effect in smoke.takeEffects() {
      switch effect {
      case .line(let text): if !isJSON { Terminal.tell(text) }
      case .readClock: readClock()
      case .lookUp(let slug):
        gamma.market(slug) { [weak self] answer in self?.step { $0.listing(slug, answer.inWords, at: $1) } }
      case .subscribe(let new): subscribe(new)
      case .resubscribe(let again):
        market.send(VenueSubscriptions.unsubscribe(again))
        market.send(VenueSubscriptions.subscribe(again))
      case .unsubscribe(let old):
        tokens.removeAll(where: old.contains)
        market.send(VenueSubscriptions.unsubscribe(old))
      case .reconnect: if market.isOpen { market.reconnect("no book after three subscriptions") }
      case .fetchBook(let token):
        clob.book(token) { [weak self] answer in self?.step { $0.witness(token, answer.inWords, at: $1) } }
      case .fetchOrderBook(let token):
        clob.book(token) { [weak self] answer in self?.step { $0.orderBook(answer.inWords, at: $1) } }
      case .end: isOver = true
      }
    }
  }

  private func readClock() {
    guard let clockURL else { return }
    SimClock.read(http, url: clockURL) { [weak self] answer in self?.step { $0.clockRead(answer.inWords, at: $1) } }
  }

  /// The venue closes a market socket that asks for nothing: it is opened with the first tokens.
  private func subscribe(_ new: [TokenID]) {
    let isFirst = tokens.isEmpty
    tokens += new
    if market.isOpen {
      market.send(isFirst ? VenueSubscriptions.first(tokens) : VenueSubscriptions.subscribe(new))
    } else {
      market.start()
    }
  }
}

extension Result where Failure == VenueCallError {
  /// For the run, which needs to know why in words alone.
  fileprivate var inWords: Result<Success, SmokeTrouble> { mapError { SmokeTrouble($0.description) } }
}
