import FloorIOData
import FloorIOVenue
import Glibc
import Shared

/// The venue on a port: joins `VenueHouse` to the event loop and the web server.
final class VenueService {
  let port: UInt16
  let house: VenueHouse
  private let loop: EventLoop
  private let server: WebServer
  private var exchanges: [Int: WebExchange] = [:]
  private var peers: [Int: WebPeer] = [:]
  private var numbers: [WebPeer: Int] = [:]
  private var nextNumber = 1
  private var timer: TimerID?
  private var failure: (any Error)?
  private var isStopping = false

  init(_ options: Options) throws {
    let life = try Self.life(options)
    let truth = try TruthFile(directory: options.data)
    let path = options.credentials ?? options.data + "/credentials.json"
    let credentials = try Credentials.open(path)
    loop = try EventLoop()
    let identity = try options.tls.map { try TLSIdentity(certificate: $0.certificate, key: $0.key) }
    server = try WebServer(loop: loop, port: options.port, identity: identity)
    port = server.port
    house = try VenueHouse(
      settings: .init(
        rules: options.rules, rateMilli: options.isInLockstep ? 0 : options.rateMilli,
        startsPaused: options.startsPaused,
        seed: options.seed, throttles: options.throttles, build: FloorVersion.text), life: life, truth: truth,
      gate: .standard(keys: [credentials.key]), mint: try KeyMint.open(options.data + "/api-keys.secret"),
      wall: SystemClock.wall())
    try credentials.save(path, port: port)
    wire()
    for number in [SIGTERM, SIGINT] { try loop.onSignal(number) { [unowned self] in stop() } }
    schedule()
  }

  private static func life(_ options: Options) throws -> any LifeSource {
    switch options.source {
    case .synthetic:
      return SyntheticSource(
        settings: .init(seed: options.seed, volatility: options.volatility, activity: options.activity))
    case .frames(let files):
      return ReplaySource(
        recordings: [try FrameRecording(paths: files).recording], cutGaps: false, speaksVerbatim: true)
    case .replay(let files):
      var recordings: [Recording] = []
      var problems: [String] = []
      for file in files {
        do throws(ReplayFiles.Problem) {
          recordings.append(try ReplayFiles.open(file))
        } catch {
          problems.append(error.description)
        }
      }
      if !problems.isEmpty { throw VenueHouse.Refusal(description: problems.joined(separator: "\n")) }
      return ReplaySource(recordings: recordings, cutGaps: options.cutGaps)
    }
  }

  func run() throws {
    try loop.run()
    server.close()
    if let failure { throw failure }
  }

  func stop() {
    isStopping = true
    loop.stop()
  }

  /// A truth log that cannot be written ends the venue: it would promise what it may forget.
  private func attempt(_ body: () throws -> Void) {
    guard failure == nil else { return }
    do {
      try body()
      schedule()
    } catch {
      failure = error
      stop()
    }
  }

  private func wire() {
    house.respond = { [unowned self] request, answer, delay in
      if delay == .zero {
        respond(request, answer)
      } else {
        loop.after(delay) { [unowned self] in respond(request, answer) }
      }
    }
    house.abandon = { [unowned self] request in
      if let exchange = exchanges.removeValue(forKey: request) { server.abandon(exchange) }
    }
    house.spoil = { [unowned self] request, answer, how in
      guard let exchange = exchanges.removeValue(forKey: request) else { return }
      server.spoil(exchange, response(answer), how == .tearAnswer ? .torn : .dripping)
    }
    house.postpone = { [unowned self] call, number, delay in
      loop.after(delay) { [unowned self] in
        attempt { try house.resume(call, number: number, wall: SystemClock.wall()) }
      }
    }
    house.send = { [unowned self] peer, text in
      if let peer = peers[peer] { server.send(text, to: peer) }
    }
    house.hangUp = { [unowned self] peer in
      if let peer = peers[peer] { server.close(peer) }
    }
    server.onRequest = { [unowned self] request, exchange in
      let number = nextNumber
      nextNumber += 1
      exchanges[number] = exchange
      attempt { try house.request(call(request), number: number, wall: SystemClock.wall()) }
    }
    server.acceptsSocket = { ["/ws/market", "/ws/user", "/rtds", "/ws"].contains(Self.trimmed($0.path)) }
    server.onOpen = { [unowned self] peer, request in
      let number = nextNumber
      nextNumber += 1
      peers[number] = peer
      numbers[peer] = number
      if !house.opened(number, path: Self.trimmed(request.path)) { server.close(peer) }
    }
    server.onText = { [unowned self] peer, text in
      guard let number = numbers[peer] else { return }
      attempt { try house.heard(text, from: number, wall: SystemClock.wall()) }
    }
    server.onClose = { [unowned self] peer in
      guard let number = numbers.removeValue(forKey: peer) else { return }
      peers[number] = nil
      // A listener may be cut off while the house is telling it something: it hears of that afterwards.
      loop.atTurnEnd { [unowned self] in house.closed(number) }
    }
  }

  private static func trimmed(_ path: String) -> String {
    path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  private func respond(_ request: Int, _ answer: Answer) {
    guard let exchange = exchanges.removeValue(forKey: request) else { return }
    server.respond(exchange, response(answer))
  }

  private func response(_ answer: Answer) -> WebResponse {
    var headers = answer.retryAfter.map { [WebField("retry-after", String($0))] } ?? []
    headers += answer.standing?.headers.map { WebField($0.name, $0.value) } ?? []
    return WebResponse(status: answer.status, contentType: answer.contentType, headers: headers, body: answer.body)
  }

  private func call(_ request: WebRequest) -> Call {
    Call(
      method: request.method == "HEAD" ? "GET" : request.method, path: request.path,
      query: request.query.map { .init(name: $0.name, value: $0.value) }, headers: request.headers, body: request.body)
  }

  /// Wakes up when something is due next.
  private func schedule() {
    if let timer { loop.cancel(timer) }
    timer = nil
    guard !isStopping, let wake = house.nextWake else { return }
    let wait = max(.zero, wake.since(SystemClock.wall()))
    timer = loop.after(wait) { [unowned self] in
      timer = nil
      attempt { _ = try house.catchUp(wall: SystemClock.wall()) }
    }
  }
}
