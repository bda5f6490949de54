import Glibc

/// A directory of its own under the system's temporary directory, removed with everything in it at the end.
final class ScratchDirectory {
  let path: String
  init() {
    var template = Array("/tmp/pf-XXXXXX".utf8CString)
    let made = unsafe template.withUnsafeMutableBufferPointer { unsafe mkdtemp($0.baseAddress!) }
    precondition(unsafe made != nil)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { ScratchDirectory.remove(path) }

  private static func remove(_ path: String) {
    if let directory = unsafe opendir(path) {
      while let entry = unsafe readdir(directory) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
          unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
        }
        if name != "." && name != ".." { remove(path + "/" + name) }
      }
      _ = unsafe closedir(directory)
      _ = unsafe rmdir(path)
    } else {
      _ = unsafe unlink(path)
    }
  }

  func read(_ name: String) -> String? {
    let fd = unsafe open(path + "/" + name, O_RDONLY | O_CLOEXEC)
    guard fd >= 0 else { return nil }
    defer { close(fd) }
    var out: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(fd, $0.baseAddress!, $0.count) }
      if count <= 0 { break }
      out.append(contentsOf: chunk[..<count])
    }
    return String(decoding: out, as: UTF8.self)
  }
}
