import FloorIOData
import Foundation
import Shared
import Synchronization

/// A private PostgreSQL and Redis for this test process: started at the first use by `scripts/lib/test-servers`, stopped and removed when
/// this process ends, however it ends. Unix sockets only; Redis with the floor's ACL.
public final class TestServers: Sendable {
  /// The servers of this process. Throws the same error to every test when they cannot be started.
  public static func shared() throws -> TestServers { try started.get() }

  private static let started = Result { try TestServers(durable: false) }

  /// Servers of one test alone, which may end them and start them again; stopped with this value.
  ///
  /// - Parameter durable: PostgreSQL waits for the disk, as a floor's does.
  public static func own(durable: Bool) throws -> TestServers { try TestServers(durable: durable) }

  /// Holds the sockets of both servers.
  public let runDirectory: String
  public let stateDirectory: String
  /// Kept open: its end of file is what stops the servers. Orders go there, too.
  private let lifeline: FileHandle
  private let answers: FileHandle
  private let secrets: [String: String]
  private let nextDatabase = Mutex(1)
  private let template = Mutex(false)

  private init(durable: Bool) throws {
    // The Redis client writes without MSG_NOSIGNAL: a server that has just ended would end the tests, without a word.
    _ = signal(SIGPIPE, SIG_IGN)
    let child = Process()
    child.executableURL = URL(filePath: "/bin/bash")
    child.arguments = [
      Repository.root + "/scripts/lib/test-servers", String(ProcessInfo.processInfo.processIdentifier),
    ]
    if durable { child.environment = ProcessInfo.processInfo.environment.merging(["SERVERS_DURABLE": "yes"]) { $1 } }
    let input = Pipe()
    let output = Pipe()
    child.standardInput = input
    child.standardOutput = output
    try child.run()
    lifeline = input.fileHandleForWriting
    answers = output.fileHandleForReading
    let words = try TestServers.line(of: answers).split(separator: " ").map(String.init)
    guard words.count == 3, words[0] == "ready" else {
      throw TestServersError("scripts/lib/test-servers did not start the servers: \(words.joined(separator: " "))")
    }
    runDirectory = words[1]
    stateDirectory = words[2]
    secrets = try TestServers.readSecrets(stateDirectory + "/etc/secrets.yaml")
  }

  /// What can be done to servers of one's own. Each has ended and is there again when the call returns.
  public enum Restart: String, Sendable, CaseIterable {
    /// PostgreSQL ends at once, without a checkpoint, and recovers from its log at the start.
    case databaseCrash = "database-crash"
    /// Sessions are ended, nothing more.
    case databaseRestart = "database-restart"
    /// Redis ends; nothing of what it held is there again.
    case redisRestart = "redis-restart"
  }

  public func perform(_ restart: Restart) throws {
    try lifeline.write(contentsOf: Data((restart.rawValue + "\n").utf8))
    let answer = try TestServers.line(of: answers)
    guard answer == "done" else { throw TestServersError("\(restart.rawValue): \(answer)") }
  }

  private static func line(of file: FileHandle) throws -> String {
    var line: [UInt8] = []
    while let byte = try file.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") { line.append(byte) }
    return String(decoding: line, as: UTF8.self)
  }

  public var redisSocket: String { runDirectory + "/redis.sock" }

  /// The password of a bus role (`agent`, `gateway`, …).
  public func busPassword(_ role: String) -> Secret { Secret(secrets["bus_" + role] ?? "") }

  /// The password of a database role (`floor_gateway`, …).
  public func databasePassword(_ role: String) -> Secret { Secret(secrets["database_" + role] ?? "") }

  /// A fresh database with the whole schema.
  public func database() throws -> TestDatabase {
    try migrateTemplate()
    let number = nextDatabase.withLock { number in
      defer { number += 1 }
      return number
    }
    let name = "test_\(number)"
    let administrator = try BlockingDatabase(administrator(database: "postgres"), timeout: .seconds(30))
    try administrator.execute(script: "CREATE DATABASE \(name) TEMPLATE floor_template")
    return TestDatabase(servers: self, name: name)
  }

  /// An empty database without the schema: for the migrator's own tests.
  public func emptyDatabase() throws -> TestDatabase {
    let number = nextDatabase.withLock { number in
      defer { number += 1 }
      return number
    }
    let administrator = try BlockingDatabase(administrator(database: "postgres"), timeout: .seconds(30))
    try administrator.execute(script: "CREATE DATABASE test_\(number)")
    return TestDatabase(servers: self, name: "test_\(number)")
  }

  /// How the superuser logs in.
  /// - Parameter patience: how long one question may take.
  public func administrator(database: String, patience: Duration = .seconds(30)) -> DatabaseSettings {
    DatabaseSettings(
      host: runDirectory, database: database, user: "floor_admin", applicationName: "tests",
      statementTimeout: patience, lockTimeout: .seconds(10))
  }

  private func migrateTemplate() throws {
    try template.withLock { isReady in
      if isReady { return }
      try BlockingDatabase(administrator(database: "postgres"), timeout: .seconds(30))
        .execute(script: "CREATE DATABASE floor_template")
      let database = try BlockingDatabase(administrator(database: "floor_template"), timeout: .seconds(30))
      let migrator = try Migrator(database: database, root: Repository.root)
      try migrator.migrate()
      let roles = secrets.filter { $0.key.hasPrefix("database_") }
      try migrator.setPasswords(
        Dictionary(uniqueKeysWithValues: roles.map { (String($0.key.dropFirst(9)), Secret($0.value)) }))
      isReady = true
    }
  }

  private static func readSecrets(_ path: String) throws -> [String: String] {
    var secrets: [String: String] = [:]
    for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") where !line.hasPrefix("#") {
      let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      if parts.count == 2 { secrets[parts[0]] = parts[1] }
    }
    return secrets
  }
}

/// The servers did not come up; the text says what was heard instead.
public struct TestServersError: Error, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}
