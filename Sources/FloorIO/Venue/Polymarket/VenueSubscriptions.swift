import Shared

/// The messages by which the venue's public streams are subscribed (protocol document, sections 4 and 5.1).
public enum VenueSubscriptions {
  /// Every reference price. Without filters: the only form that always delivers (section 5.1). What is not wanted is dropped by who hears it.
  public static let references: [UInt8] = {
    let topics = ["crypto_prices_chainlink", "crypto_prices_twap_sixty", "crypto_prices_twap_thirty", "crypto_prices"]
    let subscriptions = topics.map { JSON.object([.init("topic", .string($0)), .init("type", "update")]) }
    return JSON.object([.init("action", "subscribe"), .init("subscriptions", .array(subscriptions))]).bytes
  }()

  /// The first message of a market socket.
  public static func first(_ tokens: [TokenID]) -> [UInt8] {
    (["type": "market", "assets_ids": list(tokens), "custom_feature_enabled": true] as JSON).bytes
  }

  /// More tokens on an open market socket: their books are sent.
  public static func subscribe(_ tokens: [TokenID]) -> [UInt8] {
    (["operation": "subscribe", "assets_ids": list(tokens), "custom_feature_enabled": true] as JSON).bytes
  }

  public static func unsubscribe(_ tokens: [TokenID]) -> [UInt8] {
    (["operation": "unsubscribe", "assets_ids": list(tokens)] as JSON).bytes
  }

  private static func list(_ tokens: [TokenID]) -> JSON { .array(tokens.map { .string($0.text) }) }
}
