import FloorIOData

/// What a process's memory costs: proportional share (shared pages divided among those who share them) and what it alone holds, KiB.
struct ProcessMemory: Hashable, Sendable {
  var proportional: Int64 = 0
  var privately: Int64 = 0

  /// Reads the text of `/proc/<pid>/smaps_rollup`.
  init?(parsing text: String) {
    func value(_ key: String) -> Int64? {
      for line in text.split(separator: "\n") where line.hasPrefix(key + ":") {
        return line.split(separator: " ").dropFirst().first.flatMap { Int64($0) }
      }
      return nil
    }
    guard let share = value("Pss"), let clean = value("Private_Clean"), let dirty = value("Private_Dirty") else {
      return nil
    }
    proportional = share
    privately = clean + dirty
  }

  /// `nil` when it is gone.
  static func read(pid: Int32) -> ProcessMemory? {
    do {
      let bytes = try SmallFile.read("/proc/\(pid)/smaps_rollup", bytesMax: 1 << 16)
      return ProcessMemory(parsing: String(decoding: bytes, as: UTF8.self))
    } catch {
      return nil
    }
  }
}
