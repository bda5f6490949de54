/// Reads the market channel's frames. Books, level changes, trades and best prices, which come thousands of times a second, are read in one
/// pass without a tree; whatever is unusual about a frame (another kind of event, an escape, a missing or impossible field, broken
/// grammar) hands the whole frame to `StreamFrame(market:)`, whose word is the last. So the two never disagree: this one is only quicker.
public struct MarketFrameDecoder: Sendable {
  /// Frames that were read by way of a tree.
  public private(set) var byTree = 0
  private var names = RecentNames()

  public init() {}

  public mutating func decode(_ bytes: [UInt8]) -> StreamFrame<MarketStreamEvent> {
    if let frame = scan(bytes) { return frame }
    byTree += 1
    return StreamFrame(market: bytes)
  }

  /// `nil` when the frame is not made of plain, frequent events alone.
  mutating func scan(_ bytes: [UInt8]) -> StreamFrame<MarketStreamEvent>? {
    guard bytes.count <= 16 << 20, MarketFrameDecoder.isPlain(bytes) else { return nil }
    do {
      return try read(bytes)
    } catch {
      // The tree says what is wrong with it.
      return nil
    }
  }

  /// ASCII without a backslash: then every string is what stands between its quotes.
  private static func isPlain(_ bytes: [UInt8]) -> Bool {
    var all: UInt8 = 0
    var escapes: UInt8 = 0
    for byte in bytes {
      all |= byte
      escapes |= byte == UInt8(ascii: "\\") ? 1 : 0
    }
    return all < 0x80 && escapes == 0
  }

  private mutating func read(_ bytes: [UInt8]) throws -> StreamFrame<MarketStreamEvent> {
    var scanner = JSONScanner(bytes)
    var frame = StreamFrame<MarketStreamEvent>()
    if try scanner.peek() == UInt8(ascii: "[") {
      try scanner.enterArray()
      while try scanner.nextElement() { frame.events.append(try event(&scanner)) }
    } else {
      frame.events.append(try event(&scanner))
    }
    try scanner.end()
    return frame
  }

  private mutating func event(_ scanner: inout JSONScanner) throws -> MarketStreamEvent {
    var members = EventMembers()
    try scanner.enterObject()
    while let key = try scanner.nextKey() { try members.take(key, &scanner, &names) }
    return try members.event(scanner)
  }
}
