import FloorIOData
import FloorIOVenue
import Shared

/// Joins the router to its two ports and to PostgreSQL. The picture is renewed by itself; requests never wait for the database.
final class FloorWebService {
  private let process: FloorProcess
  private let database: Database
  /// The gateway's own word, heard twice a second: the record does not know all that keeps it from entering.
  private let gateway: ControlClient
  private let router: WebRouter
  private var servers: [WebServer] = []
  private(set) var snapshot: FloorSnapshot?
  private var isAsking = false
  private var nextPicture: TimerID?
  /// When the next picture, or the error in its place, must be there at the latest.
  private var pictureDue = SystemClock.monotonic().advanced(by: FloorWebService.queryLimit + FloorWebService.grace)

  /// Between two pictures at least this, and ten times what the last one cost: watching must stay cheap on books of any size.
  private static let interval = Duration.seconds(1)
  private static let queryLimit = Duration.seconds(10)
  /// More than any busy machine is late.
  private static let grace = Duration.seconds(30)

  init(_ process: FloorProcess) throws {
    self.process = process
    let ports = try FloorWebService.ports(process.birth.configuration)
    database = try process.database { $0.statementTimeout = .seconds(9) }
    gateway = ControlClient(
      loop: process.loop, path: "\(process.birth.runDirectory)/\(ProcessNames.gateway).sock")
    router = WebRouter(build: process.build)
    for port in ports {
      do {
        let server = try WebServer(
          loop: process.loop, port: port, limits: WebLimits(body: 4096, connections: 200, keepAlive: .seconds(30)))
        server.onRequest = { [unowned self, unowned server] request, exchange in
          server.respond(exchange, answer(request))
        }
        servers.append(server)
        process.log.info("listening", [.int("port", server.port)])
      } catch {
        throw FloorFailure(.unavailable, "\(error)")
      }
    }
    database.onStateChange = { [unowned self] isUp in
      expectPicture(after: .zero)
      if isUp { renew() }
      process.isReady = isUp
    }
    // A picture ends by its own time limit at the latest; one that does not come is lost work.
    process.waiting = { [unowned self] in
      database.isConnected && SystemClock.monotonic() > pictureDue ? 1 : 0
    }
    renew()
  }

  private func expectPicture(after wait: Duration) {
    pictureDue = SystemClock.monotonic().advanced(by: wait + FloorWebService.queryLimit + FloorWebService.grace)
  }

  /// Zero twice in one configuration is fine (tests); the same port twice is not, and the configuration's rules say so earlier.
  static func ports(_ configuration: JSON) throws(FloorFailure) -> [UInt16] {
    var ports: [UInt16] = []
    var problems: [String] = []
    for key in ["port", "metrics_port"] {
      guard let number = configuration["web"]?[key]?.int, let port = UInt16(exactly: number) else {
        problems.append("web.\(key) must be 0 … 65535")
        continue
      }
      ports.append(port)
    }
    if !problems.isEmpty { throw FloorFailure(.configuration, "birth document: " + problems.joined(separator: "; ")) }
    return ports
  }

  private func answer(_ request: WebRequest) -> WebResponse {
    process.advance()
    var picture = snapshot
    if let progress = gateway.progress {
      picture?.gateway = GatewayWord(mode: FloorMode(rawValue: progress.mode), note: progress.note)
    }
    return router.answer(request, picture, isConnected: database.isConnected, now: SystemClock.wall())
  }

  private func renew() {
    guard !isAsking else { return }
    isAsking = true
    // Asked out of turn, after a reconnection: there is still only one next time.
    nextPicture.map(process.loop.cancel)
    let asked = SystemClock.monotonic()
    database.batch(FloorSnapshot.statements, timeout: FloorWebService.queryLimit) { [weak self] result in
      guard let self else { return }
      isAsking = false
      take(result)
      let cost = SystemClock.monotonic().since(asked)
      let wait = max(FloorWebService.interval, cost * 10)
      expectPicture(after: wait)
      nextPicture = process.loop.after(wait) { [weak self] in self?.renew() }
    }
  }

  private func take(_ result: Result<[Rows], DatabaseError>) {
    process.advance()
    switch result {
    case .failure(let error):
      process.note = "no picture: \(error)"
    case .success(let answers):
      do {
        snapshot = try FloorSnapshot(answers, takenAt: SystemClock.wall())
        process.note = ""
        process.isReady = true
      } catch {
        process.log.error("the picture of the floor cannot be read", [.error(error)])
        process.note = "unreadable picture: \(error)"
      }
    }
  }

  func close() {
    gateway.close()
    for server in servers { server.close() }
  }
}
