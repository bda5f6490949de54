@testable import FloorIOVenue

/// A byte stream is cut into the same events however it arrives; what a client frames by the book is read back whole; what we frame
/// is what RFC 6455 says. The first byte chooses how the stream is cut, and how the same bytes are framed as a message.
enum WebSocketTarget {
  private static let limit = 256

  static func take(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    let stream = bytes.dropFirst()
    let whole = cut(stream, piece: stream.count + 1)
    let parts = cut(stream, piece: Int(first % 16) + 1)
    hold(whole.events == parts.events, "events depend on how the stream arrives")
    hold(whole.violation == parts.violation, "the verdict depends on how the stream arrives")
    for case .message(let message) in whole.events { hold(message.count <= limit, "\(message.count) bytes") }
    readsBack(Array(stream), choice: first)
    framesByTheBook(Array(stream), choice: first)
  }

  private static func cut(
    _ stream: ArraySlice<UInt8>, piece: Int
  ) -> (events: [WebSocketParser.Event], violation: WebSocketParser.Violation?) {
    var parser = WebSocketParser(messageLimit: limit)
    var events: [WebSocketParser.Event] = []
    var rest = stream
    do throws(WebSocketParser.Violation) {
      while !rest.isEmpty {
        parser.append(rest.prefix(piece))
        rest = rest.dropFirst(piece)
        while let event = try parser.next() { events.append(event) }
      }
    } catch {
      return (events, error)
    }
    return (events, nil)
  }

  /// A client's binary message in masked fragments, with a ping between them.
  private static func readsBack(_ message: [UInt8], choice: UInt8) {
    guard message.count <= limit else { return }
    let size = 30 + Int(choice >> 4) * 20
    var sent: [UInt8] = []
    var index = 0
    repeat {
      let end = min(message.count, index + size)
      sent += masked(
        opcode: index == 0 ? 2 : 0, isFinal: end == message.count, Array(message[index..<end]), key: choice)
      if end < message.count { sent += masked(opcode: 9, isFinal: true, [choice], key: choice) }
      index = end
    } while index < message.count
    let read = cut(sent[...], piece: Int(choice % 16) + 1)
    hold(read.violation == nil, "a client's frames were refused")
    hold(read.events.last == .message(message), "a client's message was read as another")
    hold(read.events.dropLast().allSatisfy { $0 == .ping([choice]) }, "events that nobody sent")
  }

  private static func masked(opcode: UInt8, isFinal: Bool, _ payload: [UInt8], key: UInt8) -> [UInt8] {
    let mask = [key, key &* 3, key ^ 0x55, ~key]
    var out: [UInt8] = [(isFinal ? 0x80 : 0) | opcode]
    if payload.count < 126 {
      out.append(0x80 | UInt8(payload.count))
    } else {
      out += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
    }
    out += mask
    for (offset, byte) in payload.enumerated() { out.append(byte ^ mask[offset & 3]) }
    return out
  }

  /// Section 5.2, from the other end: a final text frame without a mask, its length in the shortest form.
  private static func framesByTheBook(_ text: [UInt8], choice: UInt8) {
    // The widest length starts at 65,536: a short text stands for a long one.
    let payload = choice == 0xFF && text.count == 2 ? [UInt8](repeating: text[0], count: 65_408 + Int(text[1])) : text
    let frame = WebSocketFrame.text(payload)
    hold(frame.count >= 2 && frame[0] == 0x81 && frame[1] & 0x80 == 0, "the first two bytes of a text frame")
    let short = Int(frame[1])
    let width = short < 126 ? 0 : short == 126 ? 2 : 8
    var length = short
    if width > 0 { length = frame[2..<(2 + width)].reduce(0) { $0 << 8 | Int($1) } }
    hold(length == payload.count, "a frame that says \(length) holds \(payload.count)")
    hold(width == (length < 126 ? 0 : length < 65_536 ? 2 : 8), "a length in more bytes than it needs")
    hold(frame.dropFirst(2 + width).elementsEqual(payload), "another payload")
  }
}
