// The messages that are not hot are read as a tree.

extension MessageFields {
  /// The tree of a message's bytes.
  static func tree(_ bytes: [UInt8]) throws(MessageError) -> JSON {
    do throws(JSONError) { return try JSON.parse(bytes) } catch { throw .json(error) }
  }
}

extension IntentMessage {
  public var bytes: [UInt8] { json.bytes }
  public init(decoding bytes: [UInt8]) throws(MessageError) { try self.init(MessageFields.tree(bytes)) }
}

extension OrderEventMessage {
  public var bytes: [UInt8] { json.bytes }
  public init(decoding bytes: [UInt8]) throws(MessageError) { try self.init(MessageFields.tree(bytes)) }
}

extension AgentStateMessage {
  public var bytes: [UInt8] { json.bytes }
  public init(decoding bytes: [UInt8]) throws(MessageError) { try self.init(MessageFields.tree(bytes)) }
}
