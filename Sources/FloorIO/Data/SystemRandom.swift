import CLinux
import Glibc

/// The kernel's randomness: seeds, boot ids, secrets. Only the shells draw from it; the cores carry a `SeededGenerator`.
public enum SystemRandom {
  public static func bytes(_ count: Int) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let got = unsafe buffer.withUnsafeMutableBytes { space in
        unsafe getrandom(space.baseAddress! + filled, space.count - filled, 0)
      }
      if got < 0 {
        precondition(errno == EINTR, "the kernel gives no randomness")
      } else {
        filled += got
      }
    }
    return buffer
  }

  public static func seed() -> UInt64 { bytes(8).reduce(0) { $0 << 8 | UInt64($1) } }

  /// `count` random bytes as lower-case hex.
  public static func hex(_ count: Int) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes(count).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
