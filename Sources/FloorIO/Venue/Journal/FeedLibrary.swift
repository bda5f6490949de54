import FloorIOData
import Shared

/// The feed's messages out of its journal, found by boot and order. Files are read when they are needed, and few are held: agents ask
/// nearly in the feed's order. A message is decoded once as long as its file is held. One thread at a time.
public final class FeedLibrary {
  /// One file's messages, by order.
  private final class Shelf {
    let orders: [Int64]
    private let messages: [ArraySlice<UInt8>]
    private var decoded: [FeedMessage?]

    init(_ blocks: JournalBlocks) throws {
      var orders: [Int64] = []
      var messages: [ArraySlice<UInt8>] = []
      for payload in blocks.payloads {
        for message in try FeedPage.messages(payload) {
          guard let order = FeedMessage.order(of: message) else { throw JournalError.message(.missing("order")) }
          orders.append(order)
          messages.append(message)
        }
      }
      self.orders = orders
      self.messages = messages
      decoded = Array(repeating: nil, count: messages.count)
    }

    /// `nil` when it is not in this file.
    func message(_ order: Int64) throws(MessageError) -> FeedMessage? {
      var (low, high) = (0, orders.count)
      while low < high {
        let middle = (low + high) / 2
        if orders[middle] < order { low = middle + 1 } else { high = middle }
      }
      guard low < orders.count, orders[low] == order else { return nil }
      if let message = decoded[low] { return message }
      let message = try FeedMessage(messages[low])
      decoded[low] = message
      return message
    }
  }

  private let directory: String
  private var parts: [String: [JournalFolder.File]]
  /// First and last order of a file, once it was read; `nil` inside for one without messages.
  private var ranges: [String: ClosedRange<Int64>?] = [:]
  private var held: [(file: JournalFolder.File, shelf: Shelf)] = []
  private static let heldMax = 6
  /// What was found to be damaged, by path.
  public private(set) var damages: [String: String] = [:]

  public init(_ folder: JournalFolder) {
    directory = folder.directory
    parts = FeedLibrary.parts(folder)
  }

  private static func parts(_ folder: JournalFolder) -> [String: [JournalFolder.File]] {
    Dictionary(grouping: folder.files.filter { $0.name.writer == ProcessNames.marketFeed }, by: \.name.life)
  }

  /// `nil` when the journal does not hold it.
  public func message(boot: String, order: Int64) -> FeedMessage? {
    for (file, shelf) in held.reversed() where file.name.life == boot {
      if let message = read(order, file, shelf) { return message }
    }
    if let message = parts[boot].flatMap({ find(order, $0) }) { return message }
    // A floor that runs may have written it since.
    guard isBeyond(order, boot), lookAgain(boot) else { return nil }
    return parts[boot].flatMap { find(order, $0) }
  }

  private func read(_ order: Int64, _ file: JournalFolder.File, _ shelf: Shelf) -> FeedMessage? {
    do throws(MessageError) { return try shelf.message(order) } catch {
      damages[file.path] = "a message of it cannot be read: \(error)"
      return nil
    }
  }

  /// Is it newer than all that is known of that boot?
  private func isBeyond(_ order: Int64, _ boot: String) -> Bool {
    let last = parts[boot]?.last.flatMap { ranges[$0.path] ?? nil }?.upperBound
    return last.map { order > $0 } ?? true
  }

  /// Forgets the newest file of that boot and lists the folder anew. `false` when that cannot be done.
  private func lookAgain(_ boot: String) -> Bool {
    if let path = parts[boot]?.last?.path {
      ranges[path] = nil
      damages[path] = nil
      held.removeAll { $0.file.path == path }
    }
    do {
      parts = FeedLibrary.parts(try JournalFolder(directory))
      return true
    } catch {
      damages[directory] = "\(error)"
      return false
    }
  }

  /// In the file in whose range that order is.
  private func find(_ order: Int64, _ files: [JournalFolder.File]) -> FeedMessage? {
    var (low, high) = (0, files.count)
    while low < high {
      let middle = (low + high) / 2
      guard let (index, range) = firstWithMessages(files, middle, below: high) else {
        high = middle
        continue
      }
      if order < range.lowerBound {
        high = middle
      } else if order > range.upperBound {
        low = index + 1
      } else {
        return shelf(files[index]).flatMap { read(order, files[index], $0) }
      }
    }
    return nil
  }

  private func firstWithMessages(
    _ files: [JournalFolder.File], _ start: Int, below end: Int
  ) -> (Int, ClosedRange<Int64>)? {
    for index in start..<end {
      if ranges[files[index].path] == nil { _ = shelf(files[index]) }
      if let range = ranges[files[index].path] ?? nil { return (index, range) }
    }
    return nil
  }

  private func shelf(_ file: JournalFolder.File) -> Shelf? {
    if let index = held.firstIndex(where: { $0.file == file }) { return held[index].shelf }
    do {
      let blocks = try JournalFolder.read(file)
      if let damage = blocks.damage { damages[file.path] = "\(damage)" }
      let shelf = try Shelf(blocks)
      var range: ClosedRange<Int64>?
      if let first = shelf.orders.first, let last = shelf.orders.last, first <= last { range = first...last }
      ranges[file.path] = .some(range)
      held.append((file, shelf))
      if held.count > FeedLibrary.heldMax { held.removeFirst() }
      return shelf
    } catch {
      damages[file.path] = "\(error)"
      ranges[file.path] = .some(nil)
      return nil
    }
  }
}
