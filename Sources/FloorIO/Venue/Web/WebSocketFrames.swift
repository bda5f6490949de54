import Shared

/// The framing of RFC 6455 for a server: client frames in, server frames out. Pure. (Our client speaks through libwebsockets, so each
/// side is checked by an implementation that shares nothing with it.)
public struct WebSocketParser: Sendable {
  public enum Event: Hashable, Sendable {
    /// A whole message, its fragments joined.
    case message([UInt8])
    case ping([UInt8])
    case pong
    case close(code: UInt16?)
  }

  /// The client broke the rules; the code is what the closing frame says.
  public enum Violation: UInt16, Error, Hashable, Sendable {
    case protocolError = 1002
    case notText = 1007
    case tooLarge = 1009
  }

  private var buffer: [UInt8] = []
  private var start = 0
  private var message: [UInt8] = []
  private var isText = false
  private var isInMessage = false
  private let limit: Int

  public init(messageLimit: Int) { limit = messageLimit }

  public mutating func append(_ bytes: some Collection<UInt8>) { buffer.append(contentsOf: bytes) }

  /// The next event, or `nil` until more bytes have come.
  public mutating func next() throws(Violation) -> Event? {
    while true {
      let available = buffer.count - start
      guard available >= 2 else { return nil }
      let first = buffer[start]
      let second = buffer[start + 1]
      // Extensions are never agreed on, and a client masks every frame.
      guard first & 0x70 == 0, second & 0x80 != 0 else { throw .protocolError }
      let isFinal = first & 0x80 != 0
      let opcode = first & 0x0F
      var header = 2
      var length = Int(second & 0x7F)
      if length == 126 {
        guard available >= 4 else { return nil }
        length = Int(buffer[start + 2]) << 8 | Int(buffer[start + 3])
        header = 4
        guard length > 125 else { throw .protocolError }
      } else if length == 127 {
        guard available >= 10 else { return nil }
        var wide: UInt64 = 0
        for index in 2..<10 { wide = wide << 8 | UInt64(buffer[start + index]) }
        guard wide > 65_535 else { throw .protocolError }
        guard wide <= UInt64(limit) else { throw .tooLarge }
        length = Int(wide)
        header = 10
      }
      if opcode >= 8 {
        guard isFinal, length <= 125 else { throw .protocolError }
      } else if message.count + length > limit {
        throw .tooLarge
      }
      guard available >= header + 4 + length else { return nil }
      let payload = unmasked(at: start + header, length)
      start += header + 4 + length
      if start == buffer.count {
        buffer.removeAll(keepingCapacity: true)
        start = 0
      } else if start > 64 << 10 {
        buffer.removeFirst(start)
        start = 0
      }
      if let event = try take(opcode, isFinal, payload) { return event }
    }
  }

  private func unmasked(at index: Int, _ length: Int) -> [UInt8] {
    var payload = Array(buffer[(index + 4)..<(index + 4 + length)])
    for offset in payload.indices { payload[offset] ^= buffer[index + offset & 3] }
    return payload
  }

  private mutating func take(_ opcode: UInt8, _ isFinal: Bool, _ payload: [UInt8]) throws(Violation) -> Event? {
    switch opcode {
    case 0, 1, 2:
      guard (opcode == 0) == isInMessage else { throw .protocolError }
      if opcode != 0 {
        isText = opcode == 1
        isInMessage = true
      }
      message += payload
      guard isFinal else { return nil }
      let whole = message
      message = []
      isInMessage = false
      if isText, String(validating: whole, as: UTF8.self) == nil { throw .notText }
      return .message(whole)
    case 8:
      guard payload.count != 1 else { throw .protocolError }
      return .close(code: payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : nil)
    case 9: return .ping(payload)
    case 10: return .pong
    default: throw .protocolError
    }
  }
}

/// Frames that a server sends: never masked, never fragmented.
public enum WebSocketFrame {
  public static func text(_ bytes: [UInt8]) -> [UInt8] { frame(1, bytes) }
  static func pong(_ bytes: [UInt8]) -> [UInt8] { frame(10, bytes) }
  static func close(_ code: UInt16) -> [UInt8] { frame(8, [UInt8(code >> 8), UInt8(code & 255)]) }

  private static func frame(_ opcode: UInt8, _ payload: [UInt8]) -> [UInt8] {
    var out: [UInt8] = [0x80 | opcode]
    out.reserveCapacity(payload.count + 10)
    switch payload.count {
    case 0...125: out.append(UInt8(payload.count))
    case 126...65_535: out += [126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
    default:
      out.append(127)
      for shift in stride(from: 56, through: 0, by: -8) { out.append(UInt8(payload.count >> shift & 255)) }
    }
    return out + payload
  }

  /// What the server answers to the client's key.
  static func accept(key: String) -> String {
    let digest = Digests.sha1(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
    let text = Base64URL.encode(digest).utf8.map { byte in
      byte == UInt8(ascii: "-") ? UInt8(ascii: "+") : byte == UInt8(ascii: "_") ? UInt8(ascii: "/") : byte
    }
    return String(decoding: text, as: UTF8.self)
  }
}
