import FloorIOData
import Glibc
import Shared

/// Keeps the raw frames: zstd-compressed lines in files that are rotated by size and by age, the oldest removed so that all together
/// stay below a bound. Each start begins a new file; a crash loses what came since the last `flush`.
///
/// Writes go to the page cache from the calling thread: some microseconds a frame. After an error the current file is given up and nothing
/// is tried for a while: a full disk stays full, and each try makes a file.
public final class RecordingWriter {
  /// What stands at the head of each file, before the frame that came at the given time: without it a file could not be read once the
  /// ones before it are removed.
  public var head: (_ firstFrameAt: WallTime) -> [RecordedFrame] = { _ in [] }

  private let directory: String
  private let prefix: String
  private let fileBytes: Int
  private let fileAge: Duration
  private let totalBytes: Int
  private var file: RecordingFileWriter?
  private var openedAt = WallTime(nanoseconds: 0)
  private var lastStamp: Int64 = 0
  /// Of the newest frame, kept or not.
  private var lastTime = WallTime(nanoseconds: 0)
  private var refusal: (error: SystemError, at: WallTime)?
  /// Frames that are lost with the current file if it fails.
  private var unflushed = 0
  /// Frames that came while nothing could be written, or stood in a file that failed and had not been flushed.
  public private(set) var lost = 0

  /// The last error stands: since then nothing has come into a file.
  public var isRefused: Bool { refusal != nil }

  /// How long nothing is tried after an error.
  static let pause = Duration.seconds(10)

  /// - Parameters:
  ///   - directory: exists; only files named `<prefix>-….jsonl.zst` in it are touched.
  ///   - fileBytes: compressed size at which a file is closed.
  ///   - totalBytes: of all files; the newest is always kept.
  public init(
    directory: String, prefix: String, fileBytes: Int = 64 << 20, fileAge: Duration = .seconds(3600), totalBytes: Int
  ) {
    self.directory = directory
    self.prefix = prefix
    self.fileBytes = fileBytes
    self.fileAge = fileAge
    self.totalBytes = totalBytes
  }

  /// Throws the error that lost this frame, also while nothing is tried.
  public func append(_ frame: RecordedFrame) throws(SystemError) {
    lastTime = frame.receivedAt
    do throws(SystemError) {
      // A clock that was set back does not make the pause longer.
      if let refusal, file == nil, (.zero..<RecordingWriter.pause).contains(frame.receivedAt.since(refusal.at)) {
        throw refusal.error
      }
      if let file, file.written >= fileBytes || frame.receivedAt.since(openedAt) >= fileAge { try close() }
      if file == nil { try open(at: frame.receivedAt) }
      try attempt { file throws(SystemError) in try file.append(frame) }
      unflushed += 1
    } catch {
      lost += 1
      throw error
    }
  }

  /// Brings everything so far into the file: call it every second or so.
  public func flush() throws(SystemError) {
    guard file != nil else { return }
    try attempt { file throws(SystemError) in try file.flush() }
    kept()
  }

  /// Ends the current file; the next frame begins another.
  public func close() throws(SystemError) {
    guard file != nil else { return }
    try attempt { file throws(SystemError) in try file.close() }
    file = nil
    kept()
  }

  private func kept() {
    unflushed = 0
    refusal = nil
  }

  private func attempt(_ body: (RecordingFileWriter) throws(SystemError) -> Void) throws(SystemError) {
    guard let file else { return }
    do throws(SystemError) {
      try body(file)
    } catch {
      self.file = nil
      lost += unflushed
      unflushed = 0
      refusal = (error, lastTime)
      // Nothing came into it. One that cannot be removed goes with the oldest.
      if size(of: file.path) == 0 { _ = unsafe unlink(file.path) }
      throw error
    }
  }

  private func open(at time: WallTime) throws(SystemError) {
    // Names sort by age, also when two files begin within a microsecond or the clock steps back.
    lastStamp = max(lastStamp + 1, time.nanoseconds / 1000)
    do throws(SystemError) {
      file = try RecordingFileWriter(path: "\(directory)/\(prefix)-\(lastStamp).jsonl.zst")
    } catch {
      refusal = (error, time)
      throw error
    }
    openedAt = time
    removeOldest()
    for frame in head(time) {
      try attempt { file throws(SystemError) in try file.append(frame) }
    }
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
