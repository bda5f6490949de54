import Glibc

/// The names in a directory.
public enum DirectoryListing {
  /// Sorted, without `.` and `..`.
  public static func names(in path: String) throws -> [String] {
    guard let handle = unsafe opendir(path) else { throw SystemError.last("opendir", path) }
    defer { unsafe closedir(handle) }
    var names: [String] = []
    while let entry = unsafe readdir(handle) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { space in
        unsafe space.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}
