import FloorIOData
import FloorIOVenue
import Glibc
import Shared

/// What a sweep's runs depend on outside its settings, as text that is equal on two machines when the data and the program are.
enum SweepFingerprint {
  /// Of a data file so much is digested at either end; recordings are too large to be read for a name.
  private static let end = 64 << 10

  /// The shape, the table of markets, and of each file its name without the folder, its size and a digest of both its ends.
  static func data(_ paths: [String], format: ImportFormat?, markets: String?) throws -> [String] {
    ["format \(format?.rawValue ?? "recording")", "markets \(try markets.map { try digest($0) } ?? "none")"]
      + (try paths.map { path in
        let size = try size(path)
        let ends = try read(path, 0..<min(end, size)) + read(path, max(0, size - end)..<size)
        return "\(path.split(separator: "/").last ?? "") \(size) \(digest(ends))"
      })
  }

  /// A digest of the whole running program: neither its name nor its time says what it does.
  static func program() throws -> String { try digest("/proc/self/exe") }

  private static func digest(_ path: String) throws -> String { digest(try read(path, 0..<(try size(path)))) }

  /// By OpenSSL's SHA-256: a program has megabytes, and `SHA256` is not for so many.
  private static func digest(_ bytes: [UInt8]) -> String {
    Hex.text(Digests.hmacSHA256(bytes, key: Array("sweep".utf8)))
  }

  private static func size(_ path: String) throws -> Int {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { throw FloorFailure(.usage, "\(SystemError("stat", errno, path))") }
    return Int(status.st_size)
  }

  /// Those bytes of a file; fewer when it became shorter meanwhile.
  private static func read(_ path: String, _ range: Range<Int>) throws -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FloorFailure(.usage, "\(SystemError("open", errno, path))") }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: range.count)
    var filled = 0
    while filled < bytes.count {
      let count = unsafe bytes.withUnsafeMutableBytes { space in
        unsafe pread(descriptor, space.baseAddress! + filled, space.count - filled, off_t(range.lowerBound + filled))
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FloorFailure(.usage, "\(SystemError("read", errno, path))") }
      if count == 0 { break }
      filled += count
    }
    return Array(bytes[..<filled])
  }
}
