import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared
import Testing

/// A TLS server in Python with a certificate of its own authority: answers every GET, and upgrades to a web socket that says one word.
final class TLSServer {
  let port: UInt16
  private let files: TestAuthority
  private let process = Process()
  var authority: String { files.authority }

  init() throws {
    files = try TestAuthority()
    let script = """
      import ssl, select, socket, sys, hashlib, base64
      d = sys.argv[1]
      context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
      context.load_cert_chain(d + "/cert.pem", d + "/key.pem")
      listener = socket.create_server(("127.0.0.1", 0))
      port = listener.getsockname()[1]
      # The same under an address that the certificate does not name.
      other = socket.create_server(("127.0.0.2", port))
      print(port, flush=True)
      while True:
        raw, _ = select.select([listener, other], [], [])[0][0].accept()
        raw.settimeout(5)
        try:
          s = context.wrap_socket(raw, server_side=True)
          data = b""
          while b"\\r\\n\\r\\n" not in data:
            more = s.recv(4096)
            if not more: raise OSError("gone")
            data += more
          key = [l.split(b":")[1].strip() for l in data.split(b"\\r\\n") if l.lower().startswith(b"sec-websocket-key")]
          if key:
            accept = base64.b64encode(hashlib.sha1(key[0] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
            s.sendall(b"HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: " + accept + b"\\r\\n\\r\\n\\x81\\x05hello")
            s.recv(100)
          else:
            s.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok")
          s.close()
        except OSError: raw.close()
      """
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script, files.directory.path]
    process.standardOutput = output
    try process.run()
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    port = try #require(UInt16(line.trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  deinit {
    // The test's threads have most signals blocked and a child inherits that: only this one is sure to end it.
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}

@Suite("TLS", .hangLimit)
struct TLSTests {
  static func ask(_ url: String, authorities: String?) throws -> Result<HTTPResponse, HTTPError> {
    let loop = try EventLoop()
    let client = HTTPClient(loop: loop, authorities: authorities)
    var result: Result<HTTPResponse, HTTPError>?
    client.send(HTTPRequest("GET", url), timeout: .seconds(5)) { result = $0 }
    try #require(try loop.turn(until: { result != nil }, limit: .seconds(10)))
    return try #require(result)
  }

  @Test("HTTPS is served by a known authority under the right name, and refused otherwise, before a byte is sent")
  func https() throws {
    let server = try TLSServer()
    let url = "https://localhost:\(server.port)/"
    #expect(try Self.ask(url, authorities: server.authority).get().body == Array("ok".utf8))
    for (url, authorities) in [
      (url, nil), ("https://127.0.0.2:\(server.port)/", server.authority),
    ] as [(String, String?)] {
      let error = try #require(try Self.ask(url, authorities: authorities).error)
      #expect(error.reason == .certificateRefused && error.outcomeKnown && !error.retryable, "\(error)")
    }
  }

  @Test("A secure web socket opens with a known authority under the right name, and not otherwise")
  func secureSocket() throws {
    let server = try TLSServer()
    func attempt(_ host: String, _ authorities: String) throws -> (texts: [[UInt8]], ends: [WebSocketEnd]) {
      let loop = try EventLoop()
      let context = try WebContext(loop: loop, authorities: authorities)
      let client = try WebSocketClient(context: context, endpoint: WebEndpoint("wss://\(host):\(server.port)/ws"))
      var texts: [[UInt8]] = []
      var ends: [WebSocketEnd] = []
      client.onText = { texts.append($0) }
      client.onEnd = { ends.append($0) }
      client.connect()
      let came = try loop.turn(until: { !texts.isEmpty || !ends.isEmpty }, limit: .seconds(10))
      #expect(came)
      client.close()
      context.close()
      return (texts, ends)
    }
    #expect(try attempt("localhost", server.authority).texts == [Array("hello".utf8)])
    #expect(try attempt("127.0.0.2", server.authority).texts.isEmpty, "a foreign name was trusted")
    #expect(
      try attempt("localhost", "/etc/ssl/certs/ca-certificates.crt").texts.isEmpty, "a foreign authority was trusted")
    let plain = try WebContext(loop: EventLoop())
    #expect(throws: WebError.noTLS) { try WebSocketClient(context: plain, endpoint: WebEndpoint("wss://localhost/")) }
  }
}
