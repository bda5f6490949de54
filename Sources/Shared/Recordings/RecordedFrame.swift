/// One frame as it came from a stream. Written as a line: `{"wall_ns":…,"stream":"market","raw":…}` with the frame's own bytes in place of
/// the last dots. A frame that would break the line, having a line feed in it or nothing at all, stands as a quoted string under `frame`.
public struct RecordedFrame: Hashable, Sendable {
  public let receivedAt: WallTime
  /// `market`, `reference` as the venue sent them; `feed` for the feed's own marks (`FeedMark`).
  public let stream: String
  public let frame: [UInt8]

  public init(receivedAt: WallTime, stream: String, frame: [UInt8]) {
    self.receivedAt = receivedAt
    self.stream = stream
    self.frame = frame
  }

  private static let raw = Array(",\"raw\":".utf8)

  /// Its line, with the line feed.
  public func append(to out: inout [UInt8]) {
    out.append(contentsOf: "{\"wall_ns\":\(receivedAt.nanoseconds),\"stream\":".utf8)
    JSON.writeString(stream, to: &out)
    if frame.isEmpty || frame.contains(0x0A) {
      out.append(contentsOf: ",\"frame\":".utf8)
      JSON.writeString(String(decoding: frame, as: UTF8.self), to: &out)
    } else {
      out.append(contentsOf: RecordedFrame.raw)
      out.append(contentsOf: frame)
    }
    out.append(UInt8(ascii: "}"))
    out.append(0x0A)
  }

  /// Reads a line without its line feed.
  public init(line: ArraySlice<UInt8>) throws(DamagedLine) {
    // The head is ours and short; behind it the frame stands as it came, JSON or not.
    guard line.last == UInt8(ascii: "}"), let raw = RecordedFrame.findRaw(in: line.prefix(200)) else {
      try self.init(quoted: line)
      return
    }
    let head = try RecordedFrame.parse(line[..<raw.lowerBound] + [UInt8(ascii: "}")])
    self.init(
      receivedAt: try RecordedFrame.time(head), stream: try RecordedFrame.text(head, "stream"),
      frame: Array(line[raw.upperBound...].dropLast()))
  }

  private static func findRaw(in head: ArraySlice<UInt8>) -> Range<Int>? {
    guard head.count >= raw.count else { return nil }
    return (head.startIndex...head.endIndex - raw.count).first { start in
      raw.indices.allSatisfy { head[start + $0] == raw[$0] }
    }
    .map { $0..<$0 + raw.count }
  }

  private init(quoted line: ArraySlice<UInt8>) throws(DamagedLine) {
    let json = try RecordedFrame.parse(line)
    self.init(
      receivedAt: try RecordedFrame.time(json), stream: try RecordedFrame.text(json, "stream"),
      frame: Array(try RecordedFrame.text(json, "frame").utf8))
  }

  private static func parse(_ bytes: ArraySlice<UInt8>) throws(DamagedLine) -> JSON {
    do { return try JSON.parse(bytes, limits: JSONLimits(bytes: 64 << 20)) } catch {
      throw DamagedLine(description: "\(error)")
    }
  }

  private static func time(_ json: JSON) throws(DamagedLine) -> WallTime {
    guard let time = json["wall_ns"]?.int else { throw DamagedLine(description: "no wall_ns") }
    return WallTime(nanoseconds: time)
  }

  private static func text(_ json: JSON, _ key: String) throws(DamagedLine) -> String {
    guard let text = json[key]?.string else { throw DamagedLine(description: "no \(key)") }
    return text
  }
}

/// A line of a recording that is none, and why.
public struct DamagedLine: Error, Hashable, CustomStringConvertible {
  public let description: String
}
