import CHiredis
import Glibc

/// One hiredis context in non-blocking use: bytes out, replies in. Who waits and who reconnects is `RedisLink`'s business.
@safe final class RedisConnection {
  private let context: UnsafeMutablePointer<redisContext>

  /// - Throws: `BusError` `.away` when the connection is refused at once.
  init(_ address: RedisSettings.Address) throws(BusError) {
    let made: UnsafeMutablePointer<redisContext>? =
      switch address {
      case .socket(let path): unsafe redisConnectUnixNonBlock(path)
      case .tcp(let host, let port): unsafe redisConnectNonBlock(host, Int32(port))
      }
    guard let made = unsafe made else { throw BusError(.away, "hiredis has no memory") }
    // Whole from here on: a throw runs `deinit`, which frees.
    unsafe context = made
    if unsafe context.pointee.err != 0 { throw BusError(.away, message) }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  deinit { unsafe redisFree(context) }

  var descriptor: Int32 { unsafe context.pointee.fd }

  var message: String {
    unsafe withUnsafePointer(to: &context.pointee.errstr) {
      unsafe $0.withMemoryRebound(to: CChar.self, capacity: 128) { unsafe String(cString: $0) }
    }
  }

  /// Formats a command into the output buffer. False when hiredis has no memory.
  func append(_ arguments: [[UInt8]]) -> Bool {
    var pointers: [UnsafePointer<CChar>?] = unsafe []
    var lengths: [Int] = []
    // One flat copy gives every argument an address for the length of the call. Whole arrays at a time: `joined()` goes byte by byte.
    var flat: [UInt8] = []
    flat.reserveCapacity(arguments.reduce(1) { $0 + $1.count })
    for argument in arguments { flat.append(contentsOf: argument) }
    flat.append(0)
    return unsafe flat.withUnsafeBufferPointer { space in
      unsafe space.withMemoryRebound(to: CChar.self) { characters in
        var offset = 0
        for argument in arguments {
          unsafe pointers.append(characters.baseAddress! + offset)
          lengths.append(argument.count)
          offset += argument.count
        }
        return unsafe redisAppendCommandArgv(context, Int32(arguments.count), &pointers, &lengths) == REDIS_OK
      }
    }
  }

  /// `true` when everything left, `false` when the socket must become writable first, `nil` when the connection broke.
  func flush() -> Bool? {
    var done: Int32 = 0
    guard unsafe redisBufferWrite(context, &done) == REDIS_OK else { return nil }
    return done == 1
  }

  /// Takes what the socket has. False when the connection broke.
  func consume() -> Bool { unsafe redisBufferRead(context) == REDIS_OK }

  /// The next whole reply; `nil` when there is none yet.
  func next() throws(BusError) -> RedisReply? {
    var reply: UnsafeMutableRawPointer?
    guard unsafe redisGetReplyFromReader(context, &reply) == REDIS_OK else {
      throw BusError(.connectionLost, message)
    }
    guard let reply = unsafe reply else { return nil }
    defer { unsafe freeReplyObject(reply) }
    return unsafe RedisConnection.copy(reply.assumingMemoryBound(to: redisReply.self))
  }

  private static func copy(_ reply: UnsafeMutablePointer<redisReply>) -> RedisReply {
    let value = unsafe reply.pointee
    func bytes() -> [UInt8] {
      unsafe [UInt8](UnsafeRawBufferPointer(start: value.str, count: value.len))
    }
    switch unsafe value.type {
    case REDIS_REPLY_STRING: return .bytes(bytes())
    case REDIS_REPLY_STATUS: return .status(String(decoding: bytes(), as: UTF8.self))
    case REDIS_REPLY_ERROR: return .error(String(decoding: bytes(), as: UTF8.self))
    case REDIS_REPLY_INTEGER: return unsafe .integer(value.integer)
    case REDIS_REPLY_ARRAY:
      return .array(
        (0..<(unsafe value.elements)).map { index in
          unsafe value.element[index].map { unsafe copy($0) } ?? .null
        })
    default: return .null
    }
  }
}
