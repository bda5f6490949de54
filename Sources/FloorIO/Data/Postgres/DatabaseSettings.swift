import Shared

/// How to reach PostgreSQL, and what the session promises about waiting.
public struct DatabaseSettings: Sendable {
  /// A directory that holds the server's unix socket, or a host name.
  public var host: String
  public var port: Int
  public var database: String
  public var user: String
  public var password: Secret?
  /// Shown in `pg_stat_activity`: the process's name.
  public var applicationName: String
  /// The server gives up on a statement after this long, so that its outcome is known before the client's deadline.
  public var statementTimeout: Duration
  public var lockTimeout: Duration
  public var idleInTransactionTimeout: Duration

  public init(
    host: String, port: Int = 5432, database: String = "polybot", user: String, password: Secret? = nil,
    applicationName: String, statementTimeout: Duration = .milliseconds(2500), lockTimeout: Duration = .seconds(1),
    idleInTransactionTimeout: Duration = .seconds(5)
  ) {
    self.host = host
    self.port = port
    self.database = database
    self.user = user
    self.password = password
    self.applicationName = applicationName
    self.statementTimeout = statementTimeout
    self.lockTimeout = lockTimeout
    self.idleInTransactionTimeout = idleInTransactionTimeout
  }

  /// From a birth document: `configuration.database {host, port, name, user}` and the secret `database_password`.
  public init(birth: BirthDocument) throws(FloorFailure) {
    let section = birth.configuration["database"]
    guard let host = section?["host"]?.string, let user = section?["user"]?.string,
      let name = section?["name"]?.string, let port = section?["port"]?.int, (1...65535).contains(port)
    else {
      throw FloorFailure(.configuration, "birth document: configuration.database needs host, port, name and user")
    }
    self.init(
      host: host, port: Int(port), database: name, user: user, password: birth.secrets["database_password"],
      applicationName: birth.process)
  }

  /// libpq's keywords and values. The password is revealed here and nowhere else.
  var parameters: [(String, String)] {
    // Our questions are short: compiling one costs more than answering it (80 ms of a gateway's start).
    let options =
      "-c statement_timeout=\(statementTimeout.milliseconds) -c lock_timeout=\(lockTimeout.milliseconds) "
      + "-c idle_in_transaction_session_timeout=\(idleInTransactionTimeout.milliseconds) -c jit=off"
    var list = [
      ("host", host), ("port", String(port)), ("dbname", database), ("user", user),
      ("application_name", applicationName), ("fallback_application_name", applicationName),
      ("client_encoding", "UTF8"), ("options", options + " -c datestyle=ISO -c timezone=UTC"),
      // Nothing may come from the environment or the home directory of whoever started the floor.
      ("passfile", "/dev/null/none"), ("sslmode", host.hasPrefix("/") ? "disable" : "prefer"),
      ("gssencmode", "disable"),
    ]
    if let password { list.append(("password", password.reveal())) }
    return list
  }
}
