import FloorIOData
import Glibc
import Shared

/// Keeps the raw frames: zstd-compressed lines in files that are rotated by size and by age, the oldest removed so that all together
/// stay below a bound. Each start begins a new file; a crash loses what came since the last `flush`.
///
/// Writes go to the page cache from the calling thread: some microseconds a frame. After an error the current file is given up; the next
/// frame tries a new one.
public final class RecordingWriter {
  private let directory: String
  private let prefix: String
  private let fileBytes: Int
  private let fileAge: Duration
  private let totalBytes: Int
  private var file: RecordingFileWriter?
  private var openedAt = WallTime(nanoseconds: 0)
  private var lastStamp: Int64 = 0

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

  public func append(_ frame: RecordedFrame) throws(SystemError) {
    if let file, file.written >= fileBytes || frame.receivedAt.since(openedAt) >= fileAge { try close() }
    if file == nil { try open(at: frame.receivedAt) }
    try attempt { file throws(SystemError) in try file.append(frame) }
  }

  /// Brings everything so far into the file: call it every second or so.
  public func flush() throws(SystemError) {
    try attempt { file throws(SystemError) in try file.flush() }
  }

  /// Ends the current file; the next frame begins another.
  public func close() throws(SystemError) {
    guard let file else { return }
    self.file = nil
    try file.close()
  }

  private func attempt(_ body: (RecordingFileWriter) throws(SystemError) -> Void) throws(SystemError) {
    guard let file else { return }
    do throws(SystemError) {
      try body(file)
    } catch {
      self.file = nil
      throw error
    }
  }

  private func open(at time: WallTime) throws(SystemError) {
    // Names sort by age, also when two files begin within a microsecond or the clock steps back.
    lastStamp = max(lastStamp + 1, time.nanoseconds / 1000)
    file = try RecordingFileWriter(path: "\(directory)/\(prefix)-\(lastStamp).jsonl.zst")
    openedAt = time
    removeOldest()
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
