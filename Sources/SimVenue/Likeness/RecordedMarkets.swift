import FloorIOData
import FloorIOVenue
import Shared

/// Measures recorded markets: whole books of `btc5m_books` (one message a trade), prints and reference prices of `btc5m_multifeed`.
enum RecordedMarkets {
  /// What is wrong with a folder or a file of it.
  struct Problem: Error, Hashable, CustomStringConvertible {
    var description: String
  }

  /// - Parameters:
  ///   - folder: holds `btc5m_books/raw/*.jsonl.gz` and `btc5m_multifeed/*.json.gz`.
  ///   - stride: takes every so-many-th of the recorded books, of which there are many.
  static func measure(_ folder: String, stride: Int) throws(Problem) -> MarketFeatures {
    var features = MarketFeatures()
    let books = try list(folder + "/btc5m_books/raw", suffix: ".jsonl.gz")
    for index in Swift.stride(from: 0, to: books.count, by: max(1, stride)) {
      try addBooks(books[index], &features)
    }
    for path in try list(folder + "/btc5m_multifeed", suffix: ".json.gz") { try addWindow(path, &features) }
    return features
  }

  private static func list(_ folder: String, suffix: String) throws(Problem) -> [String] {
    let names: [String]
    do { names = try DirectoryListing.names(in: folder).filter { $0.hasSuffix(suffix) } } catch {
      throw Problem(description: "\(error)")
    }
    guard !names.isEmpty else { throw Problem(description: "\(folder): no file ends in \(suffix)") }
    return names.map { folder + "/" + $0 }
  }

  // MARK: - Books

  /// The book as it stood at each second of the window, ten seconds old at most, and how many messages each second brought.
  private static func addBooks(_ path: String, _ features: inout MarketFeatures) throws(Problem) {
    let reader: GzipLines
    do { reader = try GzipLines(path: path) } catch { throw Problem(description: "\(path): \(error)") }
    guard let start = Int64(path.split(separator: "-").last?.prefix { $0.isNumber } ?? "") else {
      throw Problem(description: "\(path): the name does not end in the window's start")
    }
    features.breakRun()
    var token: String?
    var last: RecordedSnapshot?
    var second = start
    var messages = 0
    func close(_ until: Int64) {
      while second < until {
        if let last, second - last.at.seconds <= 10 {
          features.add(.updates, Double(messages))
          add(last.book, &features)
        }
        messages = 0
        second += 1
      }
    }
    while true {
      let line: [UInt8]?
      do { line = try reader.next() } catch { throw Problem(description: "\(path): \(error)") }
      guard let line else { break }
      guard let snapshot = RecordedSnapshot(line: line) else { continue }
      if token == nil { token = snapshot.asset }
      guard snapshot.asset == token, snapshot.at.seconds >= start else { continue }
      guard snapshot.at.seconds < start + 300 else { break }
      close(snapshot.at.seconds)
      last = snapshot
      messages += 1
    }
  }

  private static func add(_ book: VenueState.StreetBook, _ features: inout MarketFeatures) {
    func levels(_ side: [VenueState.StreetBook.Level]) -> [MarketFeatures.Level] {
      side.filter { $0.size > .zero }.map { MarketFeatures.Level(price: $0.price, size: $0.size) }
    }
    features.addSecond(
      bids: levels(book.bids).sorted { $0.price > $1.price }, asks: levels(book.asks).sorted { $0.price < $1.price })
  }

  // MARK: - Prints and prices

  /// One window: prints tell trade sizes and the market's price, the spot price, by its own stamp, is the reference.
  private static func addWindow(_ path: String, _ features: inout MarketFeatures) throws(Problem) {
    var text: [UInt8] = []
    do {
      let reader = try GzipLines(path: path)
      while let line = try reader.next() { text += line }
    } catch { throw Problem(description: "\(path): \(error)") }
    guard let window = WireReader.read(text)?["windows"]?.asList?.first, let start = window["window_ts"]?.asNumber,
      let up = window["token_up"]?.asText, let events = window["events"]?.asList
    else { throw Problem(description: "\(path): no window with window_ts, token_up and events") }
    var prints: [Int64: Double] = [:]
    var spots: [Int64: Double] = [:]
    for event in events {
      guard let fields = event.asList, fields.count >= 4, let kind = fields[1].asText else { continue }
      if kind == "s", let at = fields[2].asMicros, let price = fields[3].asMicros {
        spots[at / 1_000_000] = Double(price) / 1_000_000
      } else if kind == "p", fields.count >= 5, let at = fields[0].asMicros, let price = fields[3].asMicros,
        let size = fields[4].asMicros, (start..<start + 300).contains(at / 1_000_000)
      {
        features.add(.tradeSize, Double(size) / 1_000_000)
        prints[at / 1_000_000] = Double(fields[2].asText == up ? price : 1_000_000 - price) / 10_000
      }
    }
    features.breakRun()
    var market: Double?
    var reference: Double?
    for second in start..<start + 300 {
      market = prints[second] ?? market
      reference = spots[second] ?? reference
      if let market, let reference { features.add(.init(market: market, reference: reference)) }
    }
  }
}
