import Shared

/// How to reach Redis, and who we are there.
public struct RedisSettings: Sendable {
  public enum Address: Hashable, Sendable {
    case socket(String)
    /// A numeric address: the loop never waits for a name.
    case tcp(String, port: Int)
  }
  public var address: Address
  /// The ACL user of the process's role; `nil` stays the default user.
  public var user: String?
  public var password: Secret?
  /// Put before every key and channel; empty for the instance `floor`.
  public var keyPrefix: String
  /// Shown by `CLIENT LIST`: the process's name.
  public var clientName: String
  /// How often each connection is asked whether Redis still answers, and how long it may take.
  public var pingInterval: Duration = .seconds(5)
  public var pingLimit: Duration = .seconds(2)

  public init(
    address: Address, user: String? = nil, password: Secret? = nil, keyPrefix: String = "", clientName: String
  ) {
    self.address = address
    self.user = user
    self.password = password
    self.keyPrefix = keyPrefix
    self.clientName = clientName
  }

  /// From a birth document: `configuration.redis {socket | host, port; user; key_prefix}` and the secret `redis_password`.
  public init(birth: BirthDocument) throws(FloorFailure) {
    let section = birth.configuration["redis"]
    let address: Address
    if let socket = section?["socket"]?.string {
      address = .socket(socket)
    } else if let host = section?["host"]?.string, let port = section?["port"]?.int, (1...65535).contains(port) {
      address = .tcp(host, port: Int(port))
    } else {
      throw FloorFailure(.configuration, "birth document: configuration.redis needs socket, or host and port")
    }
    self.init(
      address: address, user: section?["user"]?.string, password: birth.secrets["redis_password"],
      keyPrefix: section?["key_prefix"]?.string ?? "", clientName: birth.process)
  }
}
