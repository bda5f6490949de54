import FloorIOData
import FloorIOVenue
import Shared
import Testing

/// libcurl against our own server, on one loop.
@Suite("HTTP client")
struct HTTPClientTests {
  final class Bench {
    let loop: EventLoop
    let server: WebServer
    let client: HTTPClient
    var base: String { "http://127.0.0.1:\(server.port)" }

    init(connections: Int = 16) throws {
      loop = try EventLoop()
      server = try WebServer(loop: loop, port: 0)
      client = HTTPClient(loop: loop, connections: connections)
      server.onRequest = { [unowned self] in server.respond($1, WebServerTests.echo($0)) }
    }

    func ask(_ request: HTTPRequest, timeout: Duration = .seconds(5)) throws -> Result<HTTPResponse, HTTPError> {
      var result: Result<HTTPResponse, HTTPError>?
      client.send(request, timeout: timeout) { result = $0 }
      #expect(result == nil, "never inside send")
      let came = try loop.turn(until: { result != nil }, limit: .seconds(10))
      try #require(came)
      return try #require(result)
    }
  }

  @Test("Every method goes out with its body and its headers, over one kept connection")
  func methods() throws {
    let bench = try Bench()
    for (method, body) in [
      ("GET", nil), ("POST", "{}"), ("POST", ""), ("DELETE", "[1]"), ("DELETE", nil), ("PUT", "x"), ("GET", nil),
    ] as [(String, String?)] {
      let request = HTTPRequest(
        method, bench.base + "/a?b=c", headers: [WebField("POLY_ADDRESS", "0xA"), WebField("x-odd", "1")],
        body: body.map { Array($0.utf8) })
      let answer = try JSON.parse(try bench.ask(request).get().body)
      #expect(answer["method"]?.string == method)
      #expect(answer["body"]?.string == body ?? "")
      #expect(answer["query"]?.array == ["b=c"])
      #expect(answer["headers"]?.array == ["poly_address: 0xA", "x-odd: 1"])
    }
  }

  @Test("A venue's clock beyond all calendars is a malformed answer and no crash")
  func hostileClock() throws {
    let bench = try Bench()
    let clob = ClobClient(http: bench.client, base: bench.base)
    for (text, seconds) in [("1795180564", 1_795_180_564), ("9223372036854775807", nil), ("-1", nil)]
      as [(String, Int64?)]
    {
      bench.server.onRequest = { bench.server.respond($1, .json(Array(text.utf8))) }
      var result: Result<WallTime, VenueCallError>?
      clob.time { result = $0 }
      try #require(try bench.loop.turn(until: { result != nil }, limit: .seconds(10)))
      switch try #require(result) {
      case .success(let time): #expect(time.seconds == seconds)
      case .failure(let error): #expect(seconds == nil && error == .malformed("time"), "\(error)")
      }
    }
  }

  @Test("Many at once are all answered, each with its own answer, however late")
  func many() throws {
    let bench = try Bench(connections: 4)
    bench.server.onRequest = { request, exchange in
      bench.loop.after(.milliseconds(Int64(request.path.utf8.count % 5))) {
        bench.server.respond(exchange, .text(request.path))
      }
    }
    var answers: [Int: String] = [:]
    for number in 0..<200 {
      bench.client.send(HTTPRequest("GET", bench.base + "/\(number)"), timeout: .seconds(10)) { result in
        answers[number] = (try? result.get()).map { String(decoding: $0.body, as: UTF8.self) }
      }
    }
    #expect(try bench.loop.turn(until: { answers.count == 200 }, limit: .seconds(10)))
    #expect(answers.allSatisfy { $1 == "/\($0)" })
  }

  @Test("Errors say whether anything can have happened")
  func outcomes() throws {
    let bench = try Bench()
    // Nobody listens: nothing has left.
    let free = try WebServer(loop: bench.loop, port: 0)
    let port = free.port
    free.close()
    let unreachable = try bench.ask(HTTPRequest("POST", "http://127.0.0.1:\(port)/order", body: [1]))
    #expect(unreachable.error?.reason == .unreachable && unreachable.error?.outcomeKnown == true)
    #expect(unreachable.error?.retryable == true)
    // Heard, never answered.
    bench.server.onRequest = { _, _ in }
    let silent = try bench.ask(HTTPRequest("POST", bench.base + "/order", body: [1]), timeout: .milliseconds(100))
    #expect(silent.error?.reason == .timedOut && silent.error?.outcomeKnown == false)
    // Heard, and the line cut.
    bench.server.onRequest = { bench.server.abandon($1) }
    let cut = try bench.ask(HTTPRequest("POST", bench.base + "/order", body: [1]))
    #expect(cut.error?.reason == .connectionLost && cut.error?.outcomeKnown == false)
    // Bounded.
    bench.server.onRequest = { bench.server.respond($1, .text(String(repeating: "a", count: 5000))) }
    let large = try bench.ask(HTTPRequest("GET", bench.base, answerLimit: 4999))
    #expect(large.error?.reason == .answerTooLarge && large.error?.retryable == false)
    // Impossible.
    for bad in ["", "ftp://127.0.0.1/", "http://"] {
      #expect(try bench.ask(HTTPRequest("GET", bad)).error?.outcomeKnown == true, "\(bad)")
    }
    let smuggled = HTTPRequest("GET", bench.base, headers: [WebField("a", "b\r\nc: d")])
    #expect(try bench.ask(smuggled).error?.reason == .badRequest)
  }

  @Test("A redirect is an answer, not a road; Retry-After is read in seconds")
  func plainAnswers() throws {
    let bench = try Bench()
    bench.server.onRequest = { request, exchange in
      let field = request.path == "/r" ? WebField("Location", bench.base + "/x") : WebField("Retry-After", "3")
      bench.server.respond(
        exchange, WebResponse(status: request.path == "/r" ? 302 : 429, contentType: "a/b", headers: [field], body: []))
    }
    #expect(try bench.ask(HTTPRequest("GET", bench.base + "/r")).get().status == 302)
    let throttled = try bench.ask(HTTPRequest("GET", bench.base + "/t")).get()
    #expect(throttled.status == 429 && throttled.retryAfter == .seconds(3))
    #expect(HTTPResponse(status: 429, headers: ["retry-after": "soon"], body: []).retryAfter == nil)
  }

  @Test("Closing ends what is under way, once, and later requests too")
  func closing() throws {
    let bench = try Bench()
    bench.server.onRequest = { _, _ in }
    var reasons: [HTTPError.Reason] = []
    for _ in 0..<3 {
      bench.client.send(HTTPRequest("GET", bench.base), timeout: .seconds(5)) {
        reasons.append($0.error?.reason ?? .badRequest)
      }
    }
    _ = try bench.loop.turn(until: { false }, limit: .milliseconds(20))
    bench.client.close()
    bench.client.send(HTTPRequest("GET", bench.base), timeout: .seconds(5)) {
      reasons.append($0.error?.reason ?? .badRequest)
    }
    #expect(try bench.loop.turn(until: { reasons.count == 4 }, limit: .seconds(5)))
    #expect(reasons == [.cancelled, .cancelled, .cancelled, .cancelled])
  }

  @Test("A round trip on a kept connection costs well under a millisecond")
  func latency() throws {
    let bench = try Bench()
    bench.server.onRequest = { bench.server.respond($1, .text("ok")) }
    var times: [Int64] = []
    for _ in 0..<300 {
      let start = SystemClock.monotonic()
      _ = try bench.ask(HTTPRequest("POST", bench.base, body: [UInt8](repeating: 97, count: 800))).get()
      times.append(SystemClock.monotonic().since(start).nanoseconds)
    }
    times.sort()
    print("HTTP round trip p50 \(times[150] / 1000) µs, p99 \(times[297] / 1000) µs")
    #expect(times[150] < 5_000_000)
  }
}

extension Result where Failure == HTTPError {
  var error: HTTPError? { if case .failure(let error) = self { error } else { nil } }
}
