import FloorIOData
import Foundation
import Shared

/// What was waited for did not come within the deadline.
public struct DeadlinePassed: Error, CustomStringConvertible {
  public let description: String
  public init(description: String) { self.description = description }
}

/// Asks again and again, with short pauses, until the answer is not `nil`; throws `DeadlinePassed` after the deadline. For things that
/// cannot be awaited: another process, a server's state. The calling thread is blocked.
@discardableResult
public func eventually<Value>(
  _ what: String, within deadline: Duration = .seconds(10), _ ask: () throws -> Value?
) throws -> Value {
  let end = SystemClock.monotonic().advanced(by: deadline)
  while true {
    if let value = try ask() { return value }
    if SystemClock.monotonic() > end { throw DeadlinePassed(description: "\(what): not within \(deadline)") }
    Thread.sleep(forTimeInterval: 0.005)
  }
}

/// As `eventually`, until the condition holds.
public func eventuallyTrue(_ what: String, within deadline: Duration = .seconds(10), _ holds: () throws -> Bool) throws
{
  try eventually(what, within: deadline) { try holds() ? true : nil }
}
