/// What Redis answers (RESP2).
public enum RedisReply: Hashable, Sendable {
  case null
  case status(String)
  case bytes([UInt8])
  case integer(Int64)
  case array([RedisReply])
  case error(String)

  public var text: String? {
    switch self {
    case .status(let text): text
    case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
    default: nil
    }
  }

  public var payload: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
  public var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
  public var items: [RedisReply]? { if case .array(let items) = self { items } else { nil } }
}
