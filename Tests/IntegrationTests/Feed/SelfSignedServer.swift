import FloorTestSupport
import Foundation
import Testing

/// A TLS server in Python whose certificate nobody vouches for.
final class SelfSignedServer {
  let port: Int
  private let directory: TemporaryDirectory
  private let process = Process()

  init() throws {
    directory = try TemporaryDirectory()
    let script = """
      import socket, ssl, subprocess, sys
      d = sys.argv[1]
      subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", d + "/key.pem", "-out", d + "/cert.pem", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"], check=True, capture_output=True)
      context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
      context.load_cert_chain(d + "/cert.pem", d + "/key.pem")
      listener = socket.create_server(("127.0.0.1", 0))
      print(listener.getsockname()[1], flush=True)
      while True:
        raw, _ = listener.accept()
        raw.settimeout(5)
        try: context.wrap_socket(raw, server_side=True).recv(4096)
        except OSError: pass
        raw.close()
      """
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script, directory.path]
    process.standardOutput = output
    try process.run()
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  deinit {
    // The test's threads have most signals blocked and a child inherits that: only this one is sure to end it.
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}
