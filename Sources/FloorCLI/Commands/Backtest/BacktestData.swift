import FloorIOData
import FloorIOVenue
import FloorSim
import Shared

/// The frames of several files as one stream, in the order of their receipt. Each file is read when its first frame is due: recordings a
/// frame at a time, files in somebody else's shape whole.
final class BacktestData {
  private enum Source {
    case recording(RecordingFile)
    /// Frames in reverse.
    case imported([RecordedFrame])
  }

  private struct Open {
    let place: Int
    var source: Source
    var next: RecordedFrame
  }

  private let format: ImportFormat?
  private let markets: [[UInt8]]
  /// Paths that are still to come, the first last.
  private var waiting: [(place: Int, path: String, from: WallTime)] = []
  private var open: [Open] = []
  private(set) var damagedLines = 0

  /// - Parameters:
  ///   - format: the shape of the files; `nil` for recordings.
  ///   - markets: the table that goes with them.
  init(_ paths: [String], format: ImportFormat?, markets: String?) throws {
    self.format = format
    self.markets = try markets.map { try RecordingImport.read($0) } ?? []
    for (place, path) in paths.enumerated() {
      var source = try read(path, isBeginning: true)
      guard let first = try BacktestData.next(&source) else {
        throw FloorFailure(.usage, "\(path) holds no frame")
      }
      waiting.append((place, path, first.receivedAt))
    }
    waiting.sort { ($0.from, $0.place) > ($1.from, $1.place) }
  }

  /// - Parameter isBeginning: only its first frame is of interest.
  private func read(_ path: String, isBeginning: Bool = false) throws -> Source {
    guard let format else { return .recording(try RecordingCommand.open(path)) }
    do {
      let lines = try RecordingImport.read(path, most: isBeginning && format.isInOrder ? 20 : .max)
      let rows = try format.rows(
        lines, name: String(path.split(separator: "/").last ?? ""), markets: markets)
      var frames = VenueFrames()
      return .imported(try rows.flatMap { try frames.lines(for: $0) }.reversed())
    } catch let error as ImportError {
      throw FloorFailure(.refused, "\(path), as \(format.rawValue): \(error)")
    }
  }

  private static func next(_ source: inout Source) throws -> RecordedFrame? {
    switch source {
    case .recording(let file): return try file.next()
    case .imported(var frames):
      let last = frames.popLast()
      source = .imported(frames)
      return last
    }
  }

  /// The next frame of all files; of equal times that of the file named first.
  func next() throws -> RecordedFrame? {
    while let due = waiting.last, open.allSatisfy({ due.from <= $0.next.receivedAt }) {
      waiting.removeLast()
      var source = try read(due.path)
      if let first = try BacktestData.next(&source) { open.append(Open(place: due.place, source: source, next: first)) }
    }
    guard
      let index = open.indices.min(by: {
        (open[$0].next.receivedAt, open[$0].place) < (open[$1].next.receivedAt, open[$1].place)
      })
    else { return nil }
    let frame = open[index].next
    if let following = try BacktestData.next(&open[index].source) {
      open[index].next = following
    } else {
      if case .recording(let file) = open[index].source { damagedLines += file.reading.damagedLines }
      open.remove(at: index)
    }
    return frame
  }
}
