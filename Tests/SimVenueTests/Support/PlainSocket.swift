import Foundation
import Glibc

/// A blocking TCP connection for tests: what a client of another make would do, with nothing of ours in between.
@safe final class PlainSocket {
  struct Closed: Error {}
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  /// What of the buffer has been taken: removing it each time would cost more the more has come.
  private var taken = 0

  init(port: UInt16, patience: Int = 10) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = port.bigEndian
    name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var wait = timeval(tv_sec: patience, tv_usec: 0)
    _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
    let connected = unsafe withUnsafePointer(to: &name) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { throw Closed() }
  }

  deinit { close(descriptor) }

  func send(_ bytes: [UInt8]) throws {
    let count = unsafe bytes.withUnsafeBytes {
      unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    guard count == bytes.count else { throw Closed() }
  }

  private func fill() throws {
    if taken > 1 << 20 || taken == buffer.count {
      buffer.removeFirst(taken)
      taken = 0
    }
    var space = [UInt8](repeating: 0, count: 65536)
    let count = unsafe space.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
    guard count > 0 else { throw Closed() }
    buffer += space[0..<count]
  }

  func take(_ count: Int) throws -> [UInt8] {
    while buffer.count - taken < count { try fill() }
    defer { taken += count }
    return Array(buffer[taken..<(taken + count)])
  }

  /// Up to and with the pattern.
  func take(through pattern: String) throws -> String {
    let wanted = Array(pattern.utf8)
    while true {
      if let range = buffer[taken...].firstRange(of: wanted) {
        return String(decoding: try take(range.upperBound - taken), as: UTF8.self)
      }
      try fill()
    }
  }
}

/// A web socket client for tests.
final class PlainWebSocket {
  private let socket: PlainSocket

  init(port: UInt16, path: String) throws {
    socket = try PlainSocket(port: port)
    try socket.send(
      Array(
        ("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n").utf8))
    let head = try socket.take(through: "\r\n\r\n")
    guard head.hasPrefix("HTTP/1.1 101") else { throw PlainSocket.Closed() }
  }

  func send(_ text: String) throws {
    let payload = Array(text.utf8)
    var frame: [UInt8] = [0x81]
    if payload.count < 126 {
      frame.append(0x80 | UInt8(payload.count))
    } else {
      frame += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
    }
    frame += [0, 0, 0, 0]
    try socket.send(frame + payload)
  }

  /// The next text message.
  func next() throws -> String {
    while true {
      let head = try socket.take(2)
      var length = Int(head[1] & 0x7F)
      if length == 126 {
        length = try socket.take(2).reduce(0) { $0 << 8 | Int($1) }
      } else if length == 127 {
        length = try socket.take(8).reduce(0) { $0 << 8 | Int($1) }
      }
      let payload = try socket.take(length)
      switch head[0] & 0x0F {
      case 1: return String(decoding: payload, as: UTF8.self)
      case 8: throw PlainSocket.Closed()
      default: continue
      }
    }
  }
}
