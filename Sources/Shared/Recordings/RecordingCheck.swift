/// What is wrong with a recording: lines out of order, frames that do not decode, marks that contradict each other. Fed frame by frame.
public struct RecordingCheck: Sendable {
  /// Number of the frame, from 1, and what is the matter with it.
  public struct Problem: Hashable, Sendable, CustomStringConvertible {
    public let frame: Int
    public let text: String
    public var description: String { "frame \(frame): \(text)" }
  }

  /// Problems of one kind that are told in full; the others are counted.
  public static let toldMax = 20

  public private(set) var problems: [Problem] = []
  /// Further problems, by kind.
  public private(set) var untold: [String: Int] = [:]
  public private(set) var frames = 0
  private var told: [String: Int] = [:]
  private var last: WallTime?
  private var orders: [String: Int64] = [:]
  private var decoder = MarketFrameDecoder()

  public init() {}

  public mutating func take(_ frame: RecordedFrame) {
    frames += 1
    if let last, frame.receivedAt < last {
      add("order", "received at \(frame.receivedAt), before the one above it (\(last)): was the clock set back?")
    }
    last = frame.receivedAt
    switch frame.stream {
    case "market":
      let read = decoder.decode(frame.frame)
      if read.malformed > 0 { add("market", "no event of the market channel: \(Self.excerpt(frame.frame))") }
    case "reference":
      let read = StreamFrame<ReferenceTick>(reference: frame.frame)
      if read.malformed > 0 { add("reference", "no price of the reference stream: \(Self.excerpt(frame.frame))") }
    case "polybolt":
      if PolyBoltFrame(frame.frame) == .malformed {
        add("polybolt", "no frame of PolyBolt: \(Self.excerpt(frame.frame))")
      }
    case FeedMark.stream: mark(frame.frame)
    default: add("stream", "a stream \"\(frame.stream)\" that this version does not know")
    }
  }

  private mutating func mark(_ text: [UInt8]) {
    let json: JSON
    do {
      json = try JSON.parse(text, limits: JSONLimits(bytes: 64 << 20))
    } catch {
      return add("mark", "no mark of the feed (\(error)): \(Self.excerpt(text))")
    }
    guard let mark = FeedMark(json) else { return add("mark", "no mark of the feed: \(Self.excerpt(text))") }
    guard case .published(let slug, let boot, let order, _) = mark else { return }
    if let before = orders[boot], order <= before {
      add("published", "\(slug) published as \(order) of life \(boot), after \(before): lines were moved or doubled")
    }
    orders[boot] = order
  }

  private mutating func add(_ kind: String, _ text: String) {
    told[kind, default: 0] += 1
    if told[kind, default: 0] <= Self.toldMax {
      problems.append(Problem(frame: frames, text: text))
    } else {
      untold[kind, default: 0] += 1
    }
  }

  private static func excerpt(_ text: [UInt8]) -> String { String(decoding: text.prefix(100), as: UTF8.self) }
}
