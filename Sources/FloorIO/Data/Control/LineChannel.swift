import Glibc
import Shared

/// One connected socket that carries lines both ways. Bounded in both directions: a line that is too long or a reader that does not
/// read ends the channel.
final class LineChannel {
  static let outgoingBytesMax = 1 << 20

  private let loop: EventLoop
  private let descriptor: Int32
  private var watch: WatchID?
  private var incoming: [UInt8] = []
  private var outgoing: [UInt8] = []
  private(set) var isOpen = true

  var onLine: ((ArraySlice<UInt8>) -> Void)?
  /// Called once, with why; not after `close()`.
  var onClosed: ((String) -> Void)?

  /// Takes over the descriptor.
  init(loop: EventLoop, descriptor: Int32) throws {
    self.loop = loop
    self.descriptor = descriptor
    watch = try loop.watch(descriptor, read: true, write: false) { [weak self] in self?.ready($0) }
  }

  deinit { close() }

  func close() {
    guard isOpen else { return }
    isOpen = false
    if let watch { loop.unwatch(watch) }
    watch = nil
    Glibc.close(descriptor)
  }

  private func end(_ reason: String) {
    guard isOpen else { return }
    close()
    onClosed?(reason)
  }

  func send(_ line: [UInt8]) {
    guard isOpen else { return }
    let wasEmpty = outgoing.isEmpty
    guard outgoing.count + line.count < LineChannel.outgoingBytesMax else { return end("the other side does not read") }
    outgoing.append(contentsOf: line)
    outgoing.append(0x0A)
    if wasEmpty { flush() }
  }

  private func flush() {
    while isOpen, !outgoing.isEmpty {
      let count = unsafe outgoing.withUnsafeBytes { space in
        // MSG_NOSIGNAL: a closed reader is this channel's end, whatever the process does with SIGPIPE.
        retryingInterrupts { unsafe Glibc.send(descriptor, space.baseAddress!, space.count, Int32(MSG_NOSIGNAL)) }
      }
      if count < 0 {
        if errno == EAGAIN { break }
        return end(SystemError.last("send").description)
      }
      outgoing.removeFirst(count)
    }
    guard isOpen, let watch else { return }
    do { try loop.modify(watch, read: true, write: !outgoing.isEmpty) } catch { end("\(error)") }
  }

  private func ready(_ readiness: Readiness) {
    if readiness.contains(.readable) { receive() }
    if isOpen, readiness.contains(.writable), !outgoing.isEmpty { flush() }
  }

  private func receive() {
    var chunk = [UInt8](repeating: 0, count: 16384)
    while isOpen {
      let count = unsafe chunk.withUnsafeMutableBytes { space in
        retryingInterrupts { unsafe read(descriptor, space.baseAddress!, space.count) }
      }
      if count < 0 {
        if errno == EAGAIN { return }
        return end(SystemError.last("read").description)
      }
      if count == 0 { return end("closed by the other side") }
      incoming.append(contentsOf: chunk[..<count])
      while isOpen, let newline = incoming.firstIndex(of: 0x0A) {
        let line = incoming[..<newline]
        incoming = Array(incoming[(newline + 1)...])
        if !line.isEmpty { onLine?(line) }
      }
      if incoming.count > ControlMessages.lineBytesMax {
        return end("a line is longer than \(ControlMessages.lineBytesMax) bytes")
      }
    }
  }
}
