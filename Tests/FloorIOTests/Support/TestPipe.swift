import CPlat
import Glibc

/// A pipe that closes itself.
final class TestPipe {
  var read: Int32
  var write: Int32
  init() {
    var ends: [Int32] = [0, 0]
    let result = unsafe cplat_pipe_cloexec(&ends)
    precondition(result == 0)
    (read, write) = (ends[0], ends[1])
  }
  func send(_ text: String) {
    let bytes = Array(text.utf8)
    let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(write, $0.baseAddress!, $0.count) }
    precondition(count == bytes.count)
  }
  func closeWrite() {
    if write >= 0 { close(write) }
    write = -1
  }
  deinit {
    close(read)
    closeWrite()
  }
}
