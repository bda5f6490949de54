import FloorIOData
import FloorIOVenue
import Foundation
import Shared
import Testing

/// One thread with a loop and a server that echoes what it was asked.
struct WebBench {
  let loop: EventLoop
  let server: WebServer

  init(limits: WebLimits = WebLimits()) throws {
    loop = try EventLoop()
    server = try WebServer(loop: loop, port: 0, limits: limits)
  }

  /// Runs a program while the loop serves it; its standard output.
  func running(_ program: String, _ arguments: [String], limit: Duration = .seconds(20)) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    let output = FileManager.default.temporaryDirectory.appending(path: "web-\(UUID().uuidString)")
    #expect(FileManager.default.createFile(atPath: output.path, contents: nil))
    defer { try? FileManager.default.removeItem(at: output) }
    let handle = try FileHandle(forWritingTo: output)
    process.standardOutput = handle
    process.standardError = handle
    try process.run()
    // Foundation tells of the end on another thread; the loop looks again a hundred times a second.
    let tick = loop.every(.milliseconds(10)) {}
    defer { loop.cancel(tick) }
    let ended = try loop.turn(until: { !process.isRunning }, limit: limit)
    if !ended { process.terminate() }
    try #require(ended, "\(program) did not end")
    return String(decoding: try Data(contentsOf: output), as: UTF8.self)
  }

  func python(_ script: String) throws -> String { try running("/usr/bin/env", ["python3", "-c", script]) }
}

@Suite("HTTP server")
struct WebServerTests {
  static func echo(_ request: WebRequest) -> WebResponse {
    let headers = ["poly_address", "poly_signature", "x-odd"].compactMap { name in
      request.header(name).map { (name, $0) }
    }
    let answer: JSON = [
      "method": .string(request.method), "path": .string(request.path),
      "query": .array(request.query.map { .string("\($0.name)=\($0.value)") }),
      "headers": .array(headers.map { .string("\($0.0): \($0.1)") }),
      "body": .string(String(decoding: request.body, as: UTF8.self)),
    ]
    return .json(answer.bytes)
  }

  @Test("Every method arrives whole: path, query, headers with underscores, body; also DELETE's; over one connection")
  func methods() throws {
    let bench = try WebBench()
    bench.server.onRequest = { bench.server.respond($1, Self.echo($0)) }
    let output = try bench.python(
      """
      import http.client
      c = http.client.HTTPConnection("127.0.0.1", \(bench.server.port), timeout=5)
      h = {"POLY_ADDRESS": "0xAb", "POLY_SIGNATURE": "a-_=", "X-Odd": "1"}
      for method, path, body in [("GET", "/data/orders?next_cursor=MA==&id=", None), ("GET", "/data/orders?next_cursor=MA%3D%3D", None),
          ("POST", "/order", '{"a":1}'), ("DELETE", "/order", '{"orderID":"0x1"}'), ("DELETE", "/cancel-all", None),
          ("POST", "/auth/api-key", None), ("POST", "/auth/api-key", ""), ("DELETE", "/orders", "[" + "1" * 50000 + "]"), ("PUT", "/x", "y")]:
        c.request(method, path, body, h)
        sock = c.sock.getsockname()
        r = c.getresponse(); t = r.read().decode()
        print(r.status, sock[1], t[:400], len(t))
      """)
    let lines = output.split(separator: "\n").map(String.init)
    try #require(lines.count == 9, "\(output)")
    let ports = Set(lines.map { $0.split(separator: " ")[1] })
    #expect(ports.count == 1, "the connection was not kept: \(output)")
    #expect(
      lines.allSatisfy {
        $0.hasPrefix("200 ") && $0.contains(#""poly_address: 0xAb","poly_signature: a-_=","x-odd: 1""#)
      })
    #expect(lines[0].contains(#""GET","path":"/data/orders","query":["next_cursor=MA==","id="]"#), "\(lines[0])")
    #expect(lines[1].contains(#""next_cursor=MA==""#), "\(lines[1])")
    #expect(lines[2].contains(#""POST","path":"/order""#) && lines[2].contains(#"{\"a\":1}"#))
    #expect(lines[3].contains(#""DELETE","path":"/order""#) && lines[3].contains(#"{\"orderID\":\"0x1\"}"#))
    #expect(lines[4].contains(#""DELETE","path":"/cancel-all""#) && lines[4].contains(#""body":"""#))
    #expect(lines[5].contains(#""body":"""#) && lines[6].contains(#""body":"""#))
    #expect(try #require(Int(lines[7].split(separator: " ").last!)) > 50_002)
  }

  @Test("Pipelined requests are answered in order, also when the first answer is held back")
  func pipelining() throws {
    let bench = try WebBench()
    var first: WebExchange?
    bench.server.onRequest = { request, exchange in
      if request.path == "/slow" {
        first = exchange
        bench.loop.after(.milliseconds(150)) { bench.server.respond(exchange, .text("slow")) }
      } else {
        bench.server.respond(exchange, .text(request.path + String(decoding: request.body, as: UTF8.self)))
      }
    }
    let output = try bench.python(
      """
      import socket, time
      s = socket.create_connection(("127.0.0.1", \(bench.server.port)), 5)
      t = time.time()
      s.sendall(b"GET /slow HTTP/1.1\\r\\nHost: a\\r\\n\\r\\nDELETE /two HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 3\\r\\n\\r\\nxyzGET /three HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n")
      d = b""
      while True:
        r = s.recv(4096)
        if not r: break
        d += r
      print([p.split(b"\\r\\n\\r\\n")[1].decode() for p in d.split(b"HTTP/1.1 200 OK")[1:]], 0.14 < time.time() - t < 2)
      """)
    #expect(output == "['slow', '/twoxyz', '/three'] True\n")
    #expect(first != nil)
  }

  @Test("curl's keep-alive works with bodies on POST and DELETE")
  func curl() throws {
    let bench = try WebBench()
    bench.server.onRequest = { bench.server.respond($1, Self.echo($0)) }
    let base = "http://127.0.0.1:\(bench.server.port)"
    let output = try bench.running(
      "/usr/bin/env",
      [
        "curl", "-sS", "--max-time", "5", "-w", "|%{num_connects}\\n", "-X", "POST", "-d", "one", base + "/a", "--next",
        "-sS",
        "-w", "|%{num_connects}\\n", "-X", "DELETE", "-d", "two", base + "/b", "--next", "-sS", "-w",
        "|%{num_connects}\\n",
        base + "/c%20d?q=a%26b",
      ])
    let lines = output.split(separator: "\n").map(String.init)
    try #require(lines.count == 3, "\(output)")
    #expect(lines[0].contains(#""body":"one""#) && lines[0].hasSuffix("|1"))
    #expect(
      lines[1].contains(#""DELETE","path":"/b""#) && lines[1].contains(#""body":"two""#) && lines[1].hasSuffix("|0"))
    #expect(lines[2].contains(#""path":"/c d","query":["q=a&b"]"#) && lines[2].hasSuffix("|0"), "\(lines[2])")
  }

  @Test("Too large a body, a chunked one and rubbish are refused; the server goes on")
  func refusals() throws {
    let bench = try WebBench(limits: WebLimits(body: 1000))
    bench.server.onRequest = { bench.server.respond($1, .text("fine")) }
    let output = try bench.python(
      """
      import socket
      def go(data):
        s = socket.create_connection(("127.0.0.1", \(bench.server.port)), 5)
        s.settimeout(5)
        d = b""
        try:
          s.sendall(data)
          while True:
            r = s.recv(4096)
            if not r: break
            d += r
            if b"fine" in d: break
        except OSError: pass
        return d.split(b"\\r\\n")[0].decode()
      H = b" HTTP/1.1\\r\\nHost: a\\r\\n"
      E = b"\\r\\n\\r\\n"
      print(go(b"POST /a" + H + b"Content-Length: 1001" + E + b"x" * 1001))
      print(go(b"POST /a" + H + b"Transfer-Encoding: chunked" + E + b"1\\r\\nx\\r\\n0" + E))
      print(go(b"POST /a" + H + b"Content-Length: -5" + E))
      print(go(b"POST /a" + H + b"Content-Length: 3\\r\\nContent-Length: 3" + E + b"abc"))
      print(go(b"\\x00\\xff rubbish" + E))
      print(go(b"GET /" + b"a" * 20000 + H + b"\\r\\n"))
      print(go(b"GET /%zz" + H + b"\\r\\n"))
      print(go(b"GET /a HTTP/2.0" + E))
      print(go(b"GET /a HTTP/1.1\\r\\nHost : a" + E))
      print(go(b"POST /a" + H + b"Content-Length: 1000" + E + b"x" * 1000))
      """)
    let statuses = output.split(separator: "\n").map { $0.split(separator: " ").dropFirst().first ?? "" }
    #expect(statuses == ["413", "411", "400", "400", "400", "431", "400", "505", "400", "200"], "\(output)")
  }

  @Test(
    "a target has only visible ASCII, a header's value may have more, and a lone line feed ends no line",
    arguments: [
      ("GET /a%CC%97 HTTP/1.1", true), ("GET /\u{317} HTTP/1.1", false), ("GET /é HTTP/1.1", false),
      ("GET / HTTP/1.1\r\nX-Name: é", true), ("GET / HTTP/1.1\r\nX-é: 1", false),
      ("GET / HTTP/1.1\r\nX: a\nY: b", false),
      ("GET / HTTP/1.1\nX: a", false), ("G\u{301}ET / HTTP/1.1", false),
    ])
  func bytesOfAHead(head: String, isTaken: Bool) {
    var parser = HTTPRequestParser(bodyLimit: 100)
    parser.append(Array((head + "\r\n\r\n").utf8))
    do throws(HTTPRequestError) {
      let request = try parser.next()
      #expect(isTaken && request != nil)
    } catch {
      #expect(!isTaken && error == .malformed)
    }
  }

  @Test("Requests are cut the same from any pieces, one byte at a time included")
  func pieces() throws {
    let text =
      "POST /order?a=1 HTTP/1.1\r\nPOLY_ADDRESS:  0xA \r\nContent-Length: 5\r\n\r\nhello\r\n"
      + "DELETE /all HTTP/1.1\r\n\r\nGET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    var random = SeededGenerator(seed: 9)
    for round in 0..<200 {
      var parser = HTTPRequestParser(bodyLimit: 100)
      var seen: [WebRequest] = []
      var rest = Array(text.utf8)[...]
      while !rest.isEmpty {
        let count = round == 0 ? 1 : Int.random(in: 1...min(rest.count, 40), using: &random)
        parser.append(rest.prefix(count))
        rest = rest.dropFirst(count)
        while let request = try parser.next() { seen.append(request) }
      }
      #expect(seen.map(\.method) == ["POST", "DELETE", "GET"])
      #expect(seen.map(\.path) == ["/order", "/all", "/x"])
      #expect(seen.first?.body == Array("hello".utf8) && seen.first?.header("POLY_ADDRESS") == "0xA")
      #expect(parser.pendingBytes == 0)
    }
  }

  @Test("An answer whose client has left is dropped, and a port in use is named")
  func leftClients() throws {
    let bench = try WebBench()
    var held: [WebExchange] = []
    bench.server.onRequest = { held.append($1) }
    _ = try bench.python(
      """
      import socket
      s = socket.create_connection(("127.0.0.1", \(bench.server.port)), 5)
      s.sendall(b"GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n")
      import time
      time.sleep(0.2)
      s.close()
      """)
    #expect(held.count == 1)
    for exchange in held { bench.server.respond(exchange, .text("late")) }
    _ = try bench.loop.turn(until: { false }, limit: .milliseconds(50))
    #expect(throws: WebError.cannotListen(address: "127.0.0.1", port: bench.server.port)) {
      try WebServer(loop: bench.loop, port: bench.server.port)
    }
  }
}
