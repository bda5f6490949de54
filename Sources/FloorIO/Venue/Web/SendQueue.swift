import CWebSockets

/// Text messages that wait until a web socket takes them, bounded in bytes, each stored behind the space the library wants in front.
struct SendQueue {
  private var messages: [[UInt8]] = []
  private var next = 0
  private(set) var bytes = 0
  let limit: Int

  init(limit: Int) { self.limit = limit }

  var isEmpty: Bool { next == messages.count }

  /// `false` when the queue is full; nothing is queued then.
  mutating func add(_ text: [UInt8]) -> Bool {
    guard bytes + text.count <= limit else { return false }
    var message = [UInt8](repeating: 0, count: Int(SHIM_LWS_PRE))
    message += text
    messages.append(message)
    bytes += text.count
    return true
  }

  /// Writes until the socket is full or nothing is left. `false` when the connection is broken.
  mutating func write(to wsi: OpaquePointer) -> Bool {
    let space = Int(SHIM_LWS_PRE)
    while next < messages.count {
      let count = messages[next].count - space
      let written = unsafe messages[next].withUnsafeMutableBufferPointer { buffer in
        unsafe lws_write(wsi, buffer.baseAddress! + space, count, LWS_WRITE_TEXT)
      }
      // The library takes a frame whole or fails: what the socket does not take now it keeps and sends itself.
      guard written >= count else { return false }
      messages[next] = []
      bytes -= count
      next += 1
      if unsafe lws_send_pipe_choked(wsi) != 0 { break }
    }
    if next == messages.count {
      messages.removeAll(keepingCapacity: true)
      next = 0
    } else if next > 1000 {
      messages.removeFirst(next)
      next = 0
    }
    return true
  }
}
