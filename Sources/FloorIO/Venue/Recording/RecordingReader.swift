import CZstd
import FloorIOData
import Glibc
import Shared

/// Reads what `RecordingWriter` kept, also a file whose writer was killed: everything up to its last flush.
@safe public struct RecordingReader {
  /// How much of a file could be read.
  public struct Reading: Hashable, Sendable {
    /// Its writer ended it. Not so the newest while it is being written, that of a killed writer, and one whose compression is damaged.
    public fileprivate(set) var isEnded = false
    /// Lines that were left out because they cannot be read.
    public fileprivate(set) var damagedLines = 0
    /// Where the last damage was met and what it is; `nil` where everything up to the file's end, proper or not, was read.
    public fileprivate(set) var lastDamage: String?

    /// The file was ended properly and all of it could be read.
    public var isWhole: Bool { isEnded && lastDamage == nil }
  }

  /// The files of a prefix, oldest first.
  public static func files(in directory: String, prefix: String) -> [String] {
    guard let handle = unsafe opendir(directory) else { return [] }
    defer { unsafe closedir(handle) }
    var names: [String] = []
    while let entry = unsafe readdir(handle) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name.hasPrefix(prefix + "-"), name.hasSuffix(".jsonl.zst") { names.append(name) }
    }
    // The stamp in the name has the same number of digits until the year 2286.
    return names.sorted().map { directory + "/" + $0 }
  }

  /// Calls `body` for every frame of all files of a prefix, oldest first.
  /// - Returns: the files of which not all could be read, with what could (see `Reading`).
  public static func readAll(
    in directory: String, prefix: String, _ body: (RecordedFrame) throws -> Void
  ) throws -> [(path: String, reading: Reading)] {
    try files(in: directory, prefix: prefix).map { ($0, try read($0, body)) }.filter { !$0.1.isWhole }
  }

  /// Calls `body` for every frame in order.
  public static func read(_ path: String, _ body: (RecordedFrame) throws -> Void) throws -> Reading {
    let fd = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard fd >= 0 else { throw SystemError("open", errno, path) }
    defer { close(fd) }
    guard let stream = unsafe ZSTD_createDCtx() else { throw SystemError("zstd", ENOMEM) }
    defer { unsafe ZSTD_freeDCtx(stream) }
    var source = [UInt8](repeating: 0, count: 64 << 10)
    var target = [UInt8](repeating: 0, count: 256 << 10)
    var pending: [UInt8] = []
    var reading = Reading()
    var lines = 0
    var isAtEnd = true
    while true {
      let count = unsafe source.withUnsafeMutableBytes { unsafe Glibc.read(fd, $0.baseAddress, $0.count) }
      if count < 0 { throw SystemError("read", errno, path) }
      if count == 0 { break }
      var position = 0
      var isFull = false
      while position < count || isFull {
        var produced = 0
        let left = unsafe source.withUnsafeBytes { from in
          unsafe target.withUnsafeMutableBytes { to in
            var input = unsafe ZSTD_inBuffer(src: from.baseAddress, size: count, pos: position)
            var output = unsafe ZSTD_outBuffer(dst: to.baseAddress, size: to.count, pos: 0)
            let left = unsafe ZSTD_decompressStream(stream, &output, &input)
            position = unsafe input.pos
            produced = unsafe output.pos
            return left
          }
        }
        guard ZSTD_isError(left) == 0 else {
          reading.lastDamage = "after line \(lines): \(unsafe String(cString: ZSTD_getErrorName(left)))"
          return reading
        }
        isAtEnd = left == 0
        isFull = produced == target.count
        pending += target[..<produced]
        var start = 0
        while let end = pending[start...].firstIndex(of: 0x0A) {
          lines += 1
          if let frame = frame(pending[start..<end], lines, &reading) { try body(frame) }
          start = end + 1
        }
        if start > 0 { pending.removeFirst(start) }
        if position == count && produced < target.count { break }
      }
    }
    reading.isEnded = isAtEnd && pending.isEmpty
    return reading
  }

  private static func frame(_ line: ArraySlice<UInt8>, _ number: Int, _ reading: inout Reading) -> RecordedFrame? {
    do {
      return try RecordedFrame(line: line)
    } catch {
      reading.damagedLines += 1
      reading.lastDamage = "line \(number): \(error)"
      return nil
    }
  }
}
