import COpenSSL
import Shared

/// OpenSSL's digests, for what is signed on every request and for the book check sums.
public enum Digests {
  public static func hmacSHA256(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
    var out = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    let done = unsafe HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &out, &length)
    // HMAC fails only when memory runs out; going on with zeros would send a wrong signature.
    precondition(unsafe done != nil && length == 32, "HMAC-SHA256 failed")
    return out
  }

  public static func sha1(_ message: [UInt8]) -> [UInt8] {
    var out = [UInt8](repeating: 0, count: 20)
    let done = unsafe SHA1(message, message.count, &out)
    precondition(unsafe done != nil, "SHA-1 failed")
    return out
  }

  /// The venue's check sum of a received book; `nil` when the book lacks one of its ten fields.
  public static func bookHash(_ book: JSON) -> String? { VenueBookHash.input(book).map { Hex.text(sha1($0)) } }
}
