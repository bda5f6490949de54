/// What the feed published, as the payload of one block: the messages' bytes, each with its length before it.
public struct FeedPage: Sendable {
  public private(set) var bytes: [UInt8] = []

  public init() {}

  public var isEmpty: Bool { bytes.isEmpty }
  public mutating func clear() { bytes.removeAll(keepingCapacity: true) }
  public mutating func add(_ message: [UInt8]) { bytes.appendCompact(text: message) }

  public static func messages(_ payload: ArraySlice<UInt8>) throws(JournalError) -> [ArraySlice<UInt8>] {
    var reader = CompactReader(payload)
    var messages: [ArraySlice<UInt8>] = []
    while !reader.isAtEnd { messages.append(try reader.text()) }
    return messages
  }
}

/// A message of the feed as an agent consumes it.
public enum FeedMessage: Hashable, Sendable {
  case market(MarketUpdate)
  case reference(ReferencePrice)

  public init(_ bytes: ArraySlice<UInt8>) throws(MessageError) {
    guard let order = FeedMessage.place(bytes) else { throw .missing("order") }
    self =
      order.isMarket
      ? .market(try MarketUpdate(decoding: Array(bytes))) : .reference(try ReferencePrice(decoding: Array(bytes)))
  }

  /// Its place in the feed's total order, found without reading the whole message; `nil` for any other bytes.
  public static func order(of bytes: ArraySlice<UInt8>) -> Int64? { place(bytes)?.order }

  private static let key = Array(",\"order\":".utf8)
  private static let slug = Array(",\"slug\":".utf8)

  private static func place(_ bytes: ArraySlice<UInt8>) -> (order: Int64, isMarket: Bool)? {
    var index = bytes.startIndex
    let end = bytes.endIndex - key.count
    while index < end, bytes[index] != key[0] || !bytes[index...].starts(with: key) { index += 1 }
    guard index < end else { return nil }
    index += key.count
    var order: Int64 = 0
    let start = index
    while index < bytes.endIndex, bytes[index] >= 48, bytes[index] <= 57, order < 1 << 58 {
      order = order * 10 + Int64(bytes[index] - 48)
      index += 1
    }
    return index > start ? (order, bytes[index...].starts(with: slug)) : nil
  }
}
