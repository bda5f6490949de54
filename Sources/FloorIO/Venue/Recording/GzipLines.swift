import CZlib
import FloorIOData
import Glibc

/// Reads a text file line by line, packed with gzip or plain (zlib tells by itself). One thread at a time.
@safe public final class GzipLines {
  public let path: String
  private let file: gzFile
  private var buffer = [UInt8](repeating: 0, count: 1 << 17)
  private var start = 0
  private var end = 0
  private var isAtEnd = false

  /// Throws `SystemError` when the file cannot be opened.
  public init(path: String) throws {
    self.path = path
    guard let file = unsafe gzopen(path, "rbe") else { throw SystemError("open", errno, path) }
    unsafe self.file = unsafe file
  }

  deinit { unsafe gzclose_r(file) }

  /// The next line without its end, or `nil` after the last. Throws `SystemError` when the file is damaged or cannot be read.
  public func next() throws -> [UInt8]? {
    var line: [UInt8] = []
    while true {
      if let newline = buffer[start..<end].firstIndex(of: 0x0A) {
        line += buffer[start..<newline]
        start = newline + 1
        return line
      }
      line += buffer[start..<end]
      start = 0
      end = 0
      if isAtEnd { return line.isEmpty ? nil : line }
      let count = unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe gzread(file, bytes.baseAddress, UInt32(bytes.count))
      }
      guard count >= 0 else { throw SystemError("gzread", EIO, path) }
      end = Int(count)
      // A cut-off stream reads as an end with an error behind it.
      if count == 0 {
        var code: Int32 = 0
        unsafe gzerror(file, &code)
        guard code == Z_OK || code == Z_STREAM_END else { throw SystemError("gzread", EIO, path) }
        isAtEnd = true
      }
    }
  }
}
