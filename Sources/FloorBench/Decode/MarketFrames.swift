import FloorIOData
import FloorIOVenue
import Glibc
import Shared

/// Frames of one market's channel, as captured from the venue, or made in the same shape where there is no capture.
struct MarketFrames {
  let name: String
  let frames: [[UInt8]]
  /// The market they are of.
  let market: Market

  /// - Parameter folder: `FLOOR_DATA`; without the capture in it the frames are made.
  static func load(folder: String) throws -> MarketFrames {
    let path = folder + "/clob_ws_capture/market-ws.jsonl.gz"
    guard SmallFile.exists(path) else {
      let frames =
        DecodeBench.frames(.priceChange, DecodeBench.Settings())
        + DecodeBench.frames(.book, DecodeBench.Settings(frames: 60))
      return try MarketFrames(name: "made up: \(path) is not there", frames: frames)
    }
    let lines = try GzipLines(path: path)
    var frames: [[UInt8]] = []
    while let line = try lines.next() {
      if let frame = payload(of: line) { frames.append(frame) }
    }
    return try MarketFrames(name: "clob_ws_capture", frames: frames)
  }

  /// `{"capturedAt":…,"payload":FRAME}` is how a line of the capture looks; `nil` for another.
  static func payload(of line: [UInt8]) -> [UInt8]? {
    guard let start = line.firstRange(of: Array(#""payload":"#.utf8)), line.last == UInt8(ascii: "}") else {
      return nil
    }
    return Array(line[start.upperBound..<(line.count - 1)])
  }

  init(name: String, frames: [[UInt8]]) throws {
    self.name = name
    self.frames = frames
    var decoder = MarketFrameDecoder()
    for frame in frames {
      for case .priceChange(let change) in decoder.decode(frame).events {
        guard let first = change.changes.first?.token,
          let other = change.changes.first(where: { $0.token != first })?.token
        else { continue }
        let listing: JSON = [
          "slug": "market", "conditionId": .text(change.market), "outcomes": ["Up", "Down"],
          "clobTokenIds": [.text(first), .text(other)], "orderPriceMinTickSize": "0.01", "orderMinSize": "5",
        ]
        market = Market(try GammaMarket(listing))
        return
      }
    }
    throw BenchFailure("no frame tells both tokens of its market")
  }

  /// Only the level changes.
  func changesOnly() throws -> MarketFrames {
    let word = Array(#""price_changes""#.utf8)
    return try MarketFrames(name: name, frames: frames.filter { $0.firstRange(of: word) != nil })
  }

  /// Every price, size and best price in 10⁻⁶, summed: what all readers must agree on.
  static func sum(_ events: [MarketStreamEvent]) -> Int64 {
    func levels(_ levels: [BookLevel]) -> Int64 { levels.reduce(0) { $0 + $1.price.micros + $1.size.micros } }
    return events.reduce(0) { sum, event in
      switch event {
      case .book(let book): sum + levels(book.bids) + levels(book.asks)
      case .priceChange(let change):
        change.changes.reduce(sum) {
          $0 + $1.level.price.micros + $1.level.size.micros + ($1.bestBid?.micros ?? 0) + ($1.bestAsk?.micros ?? 0)
        }
      case .lastTrade(let trade): sum + trade.price.micros + trade.size.micros
      case .bestBidAsk(let best): sum + (best.bid?.micros ?? 0) + (best.ask?.micros ?? 0)
      case .tickSizeChange, .newMarket, .resolved: sum
      }
    }
  }
}
