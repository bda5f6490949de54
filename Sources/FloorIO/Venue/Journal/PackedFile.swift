import CZstd
import FloorIOData
import Shared

/// Whole files that fit in memory, packed with zstd, with its check sum.
enum PackedFile {
  static func pack(_ bytes: [UInt8]) throws -> [UInt8] {
    guard let context = unsafe ZSTD_createCCtx() else { preconditionFailure("zstd has no memory") }
    defer { unsafe ZSTD_freeCCtx(context) }
    _ = unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
    var out = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
    let count = unsafe out.withUnsafeMutableBytes { target in
      unsafe bytes.withUnsafeBytes { source in
        unsafe ZSTD_compress2(context, target.baseAddress, target.count, source.baseAddress, source.count)
      }
    }
    guard ZSTD_isError(count) == 0 else { throw FloorFailure(.broken, "zstd: \(reason(count))") }
    out.removeLast(out.count - count)
    return out
  }

  /// Throws what is wrong with a damaged file, or one that would be larger than `bytesMax`.
  static func unpack(_ bytes: [UInt8], bytesMax: Int) throws -> [UInt8] {
    let size = unsafe bytes.withUnsafeBytes { unsafe ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
    guard size <= UInt64(bytesMax) else { throw FloorFailure(.refused, "not packed by the floor, or damaged") }
    var out = [UInt8](repeating: 0, count: Int(size))
    let count = unsafe out.withUnsafeMutableBytes { target in
      unsafe bytes.withUnsafeBytes { source in
        unsafe ZSTD_decompress(target.baseAddress, target.count, source.baseAddress, source.count)
      }
    }
    guard ZSTD_isError(count) == 0 else { throw FloorFailure(.refused, "damaged: \(reason(count))") }
    guard count == out.count else { throw FloorFailure(.refused, "damaged: shorter than it says") }
    return out
  }

  private static func reason(_ code: Int) -> String { unsafe String(cString: ZSTD_getErrorName(code)) }
}
