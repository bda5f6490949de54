/// Entries as the payload of one block. A page can be read by itself: what is written as a difference begins anew in each. Ten beats a
/// second and a market's messages take six to eight bytes each.
public struct JournalPage: Sendable {
  public private(set) var bytes: [UInt8] = []
  public private(set) var count = 0
  private var boot = ""
  private var order: Int64 = 0
  private var now: Int64 = 0

  public init() {}

  public var isEmpty: Bool { count == 0 }

  /// Empty again, with the room it has.
  public mutating func clear() {
    bytes.removeAll(keepingCapacity: true)
    (count, boot, order, now) = (0, "", 0, 0)
  }

  private enum Kind: UInt8 {
    case birth = 1
    case resume, reconcile, boot, message, order, synced, blind, mode, drain, beat, finish, decision, lost
  }

  // MARK: Writing

  public mutating func add(_ entry: JournalEntry) {
    count += 1
    switch entry {
    case .birth(let birth):
      begin(.birth)
      bytes.appendCompact(text: birth.json.bytes)
    case .resume(let checkpoint, let snapshot, let missed):
      begin(.resume)
      let json: JSON = [
        "checkpoint": .optional(checkpoint?.json), "snapshot": .optional(snapshot?.json),
        "missed": .array(missed.map(\.json)),
      ]
      bytes.appendCompact(text: json.bytes)
    case .reconcile(let snapshot, let missed):
      begin(.reconcile)
      let json: JSON = ["snapshot": snapshot.json, "missed": .array(missed.map(\.json))]
      bytes.appendCompact(text: json.bytes)
    case .message(let boot, let order, let now): add(boot, order, now)
    case .order(let event, let now):
      begin(.order, now)
      bytes.appendCompact(text: event.json.bytes)
    case .synced(let open, let now):
      begin(.synced, now)
      bytes.appendCompact(UInt64(open.count))
      for intent in open.map(\.text).sorted() { bytes.appendCompact(text: intent.utf8) }
    case .blind(let now): begin(.blind, now)
    case .mode(let mode, let now):
      begin(.mode, now)
      bytes.appendCompact(text: mode.rawValue.utf8)
    case .drain(let now): begin(.drain, now)
    case .beat(let now): begin(.beat, now)
    case .finish: begin(.finish)
    case .decision(let json):
      begin(.decision)
      bytes.appendCompact(text: json)
    case .lost(let number):
      begin(.lost)
      bytes.appendCompact(UInt64(max(0, number)))
    }
  }

  private mutating func add(_ boot: String, _ order: Int64, _ now: MarketTime) {
    if boot != self.boot {
      begin(.boot)
      bytes.appendCompact(text: boot.utf8)
      self.boot = boot
      self.order = 0
    }
    begin(.message, now)
    bytes.appendCompact(signed: order &- self.order)
    self.order = order
  }

  private mutating func begin(_ kind: Kind) { bytes.append(kind.rawValue) }

  private mutating func begin(_ kind: Kind, _ time: MarketTime) {
    begin(kind)
    bytes.appendCompact(signed: time.nanoseconds &- now)
    now = time.nanoseconds
  }

  // MARK: Reading

  /// The entries of a payload, in order.
  public static func entries(_ payload: ArraySlice<UInt8>) throws(JournalError) -> [JournalEntry] {
    var reader = CompactReader(payload)
    var entries: [JournalEntry] = []
    var (boot, order, now) = ("", Int64(0), Int64(0))
    func time(_ reader: inout CompactReader) throws(JournalError) -> MarketTime {
      now = now &+ (try reader.signed())
      return MarketTime(nanoseconds: now)
    }
    while !reader.isAtEnd {
      let byte = try reader.byte()
      guard let kind = Kind(rawValue: byte) else { throw .unknownKind(byte) }
      switch kind {
      case .birth: entries.append(.birth(try message { json throws(MessageError) in try AgentBirth(json) }(&reader)))
      case .resume: entries.append(try resume(try reader.json()))
      case .reconcile:
        let json = try reader.json()
        entries.append(
          .reconcile(try snapshot(json["snapshot"] ?? .null), missed: try events(json["missed"] ?? .null)))
      case .boot:
        boot = try reader.string()
        order = 0
      case .message:
        let at = try time(&reader)
        order = order &+ (try reader.signed())
        entries.append(.message(boot: boot, order: order, now: at))
      case .order:
        let at = try time(&reader)
        entries.append(
          .order(try message { json throws(MessageError) in try OrderEventMessage(json) }(&reader), now: at))
      case .synced:
        let at = try time(&reader)
        var open = Set<IntentID>()
        for _ in 0..<(try reader.number()) {
          guard let intent = IntentID(try reader.string()) else { throw .message(.invalid("open")) }
          open.insert(intent)
        }
        entries.append(.synced(open: open, now: at))
      case .blind: entries.append(.blind(now: try time(&reader)))
      case .mode:
        let at = try time(&reader)
        guard let mode = FloorMode(rawValue: try reader.string()) else { throw .message(.invalid("mode")) }
        entries.append(.mode(mode, now: at))
      case .drain: entries.append(.drain(now: try time(&reader)))
      case .beat: entries.append(.beat(now: try time(&reader)))
      case .finish: entries.append(.finish)
      case .decision: entries.append(.decision(Array(try reader.text())))
      case .lost: entries.append(.lost(Int(clamping: try reader.number())))
      }
    }
    return entries
  }

  private static func message<T>(
    _ read: @escaping (JSON) throws(MessageError) -> T
  ) -> (inout CompactReader) throws(JournalError) -> T {
    { (reader) throws(JournalError) in try message(try reader.json(), read) }
  }

  private static func message<T>(
    _ json: JSON, _ read: (JSON) throws(MessageError) -> T
  ) throws(JournalError) -> T {
    do throws(MessageError) { return try read(json) } catch { throw .message(error) }
  }

  private static func resume(_ json: JSON) throws(JournalError) -> JournalEntry {
    let checkpoint = json["checkpoint"] ?? .null
    let snapshot = json["snapshot"] ?? .null
    return .resume(
      checkpoint: checkpoint.isNull
        ? nil : try message(checkpoint) { json throws(MessageError) in try AgentCheckpoint(json) },
      snapshot: snapshot.isNull ? nil : try self.snapshot(snapshot), missed: try events(json["missed"] ?? .null))
  }

  private static func snapshot(_ json: JSON) throws(JournalError) -> AgentSnapshot {
    try message(json) { json throws(MessageError) in try AgentSnapshot(json) }
  }

  private static func events(_ json: JSON) throws(JournalError) -> [OrderEventMessage] {
    var events: [OrderEventMessage] = []
    for item in json.array ?? [] {
      events.append(try message(item) { json throws(MessageError) in try OrderEventMessage(json) })
    }
    return events
  }
}
