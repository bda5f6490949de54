import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared
import Testing

/// A limit on the size of files stands for the full disk: the kernel refuses what goes beyond it.
@Suite("A disk that takes no more of the recording", .serialized, .hangLimit)
struct FullDiskTests {
  @Test(
    "The feed goes on, says so once, keeps what was written, and records again in a new file that can be read alone")
  func fullDisk() throws {
    // What comes within the second between two flushes must fit into a file.
    let floor = try FeedProcesses(speed: 10, seed: Int.random(in: 1...9999))
    try floor.startVenue()
    try floor.startFeed(fileKilobytesMax: 512)
    func count(_ text: String) -> Int { floor.log.components(separatedBy: text).count - 1 }
    try floor.wait("a write that is refused", within: .seconds(120)) { count("raw messages not recorded") > 0 }
    floor.forget()
    try floor.wait("live markets while nothing is recorded") { floor.updates.count { $0.state == .live } > 20 }
    #expect(count("raw messages not recorded") == 1 && count("raw messages recorded again") == 0)
    try floor.wait("a recording again", within: .seconds(60)) { count("raw messages recorded again") > 0 }
    #expect(try floor.stopFeed() == .code(0))

    let files = RecordingReader.files(in: floor.directory.path + "/recordings", prefix: "frames")
    #expect(files.count >= 2 && files.count <= count("raw messages not recorded") + 1, "\(files)")
    for path in files {
      var marks: [FeedMark] = []
      var frames = 0
      let reading = try RecordingReader.read(path) { frame in
        if frame.stream == FeedMark.stream, let mark = FeedMark(try JSON.parse(frame.frame)) { marks.append(mark) }
        frames += 1
      }
      #expect(frames > 0 && reading.lastDamage == nil, "\(path): \(reading)")
      guard path != files.first else { continue }
      let standing = marks.prefix(12).count { if case .standing = $0 { true } else { false } }
      #expect(standing > 0 && marks.first.map { if case .clock = $0 { true } else { false } } == true, "\(path)")
    }
  }
}
