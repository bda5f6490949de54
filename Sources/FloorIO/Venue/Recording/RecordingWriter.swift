import CZstd
import FloorIOData
import Glibc
import Shared

/// One frame as it came from a stream. Written as a line: `{"wall_ns":…,"stream":"market","raw":…}` with the frame's own bytes in place of
/// the last dots. A frame that would break the line, having a line feed in it or nothing at all, stands as a quoted string under `frame`.
public struct RecordedFrame: Hashable, Sendable {
  public let receivedAt: WallTime
  /// `market`, `reference` as the venue sent them; `feed` for the feed's own marks (`FeedMark`).
  public let stream: String
  public let frame: [UInt8]

  public init(receivedAt: WallTime, stream: String, frame: [UInt8]) {
    self.receivedAt = receivedAt
    self.stream = stream
    self.frame = frame
  }

  private static let raw = Array(",\"raw\":".utf8)

  func append(to out: inout [UInt8]) {
    out.append(contentsOf: "{\"wall_ns\":\(receivedAt.nanoseconds),\"stream\":".utf8)
    JSON.writeString(stream, to: &out)
    if frame.isEmpty || frame.contains(0x0A) {
      out.append(contentsOf: ",\"frame\":".utf8)
      JSON.writeString(String(decoding: frame, as: UTF8.self), to: &out)
    } else {
      out.append(contentsOf: RecordedFrame.raw)
      out.append(contentsOf: frame)
    }
    out.append(UInt8(ascii: "}"))
    out.append(0x0A)
  }

  init(line: ArraySlice<UInt8>) throws(DamagedLine) {
    // The head is ours and short; behind it the frame stands as it came, JSON or not.
    guard line.last == UInt8(ascii: "}"), let raw = line.prefix(200).firstRange(of: RecordedFrame.raw) else {
      try self.init(quoted: line)
      return
    }
    let head = try RecordedFrame.parse(line[..<raw.lowerBound] + [UInt8(ascii: "}")])
    self.init(
      receivedAt: try RecordedFrame.time(head), stream: try RecordedFrame.text(head, "stream"),
      frame: Array(line[raw.upperBound...].dropLast()))
  }

  private init(quoted line: ArraySlice<UInt8>) throws(DamagedLine) {
    let json = try RecordedFrame.parse(line)
    self.init(
      receivedAt: try RecordedFrame.time(json), stream: try RecordedFrame.text(json, "stream"),
      frame: Array(try RecordedFrame.text(json, "frame").utf8))
  }

  private static func parse(_ bytes: ArraySlice<UInt8>) throws(DamagedLine) -> JSON {
    do { return try JSON.parse(bytes, limits: JSONLimits(bytes: 64 << 20)) } catch {
      throw DamagedLine(description: "\(error)")
    }
  }

  private static func time(_ json: JSON) throws(DamagedLine) -> WallTime {
    guard let time = json["wall_ns"]?.int else { throw DamagedLine(description: "no wall_ns") }
    return WallTime(nanoseconds: time)
  }

  private static func text(_ json: JSON, _ key: String) throws(DamagedLine) -> String {
    guard let text = json[key]?.string else { throw DamagedLine(description: "no \(key)") }
    return text
  }
}

/// A line of a recording that is none, and why.
struct DamagedLine: Error, CustomStringConvertible { let description: String }

/// Keeps the raw frames: zstd-compressed lines in files that are rotated by size and by age, the oldest removed so that all together
/// stay below a bound. Each start begins a new file; a crash loses what came since the last `flush`.
///
/// Writes go to the page cache from the calling thread: some microseconds a frame. After an error the current file is given up; the next
/// frame tries a new one.
@safe public final class RecordingWriter {
  private let directory: String
  private let prefix: String
  private let fileBytes: Int
  private let fileAge: Duration
  private let totalBytes: Int
  private let stream: OpaquePointer
  private var fd: Int32 = -1
  private var path = ""
  private var written = 0
  private var openedAt = WallTime(nanoseconds: 0)
  private var line: [UInt8] = []
  private var space: [UInt8]
  private var lastStamp: Int64 = 0

  /// - Parameters:
  ///   - directory: exists; only files named `<prefix>-….jsonl.zst` in it are touched.
  ///   - fileBytes: compressed size at which a file is closed.
  ///   - totalBytes: of all files; the newest is always kept.
  public init(
    directory: String, prefix: String, fileBytes: Int = 64 << 20, fileAge: Duration = .seconds(3600), totalBytes: Int
  ) {
    guard let stream = unsafe ZSTD_createCCtx() else { preconditionFailure("zstd has no memory") }
    self.directory = directory
    self.prefix = prefix
    self.fileBytes = fileBytes
    self.fileAge = fileAge
    self.totalBytes = totalBytes
    unsafe self.stream = unsafe stream
    space = [UInt8](repeating: 0, count: 128 << 10)
  }

  deinit {
    // An error here has nobody to tell: what was flushed is safe.
    do { try close() } catch { _ = error }
    unsafe ZSTD_freeCCtx(stream)
  }

  public func append(_ frame: RecordedFrame) throws(SystemError) {
    if fd >= 0, written >= fileBytes || frame.receivedAt.since(openedAt) >= fileAge { try close() }
    if fd < 0 { try open(at: frame.receivedAt) }
    line.removeAll(keepingCapacity: true)
    frame.append(to: &line)
    try compress(line, ZSTD_e_continue)
  }

  /// Brings everything so far into the file: call it every second or so.
  public func flush() throws(SystemError) {
    if fd >= 0 { try compress([], ZSTD_e_flush) }
  }

  /// Ends the current file; the next frame begins another.
  public func close() throws(SystemError) {
    guard fd >= 0 else { return }
    try compress([], ZSTD_e_end)
    Glibc.close(fd)
    fd = -1
  }

  private func open(at time: WallTime) throws(SystemError) {
    // Names sort by age, also when two files begin within a microsecond or the clock steps back.
    lastStamp = max(lastStamp + 1, time.nanoseconds / 1000)
    path = "\(directory)/\(prefix)-\(lastStamp).jsonl.zst"
    fd = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard fd >= 0 else { throw SystemError("open", errno, path) }
    written = 0
    openedAt = time
    _ = unsafe ZSTD_CCtx_reset(stream, ZSTD_reset_session_only)
    removeOldest()
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
      let result = unsafe space.withUnsafeBytes { unsafe Glibc.write(fd, $0.baseAddress! + sent, count - sent) }
      if result < 0 {
        if errno == EINTR { continue }
        throw abandon("write", errno)
      }
      sent += result
    }
    written += count
  }

  private func abandon(_ call: StaticString, _ code: Int32) -> SystemError {
    Glibc.close(fd)
    fd = -1
    return SystemError(call, code, path)
  }

  private func removeOldest() {
    var files = RecordingReader.files(in: directory, prefix: prefix).map { ($0, size(of: $0)) }
    var total = files.reduce(0) { $0 + $1.1 }
    // The new file may still grow to its full size.
    while total + fileBytes > totalBytes, files.count > 1 {
      let (oldest, bytes) = files.removeFirst()
      // One that cannot be removed is met again at the next rotation.
      if unsafe unlink(oldest) == 0 { total -= bytes }
    }
  }

  private func size(of path: String) -> Int {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? Int(status.st_size) : 0
  }
}
