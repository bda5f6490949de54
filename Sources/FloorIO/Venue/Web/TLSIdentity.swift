import COpenSSL
import Glibc

/// What a `WebServer` shows who it is with, and proves it: a certificate chain and its key. TLS 1.2 and later.
@safe public final class TLSIdentity {
  public struct Problem: Error, Hashable, CustomStringConvertible {
    public let description: String
  }

  private let context: OpaquePointer

  /// - Parameters:
  ///   - certificate: a PEM file, the server's certificate first.
  ///   - key: the PEM file of its private key.
  public init(certificate: String, key: String) throws(Problem) {
    // OpenSSL writes without MSG_NOSIGNAL: a client that has gone would end the process.
    _ = signal(SIGPIPE, SIG_IGN)
    guard let context = unsafe SSL_CTX_new(TLS_server_method()) else { throw Self.problem("TLS cannot start") }
    unsafe self.context = unsafe context
    _ = unsafe SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
    // What waits may have moved in memory when it is tried again.
    _ = unsafe SSL_CTX_ctrl(
      context, SSL_CTRL_MODE, Int(SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER), nil)
    guard unsafe SSL_CTX_use_certificate_chain_file(context, certificate) == 1 else {
      throw Self.problem("\(certificate): no certificate in PEM form")
    }
    guard unsafe SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1 else {
      throw Self.problem("\(key): no private key in PEM form that belongs to \(certificate)")
    }
  }

  deinit { unsafe SSL_CTX_free(context) }

  private static func problem(_ text: String) -> Problem {
    let code = ERR_get_error()
    ERR_clear_error()
    guard code != 0, let reason = unsafe ERR_reason_error_string(code) else { return Problem(description: text) }
    return Problem(description: "\(text) (\(unsafe String(cString: reason)))")
  }

  /// The server's side of TLS on a descriptor; `nil` when there is no memory.
  func session(_ descriptor: Int32) -> TLSSession? {
    guard let ssl = unsafe SSL_new(context) else { return nil }
    guard unsafe SSL_set_fd(ssl, descriptor) == 1 else {
      unsafe SSL_free(ssl)
      return nil
    }
    unsafe SSL_set_accept_state(ssl)
    return unsafe TLSSession(ssl)
  }
}

/// One connection's TLS. The handshake happens with the first reading.
@safe final class TLSSession {
  private let ssl: OpaquePointer

  fileprivate init(_ ssl: OpaquePointer) { unsafe self.ssl = unsafe ssl }
  deinit { unsafe SSL_free(ssl) }

  func read(into space: UnsafeMutableBufferPointer<UInt8>) -> WebWire.Outcome {
    ERR_clear_error()
    return outcome(unsafe SSL_read(ssl, space.baseAddress, Int32(clamping: space.count)))
  }

  func write(_ bytes: UnsafeBufferPointer<UInt8>) -> WebWire.Outcome {
    ERR_clear_error()
    return outcome(unsafe SSL_write(ssl, bytes.baseAddress, Int32(clamping: bytes.count)))
  }

  /// Says that nothing more will come.
  func finish() {
    ERR_clear_error()
    // A peer that has gone already does not hear it.
    _ = unsafe SSL_shutdown(ssl)
  }

  private func outcome(_ result: Int32) -> WebWire.Outcome {
    if result > 0 { return .moved(Int(result)) }
    switch unsafe SSL_get_error(ssl, result) {
    case SSL_ERROR_WANT_READ: return .waits(forWriting: false)
    case SSL_ERROR_WANT_WRITE: return .waits(forWriting: true)
    default: return .ended
    }
  }
}
