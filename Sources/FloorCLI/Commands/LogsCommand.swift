import FloorIOData
import Glibc
import Shared

/// `floor logs`: the processes' JSON lines as text, merged by time.
enum LogsCommand {
  static let command = FloorCommand(
    name: "logs", summary: "what the processes wrote, merged by time",
    usage: "[PROCESS]… [--lines N] [--level LEVEL] [--follow] [--json]",
    details: "LEVEL is debug, info, warning or error, and what is graver. --json prints the lines as they are.",
    options: ["lines", "level"], flags: ["follow"], run: run)

  private static let tailBytes = 1 << 20

  private static func run(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    let count = try line.whole("lines", default: 50, in: 1...100_000)
    var level = LogLevel.debug
    if let word = line.option("level") {
      guard let known = LogLevel(text: word) else {
        throw FloorFailure(.usage, "--level takes debug, info, warning or error")
      }
      level = known
    }
    let directory = instance.stateDirectory + "/log"
    let names = try names(line.words, directory)
    var entries: [Entry] = []
    var offsets: [String: Int] = [:]
    for name in names {
      let path = "\(directory)/\(name).log"
      let size = try FileTail.size(path)
      // The file before the last rotation only matters when the present one is young.
      if size < tailBytes / 4, SmallFile.exists(path + ".1") {
        entries += parse(
          try FileTail.read(path + ".1", from: max(0, try FileTail.size(path + ".1") - tailBytes)), level)
      }
      entries += parse(try FileTail.read(path, from: max(0, size - tailBytes)), level)
      offsets[name] = size
    }
    // Equal times keep the order in which they were written.
    let ordered = entries.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
    for (_, entry) in ordered.suffix(count) { print(instance.isJSON ? entry.line : entry.text) }
    guard line.has("follow") else { return .done }
    fflush(nil)
    // Watched first, looked at then: what was written in between is not missed.
    let loop = try EventLoop()
    var hasChanged = true
    let watch = try FolderWatch(loop: loop, folder: directory)
    defer { watch.close() }
    watch.onChange = { hasChanged = true }
    while true {
      if !hasChanged {
        try loop.turn(timeout: nil)
        continue
      }
      hasChanged = false
      for name in names {
        let path = "\(directory)/\(name).log"
        guard SmallFile.exists(path) else { continue }
        let size = try FileTail.size(path)
        var from = offsets[name] ?? 0
        if size < from { from = 0 }
        guard size > from else { continue }
        let bytes = try FileTail.read(path, from: from)
        // Only whole lines: the rest is taken with the next look.
        guard let end = bytes.lastIndex(of: 0x0A) else { continue }
        offsets[name] = from + end + 1
        for entry in parse(Array(bytes[...end]), level) { Terminal.tell(instance.isJSON ? entry.line : entry.text) }
      }
    }
  }

  private static func names(_ wanted: [String], _ directory: String) throws -> [String] {
    let there: [String]
    do {
      there = try DirectoryListing.names(in: directory).filter { $0.hasSuffix(".log") }.map { String($0.dropLast(4)) }
    } catch {
      throw FloorFailure(.refused, "no logs: \(error)")
    }
    guard !wanted.isEmpty else { return there }
    for name in wanted where !there.contains(name) {
      throw FloorFailure(.usage, "no log of \(name); there are: \(there.joined(separator: ", "))")
    }
    return wanted
  }

  struct Entry {
    let time: String
    let line: String
    let text: String
  }

  /// Lines that are not the floor's JSON (a library's own words) are shown as they are, at the time of the line before.
  static func parse(_ bytes: [UInt8], _ level: LogLevel) -> [Entry] {
    var time = ""
    var result: [Entry] = []
    for piece in bytes.split(separator: 0x0A) {
      let line = String(decoding: piece, as: UTF8.self)
      guard let json = object(piece), let stamp = json["ts"]?.string, let message = json["message"]?.string else {
        if level == .debug { result.append(Entry(time: time, line: line, text: "  " + Table.plain(line))) }
        continue
      }
      time = stamp
      let word = json["level"]?.string ?? ""
      if let own = LogLevel(text: word), own < level { continue }
      let fields = (json.members ?? []).filter { !["ts", "level", "process", "message"].contains($0.key) }
        .map { "\($0.key)=\($0.value.string ?? $0.value.text)" }
      let clock = stamp.count >= 19 ? String(stamp.dropFirst(11).prefix(12)) : stamp
      let head =
        "\(clock.replacing("Z", with: "").padded(to: 12))  \(word.padded(to: 7))  \((json["process"]?.string ?? "").padded(to: 16))"
      result.append(
        Entry(time: stamp, line: line, text: Table.plain(([head, message] + fields).joined(separator: "  "))))
    }
    return result
  }

  private static func object(_ line: ArraySlice<UInt8>) -> JSON? {
    do { return try JSON.parse(line) } catch { return nil }
  }
}
