import CZstd
import FloorIOData
import Glibc
import Shared

/// Writes one recording: zstd-compressed lines with a check sum over them at the end. After an error the file is of no more use. One
/// thread at a time.
@safe public final class RecordingFileWriter {
  public let path: String
  /// Compressed bytes so far.
  public private(set) var written = 0
  private let stream: OpaquePointer
  private var descriptor: Int32
  private var line: [UInt8] = []
  private var space = [UInt8](repeating: 0, count: 128 << 10)

  /// Makes the file (mode 0600), which must not exist yet. Throws `SystemError`.
  public init(path: String) throws(SystemError) {
    self.path = path
    descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw SystemError("open", errno, path) }
    guard let stream = unsafe ZSTD_createCCtx() else { preconditionFailure("zstd has no memory") }
    unsafe self.stream = unsafe stream
    _ = unsafe ZSTD_CCtx_setParameter(stream, ZSTD_c_checksumFlag, 1)
  }

  deinit {
    // An error here has nobody to tell: what was flushed is safe.
    do { try close() } catch { _ = error }
    unsafe ZSTD_freeCCtx(stream)
  }

  public func append(_ frame: RecordedFrame) throws(SystemError) {
    line.removeAll(keepingCapacity: true)
    frame.append(to: &line)
    try compress(line, ZSTD_e_continue)
  }

  /// Brings everything so far into the file.
  public func flush() throws(SystemError) { try compress([], ZSTD_e_flush) }

  /// Ends the file properly.
  public func close() throws(SystemError) {
    guard descriptor >= 0 else { return }
    try compress([], ZSTD_e_end)
    Glibc.close(descriptor)
    descriptor = -1
  }

  private func compress(_ bytes: [UInt8], _ end: ZSTD_EndDirective) throws(SystemError) {
    var consumed = 0
    while true {
      var produced = 0
      let left = unsafe bytes.withUnsafeBytes { source in
        unsafe space.withUnsafeMutableBytes { target in
          var input = unsafe ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: consumed)
          var output = unsafe ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
          let left = unsafe ZSTD_compressStream2(stream, &output, &input, end)
          consumed = unsafe input.pos
          produced = unsafe output.pos
          return left
        }
      }
      guard ZSTD_isError(left) == 0 else { throw abandon("zstd", EIO) }
      try write(produced)
      if end == ZSTD_e_continue ? consumed == bytes.count : left == 0 { return }
    }
  }

  private func write(_ count: Int) throws(SystemError) {
    var sent = 0
    while sent < count {
      let result = unsafe space.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress! + sent, count - sent) }
      if result < 0 {
        if errno == EINTR { continue }
        throw abandon("write", errno)
      }
      sent += result
    }
    written += count
  }

  private func abandon(_ call: StaticString, _ code: Int32) -> SystemError {
    Glibc.close(descriptor)
    descriptor = -1
    return SystemError(call, code, path)
  }
}
