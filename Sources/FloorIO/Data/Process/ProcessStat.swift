/// What `/proc/<pid>/stat` says.
public struct ProcessStat: Hashable, Sendable {
  public let name: String
  public let state: Character
  public let parent: Int32
  public let group: Int32
  /// Field 22: clock ticks from the machine's start to the process's.
  public let startTicks: Int64
  /// User and system time in clock ticks.
  public let cpuTicks: UInt64
  /// Zombie, or being removed.
  public var isDead: Bool { state == "Z" || state == "X" || state == "x" }

  public static func read(pid: Int32) -> ProcessStat? {
    do {
      return ProcessStat(parsing: try SmallFile.read("/proc/\(pid)/stat", bytesMax: 4096))
    } catch {
      // No such process (any more), which is an answer.
      return nil
    }
  }

  /// The name stands in parentheses and may itself hold blanks and parentheses: the last `)` ends it.
  public init?(parsing bytes: [UInt8]) {
    guard let open = bytes.firstIndex(of: UInt8(ascii: "(")), let close = bytes.lastIndex(of: UInt8(ascii: ")")),
      open < close
    else { return nil }
    let fields = bytes[(close + 1)...].split(whereSeparator: { $0 == 0x20 || $0 == 0x0A })
      .map { String(decoding: $0, as: UTF8.self) }
    // After the name: state(3) ppid(4) pgrp(5) … utime(14) stime(15) … starttime(22), numbered as in proc(5).
    guard fields.count >= 20, let state = fields[0].first, let parent = Int32(fields[1]), let group = Int32(fields[2]),
      let user = UInt64(fields[11]), let system = UInt64(fields[12]), let start = Int64(fields[19])
    else { return nil }
    name = String(decoding: bytes[(open + 1)..<close], as: UTF8.self)
    self.state = state
    self.parent = parent
    self.group = group
    startTicks = start
    cpuTicks = user + system
  }
}
