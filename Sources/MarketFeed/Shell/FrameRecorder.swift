import FloorIOData
import FloorIOVenue
import Glibc
import Shared

/// Keeps the venue's raw messages under `recordings/`. A disk that does not take them costs the recording, never the feed.
final class FrameRecorder {
  private let writer: RecordingWriter
  private let log: Log
  private(set) var lost = 0

  /// - Parameter bytesMax: of all recordings together; a file is rotated at a sixteenth of it, at most 64 MB.
  init(directory: String, bytesMax: Int64, loop: EventLoop, log: Log) throws {
    if unsafe mkdir(directory, 0o700) != 0, errno != EEXIST {
      throw FloorFailure(.configuration, "\(directory) cannot be made (error \(errno))")
    }
    self.log = log
    let fileBytes = min(Int(bytesMax) / 16, 64_000_000)
    writer = RecordingWriter(
      directory: directory, prefix: "frames", fileBytes: fileBytes, totalBytes: Int(bytesMax))
    loop.every(.seconds(1)) { [weak self] in self?.attempt { writer throws(SystemError) in try writer.flush() } }
  }

  func keep(_ stream: String, _ frame: [UInt8], at time: WallTime) {
    // Answers to our own keep-alive say nothing of the market.
    guard frame.count > 4 else { return }
    attempt { writer throws(SystemError) in
      try writer.append(RecordedFrame(receivedAt: time, stream: stream, frame: frame))
    }
  }

  func close() { attempt { writer throws(SystemError) in try writer.close() } }

  private func attempt(_ body: (RecordingWriter) throws(SystemError) -> Void) {
    do throws(SystemError) {
      try body(writer)
    } catch {
      lost += 1
      // Every refusal has the same cause (a full disk); one line in a thousand says it.
      if lost % 1000 == 1 { log.error("raw message not recorded", [.error(error), .int("lost", lost)]) }
    }
  }
}
