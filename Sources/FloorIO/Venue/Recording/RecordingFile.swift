import CZstd
import FloorIOData
import Glibc
import Shared

/// One recording, read frame by frame. One thread at a time.
@safe public final class RecordingFile {
  public let path: String
  /// How much could be read so far; complete once `next` has given `nil`.
  public private(set) var reading = RecordingReader.Reading()
  /// Bytes of all lines so far, as they were before compression.
  public private(set) var bytes = 0
  /// Hears of every line that cannot be read, with its number (from 1) and the reason.
  public var onDamage: (_ line: Int, _ why: String) -> Void = { _, _ in }

  private let descriptor: Int32
  private let stream: OpaquePointer
  private var source = [UInt8](repeating: 0, count: 64 << 10)
  private var target = [UInt8](repeating: 0, count: 256 << 10)
  /// Part of `source` that is not yet decompressed.
  private var position = 0
  private var filled = 0
  /// The last decompression filled `target`: more may come without new input.
  private var isFull = false
  private var isAtEnd = true
  private var isOver = false
  private var pending: [UInt8] = []
  /// Where in `pending` the next line begins.
  private var start = 0
  private var lines = 0

  /// Throws `SystemError` when the file cannot be opened.
  public init(path: String) throws {
    self.path = path
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemError("open", errno, path) }
    guard let stream = unsafe ZSTD_createDCtx() else { preconditionFailure("zstd has no memory") }
    unsafe self.stream = unsafe stream
  }

  deinit {
    unsafe ZSTD_freeDCtx(stream)
    close(descriptor)
  }

  /// The next frame, or `nil` after the last that can be read. Lines that are none are left out and counted in `reading`. Throws
  /// `SystemError` when the file cannot be read.
  public func next() throws -> RecordedFrame? {
    while true {
      if let end = pending[start...].firstIndex(of: 0x0A) {
        lines += 1
        bytes += end + 1 - start
        let line = pending[start..<end]
        start = end + 1
        if let frame = frame(line) { return frame }
        continue
      }
      pending.removeFirst(start)
      start = 0
      guard try fill() else { return nil }
    }
  }

  /// Decompresses some more; `false` at the end.
  private func fill() throws -> Bool {
    guard !isOver else { return false }
    if position == filled, !isFull {
      filled = unsafe source.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
      position = 0
      if filled < 0 { throw SystemError("read", errno, path) }
      if filled == 0 {
        isOver = true
        reading.isEnded = isAtEnd && pending.isEmpty
        return false
      }
    }
    var produced = 0
    let left = unsafe source.withUnsafeBytes { from in
      unsafe target.withUnsafeMutableBytes { to in
        var input = unsafe ZSTD_inBuffer(src: from.baseAddress, size: filled, pos: position)
        var output = unsafe ZSTD_outBuffer(dst: to.baseAddress, size: to.count, pos: 0)
        let left = unsafe ZSTD_decompressStream(stream, &output, &input)
        position = unsafe input.pos
        produced = unsafe output.pos
        return left
      }
    }
    guard ZSTD_isError(left) == 0 else {
      isOver = true
      reading.lastDamage = "after line \(lines): \(unsafe String(cString: ZSTD_getErrorName(left)))"
      return false
    }
    isAtEnd = left == 0
    isFull = produced == target.count
    pending += target[..<produced]
    return true
  }

  private func frame(_ line: ArraySlice<UInt8>) -> RecordedFrame? {
    do {
      return try RecordedFrame(line: line)
    } catch {
      reading.damagedLines += 1
      reading.lastDamage = "line \(lines): \(error)"
      onDamage(lines, "\(error)")
      return nil
    }
  }
}
