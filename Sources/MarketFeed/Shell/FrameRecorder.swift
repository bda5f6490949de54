import FloorIOData
import FloorIOVenue
import Glibc
import Shared

/// Keeps the venue's raw messages under `recordings/`, each file with what it builds on at its head. A disk that does not take them costs the
/// recording, never the feed.
final class FrameRecorder {
  private let writer: RecordingWriter
  private let log: Log
  /// As the frames left it, recorded or not. A new life's stream is not open yet, and no book of an earlier life holds.
  private var standing = StandingMarkets(isOpen: false)
  private var hasToldRefusal = false
  private var isClosed = false

  /// - Parameter bytesMax: of all recordings together; a file is rotated at a sixteenth of it, at most 64 MB.
  init(directory: String, bytesMax: Int64, loop: EventLoop, log: Log) throws {
    if unsafe mkdir(directory, 0o700) != 0, errno != EEXIST {
      throw FloorFailure(.configuration, "\(directory) cannot be made (error \(errno))")
    }
    self.log = log
    let fileBytes = min(Int(bytesMax) / 16, 64_000_000)
    writer = RecordingWriter(
      directory: directory, prefix: "frames", fileBytes: fileBytes, totalBytes: Int(bytesMax))
    writer.head = { [unowned self] in standing.marks(at: $0) }
    loop.every(.seconds(1)) { [weak self] in self?.attempt { writer throws(SystemError) in try writer.flush() } }
  }

  func keep(_ stream: String, _ frame: [UInt8], at time: WallTime) {
    // Answers to our own keep-alive say nothing of the market.
    guard frame.count > 4, !isClosed else { return }
    let recorded = RecordedFrame(receivedAt: time, stream: stream, frame: frame)
    attempt { writer throws(SystemError) in try writer.append(recorded) }
    standing.note(recorded)
  }

  /// Ends the recording: what comes while the process stops would begin another file.
  func close() {
    isClosed = true
    attempt { writer throws(SystemError) in try writer.close() }
  }

  private func attempt(_ body: (RecordingWriter) throws(SystemError) -> Void) {
    do throws(SystemError) {
      try body(writer)
    } catch {
      // Every frame is refused for the same reason until one comes into a file again.
      if !hasToldRefusal { log.error("raw messages not recorded", [.error(error)]) }
      hasToldRefusal = true
    }
    guard hasToldRefusal, !writer.isRefused else { return }
    hasToldRefusal = false
    log.warning("raw messages recorded again", [.int("lost", writer.lost)])
  }
}
