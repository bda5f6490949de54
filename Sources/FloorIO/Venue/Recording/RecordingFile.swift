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
  /// The last decompression filled `target` before the end of a zstd frame: more may come without new input.
  private var isFull = false
  private var isAtEnd = true
  private var isOver = false
  private var pending: [UInt8] = []
  /// Where in `pending` the next line begins, and up to where its end was looked for.
  private var start = 0
  private var searched = 0
  private var lines = 0
  private let lineMax: Int

  /// - Parameter lineMax: bytes; a longer line is none of a recording. What comes behind it is not read: `pending` would have to hold it.
  ///
  /// Throws `SystemError` when the file cannot be opened.
  public init(path: String, lineMax: Int = 64 << 20) throws {
    self.path = path
    self.lineMax = lineMax
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemError("open", errno, path) }
    guard let stream = unsafe ZSTD_createDCtx() else { preconditionFailure("zstd has no memory") }
    unsafe self.stream = unsafe stream
  }

  deinit {
    unsafe ZSTD_freeDCtx(stream)
    close(descriptor)
  }

  /// Bytes in the file now, also when its name is gone. Throws `SystemError`.
  public func size() throws -> Int {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw SystemError("fstat", errno, path) }
    return Int(status.st_size)
  }

  /// The next frame, or `nil` after the last that can be read. Lines that are none are left out and counted in `reading`. Throws
  /// `SystemError` when the file cannot be read.
  public func next() throws -> RecordedFrame? {
    while true {
      if let end = pending[searched...].firstIndex(of: 0x0A) {
        lines += 1
        bytes += end + 1 - start
        let line = pending[start..<end]
        start = end + 1
        searched = start
        if let frame = frame(line) { return frame }
        continue
      }
      pending.removeFirst(start)
      start = 0
      searched = pending.count
      guard pending.count <= lineMax else { return giveUp("line \(lines + 1): longer than \(lineMax) bytes") }
      guard try fill() else { return nil }
    }
  }

  private func giveUp(_ damage: String) -> RecordedFrame? {
    isOver = true
    pending = []
    searched = 0
    reading.lastDamage = damage
    return nil
  }

  /// Decompresses some more; `false` at the end.
  private func fill() throws -> Bool {
    guard !isOver else { return false }
    if position == filled, !isFull {
      let count = unsafe source.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
      guard count >= 0 else { throw SystemError("read", errno, path) }
      position = 0
      filled = count
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
    // Asked for more at a frame's end, zstd would take the next frame for begun.
    isFull = left > 0 && produced == target.count
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
