import FloorIOData
import Glibc

/// The little the boss needs of the file system.
enum Files {
  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Names in a folder, sorted, without the hidden ones.
  static func names(in folder: String) throws -> [String] {
    guard let stream = unsafe opendir(folder) else { throw SystemError("opendir", errno, folder) }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }

  /// Number of the user whose file it is.
  static func owner(of path: String) -> UInt32? {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? status.st_uid : nil
  }

  /// The same place by a path without symbolic links.
  static func resolved(_ path: String) throws -> String {
    guard let found = unsafe realpath(path, nil) else { throw SystemError("realpath", errno, path) }
    defer { unsafe free(found) }
    return unsafe String(cString: found)
  }

  /// Free part of the file system that holds `path`, in millionths of a per cent.
  static func freePercentMicros(_ path: String) throws -> Int64 {
    var status = statvfs()
    guard unsafe statvfs(path, &status) == 0 else { throw SystemError("statvfs", errno, path) }
    guard status.f_blocks > 0 else { return 100_000_000 }
    return Int64(Int128(status.f_bavail) * 100_000_000 / Int128(status.f_blocks))
  }

  /// Where this program's own file is: the other executables stand beside it.
  static func ownFolder() throws -> String {
    var buffer = [CChar](repeating: 0, count: 4097)
    let count = unsafe readlink("/proc/self/exe", &buffer, 4096)
    guard count > 0 else { throw SystemError("readlink", errno, "/proc/self/exe") }
    let path = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // A rebuilt program shows as "(deleted)"; its neighbours are still in the same folder.
    return folder(of: path)
  }
}

extension Files {
  static func hostName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard unsafe gethostname(&buffer, 255) == 0 else { return "localhost" }
    let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    // A colon separates the parts of a lease's holder.
    return String(decoding: bytes, as: UTF8.self).split(separator: ":").joined(separator: "-")
  }
}
