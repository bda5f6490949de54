import Glibc

/// A system call's failure: which call, on what, and the `errno` read at once after it.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
  public let call: String
  public let number: Int32
  /// The file or address concerned; empty when there is none.
  public let subject: String

  public init(_ call: StaticString, _ number: Int32, _ subject: String = "") {
    self.call = call.description
    self.number = number
    self.subject = subject
  }

  /// Reads `errno`. Call it directly after the failed call.
  static func last(_ call: StaticString, _ subject: String = "") -> SystemError { SystemError(call, errno, subject) }

  public var description: String {
    let words = unsafe String(cString: strerror(number))
    return subject.isEmpty ? "\(call): \(words)" : "\(call) \(subject): \(words)"
  }

  /// May the same call succeed later without anybody changing anything?
  public var retryable: Bool { [EAGAIN, EINTR, EBUSY, ENOBUFS, ENOMEM, EMFILE, ENFILE].contains(number) }
}

/// Repeats a call that a signal interrupted. Returns its last result; `errno` belongs to it.
@inline(__always)
func retryingInterrupts<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result != -1 || errno != EINTR { return result }
  }
}
