import CYAML
import Shared

/// YAML files as trees with line numbers, through libyaml's events. The part of YAML that a configuration needs: mappings with plain keys,
/// sequences, scalars. Anchors, aliases, tags and a second document are refused: they make a file say something that it does not show.
public enum YAMLTree {
  /// Largest file, in bytes.
  public static let bytesMax = 1 << 20
  static let depthMax = 16

  public struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
    /// Counted from 1.
    public let line: Int
    public let reason: String
    public var description: String { "line \(line): \(reason)" }
  }

  public static func read(_ path: String) throws -> ConfigNode {
    try parse(try SmallFile.read(path, bytesMax: bytesMax))
  }

  public static func parse(_ bytes: [UInt8]) throws(Problem) -> ConfigNode {
    var events = try YAMLEvents(bytes)
    let first = try events.next()
    // An empty file (or one of comments alone) is an empty mapping.
    guard case .documentStart = first.kind else { return ConfigNode(.empty, line: 1) }
    let root = try node(try events.next(), &events, depth: 0)
    guard case .documentEnd = try events.next().kind, case .streamEnd = try events.next().kind else {
      throw Problem(line: root.line, reason: "more than one document in a file")
    }
    return root
  }

  private static func node(_ event: YAMLEvents.Event, _ events: inout YAMLEvents, depth: Int) throws(Problem)
    -> ConfigNode
  {
    guard depth <= depthMax else { throw Problem(line: event.line, reason: "nested too deeply") }
    switch event.kind {
    case .scalar(let text, let isPlain):
      // Plain `~` and `null` are YAML's words for nothing; quoted they are texts.
      let isEmpty = isPlain && (text.isEmpty || text == "~" || text == "null")
      return ConfigNode(isEmpty ? .empty : .scalar(text), line: event.line)
    case .sequenceStart:
      var items: [ConfigNode] = []
      while true {
        let next = try events.next()
        if case .sequenceEnd = next.kind { return ConfigNode(.sequence(items), line: event.line) }
        items.append(try node(next, &events, depth: depth + 1))
      }
    case .mappingStart:
      var entries: [ConfigNode.Entry] = []
      while true {
        let next = try events.next()
        if case .mappingEnd = next.kind { return ConfigNode(.mapping(entries), line: event.line) }
        guard case .scalar(let key, _) = next.kind else {
          throw Problem(line: next.line, reason: "a key must be a plain word")
        }
        let value = try node(try events.next(), &events, depth: depth + 1)
        entries.append(.init(key, line: next.line, value))
      }
    default: throw Problem(line: event.line, reason: "something else was expected here")
    }
  }
}

/// libyaml's parser as a sequence of Swift values. Owns the parser's memory and the bytes it reads.
@safe private struct YAMLEvents: ~Copyable {
  enum Kind {
    case documentStart, documentEnd, streamEnd, sequenceStart, sequenceEnd, mappingStart, mappingEnd
    case scalar(String, isPlain: Bool)
  }

  struct Event {
    let kind: Kind
    let line: Int
  }

  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let input: UnsafeMutableBufferPointer<UInt8>

  init(_ bytes: [UInt8]) throws(YAMLTree.Problem) {
    unsafe parser = .allocate(capacity: 1)
    unsafe input = .allocate(capacity: max(bytes.count, 1))
    _ = unsafe input.initialize(from: bytes)
    guard unsafe yaml_parser_initialize(parser) == 1 else {
      throw YAMLTree.Problem(line: 1, reason: "no memory for the parser")
    }
    unsafe yaml_parser_set_input_string(parser, input.baseAddress, bytes.count)
  }

  deinit {
    unsafe yaml_parser_delete(parser)
    unsafe parser.deallocate()
    unsafe input.deallocate()
  }

  /// The next event; the start of the stream is skipped.
  mutating func next() throws(YAMLTree.Problem) -> Event {
    while true {
      var event = unsafe yaml_event_t()
      guard unsafe yaml_parser_parse(parser, &event) == 1 else {
        let line = unsafe Int(parser.pointee.problem_mark.line) + 1
        let reason = unsafe parser.pointee.problem.map { unsafe String(cString: $0) } ?? "not YAML"
        throw YAMLTree.Problem(line: line, reason: reason)
      }
      defer { unsafe yaml_event_delete(&event) }
      let line = unsafe Int(event.start_mark.line) + 1
      switch unsafe event.type {
      case YAML_STREAM_START_EVENT: continue
      case YAML_STREAM_END_EVENT: return Event(kind: .streamEnd, line: line)
      case YAML_DOCUMENT_START_EVENT: return Event(kind: .documentStart, line: line)
      case YAML_DOCUMENT_END_EVENT: return Event(kind: .documentEnd, line: line)
      case YAML_SEQUENCE_END_EVENT: return Event(kind: .sequenceEnd, line: line)
      case YAML_MAPPING_END_EVENT: return Event(kind: .mappingEnd, line: line)
      case YAML_SEQUENCE_START_EVENT:
        guard unsafe event.data.sequence_start.anchor == nil, unsafe event.data.sequence_start.tag == nil else {
          throw YAMLTree.Problem(line: line, reason: "anchors and tags are not used here")
        }
        return Event(kind: .sequenceStart, line: line)
      case YAML_MAPPING_START_EVENT:
        guard unsafe event.data.mapping_start.anchor == nil, unsafe event.data.mapping_start.tag == nil else {
          throw YAMLTree.Problem(line: line, reason: "anchors and tags are not used here")
        }
        return Event(kind: .mappingStart, line: line)
      case YAML_SCALAR_EVENT:
        guard unsafe event.data.scalar.anchor == nil, unsafe event.data.scalar.tag == nil else {
          throw YAMLTree.Problem(line: line, reason: "anchors and tags are not used here")
        }
        let bytes = unsafe UnsafeBufferPointer(start: event.data.scalar.value, count: event.data.scalar.length)
        let isPlain = unsafe event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE
        return Event(kind: .scalar(unsafe String(decoding: bytes, as: UTF8.self), isPlain: isPlain), line: line)
      default: throw YAMLTree.Problem(line: line, reason: "aliases are not used here")
      }
    }
  }
}
