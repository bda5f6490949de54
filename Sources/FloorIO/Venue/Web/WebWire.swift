import Glibc

/// The bytes of one accepted connection, plain or within TLS. Owns the descriptor.
final class WebWire {
  enum Outcome {
    case moved(Int)
    /// Nothing now. TLS may have to write before it can read.
    case waits(forWriting: Bool)
    /// The peer has gone, or what it says is none of ours.
    case ended
  }

  let descriptor: Int32
  private let session: TLSSession?

  /// `nil` when TLS is wanted and has no memory; the descriptor is closed then.
  init?(_ descriptor: Int32, _ identity: TLSIdentity?) {
    self.descriptor = descriptor
    session = identity?.session(descriptor)
    guard identity == nil || session != nil else {
      Glibc.close(descriptor)
      return nil
    }
  }

  func read(into space: UnsafeMutableBufferPointer<UInt8>) -> Outcome {
    if let session { return unsafe session.read(into: space) }
    let count = unsafe recv(descriptor, space.baseAddress, space.count, 0)
    // Zero is the end of what the peer says: nobody waits for an answer any more.
    return count > 0 ? .moved(count) : count == 0 ? .ended : failed(forWriting: false)
  }

  func write(_ bytes: UnsafeBufferPointer<UInt8>) -> Outcome {
    if let session { return unsafe session.write(bytes) }
    let count = unsafe send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
    return count >= 0 ? .moved(count) : failed(forWriting: true)
  }

  private func failed(forWriting: Bool) -> Outcome {
    errno == EAGAIN || errno == EINTR ? .waits(forWriting: forWriting) : .ended
  }

  /// Says that nothing more will come. `false` when the peer has gone.
  func finish() -> Bool {
    session?.finish()
    return shutdown(descriptor, Int32(SHUT_WR)) == 0
  }

  func close() { Glibc.close(descriptor) }
}
