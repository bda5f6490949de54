import FloorIOData
import FloorIOVenue
import FloorSim
import Shared

/// The frames of several files as one stream, in the order of their receipt. Each file is read when its first frame is due: recordings a
/// frame at a time, files in somebody else's shape whole.
final class BacktestData {
  /// When each of several files begins: noted once, and good for as many readers as one likes, on any thread.
  struct Index: Sendable {
    fileprivate struct File: Sendable {
      let place: Int
      let path: String
      let from: WallTime
    }

    fileprivate let format: ImportFormat?
    /// Lines of the table that goes with the files.
    fileprivate let markets: [[UInt8]]
    /// The first last.
    fileprivate let files: [File]

    /// - Parameters:
    ///   - format: the shape of the files; `nil` for recordings.
    ///   - markets: the table that goes with them.
    init(_ paths: [String], format: ImportFormat?, markets: String?) throws {
      let table = try markets.map { try RecordingImport.read($0) } ?? []
      self.format = format
      self.markets = table
      files = try paths.enumerated().map { place, path in
        // One alone has nothing to be put before or behind.
        guard paths.count > 1 else { return File(place: place, path: path, from: WallTime(nanoseconds: 0)) }
        guard let from = try Index.beginning(path, format, table) else { throw BacktestData.isEmpty(path) }
        return File(place: place, path: path, from: from)
      }
      .sorted { ($0.from, $0.place) > ($1.from, $1.place) }
    }

    /// The time of the first frame. Where a file's first line need not be its oldest, all of it is read.
    private static func beginning(_ path: String, _ format: ImportFormat?, _ markets: [[UInt8]]) throws -> WallTime? {
      guard let format else { return try RecordingCommand.open(path).next()?.receivedAt }
      return try BacktestData.frames(path, format, markets, isBeginning: true).first?.receivedAt
    }
  }

  /// A file in somebody else's shape.
  private final class Imported {
    private let frames: [RecordedFrame]
    private var position = 0

    init(_ frames: [RecordedFrame]) { self.frames = frames }

    func next() -> RecordedFrame? {
      guard position < frames.count else { return nil }
      position += 1
      return frames[position - 1]
    }
  }

  private enum Source {
    case recording(RecordingFile)
    case imported(Imported)
  }

  private struct Open {
    let place: Int
    let source: Source
    var next: RecordedFrame
  }

  private let format: ImportFormat?
  private let markets: [[UInt8]]
  /// Files that are still to come, the first last.
  private var waiting: [Index.File]
  private var open: [Open] = []
  private(set) var damagedLines = 0

  init(_ index: Index) {
    format = index.format
    markets = index.markets
    waiting = index.files
  }

  private func read(_ path: String) throws -> Source {
    guard let format else { return .recording(try RecordingCommand.open(path)) }
    return .imported(Imported(try BacktestData.frames(path, format, markets)))
  }

  /// - Parameter isBeginning: only the first frame is of interest.
  private static func frames(
    _ path: String, _ format: ImportFormat, _ markets: [[UInt8]], isBeginning: Bool = false
  ) throws -> [RecordedFrame] {
    do {
      let lines = try RecordingImport.read(path, most: isBeginning && format.isInOrder ? 20 : .max)
      let rows = try format.rows(lines, name: String(path.split(separator: "/").last ?? ""), markets: markets)
      var frames = VenueFrames()
      var all: [RecordedFrame] = []
      for row in rows where !isBeginning || all.isEmpty { all += try frames.lines(for: row) }
      return all
    } catch let error as ImportError {
      throw FloorFailure(.refused, "\(path), as \(format.rawValue): \(error)")
    }
  }

  private static func isEmpty(_ path: String) -> FloorFailure { FloorFailure(.usage, "\(path) holds no frame") }

  private static func next(_ source: Source) throws -> RecordedFrame? {
    switch source {
    case .recording(let file): try file.next()
    case .imported(let file): file.next()
    }
  }

  /// The next frame of all files; of equal times that of the file named first.
  func next() throws -> RecordedFrame? {
    while let due = waiting.last, open.allSatisfy({ due.from <= $0.next.receivedAt }) {
      waiting.removeLast()
      let source = try read(due.path)
      guard let first = try BacktestData.next(source) else { throw BacktestData.isEmpty(due.path) }
      open.append(Open(place: due.place, source: source, next: first))
    }
    guard
      let index = open.indices.min(by: {
        (open[$0].next.receivedAt, open[$0].place) < (open[$1].next.receivedAt, open[$1].place)
      })
    else { return nil }
    let frame = open[index].next
    if let following = try BacktestData.next(open[index].source) {
      open[index].next = following
    } else {
      if case .recording(let file) = open[index].source { damagedLines += file.reading.damagedLines }
      open.remove(at: index)
    }
    return frame
  }
}
