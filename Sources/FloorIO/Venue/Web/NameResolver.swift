import CPlat
import FloorIOData
import Glibc
import Shared

/// Looks host names up on a thread of its own, so that a name server that does not answer holds nobody: `getaddrinfo` may take half a
/// minute, and a loop that stands still for three seconds is taken for dead.
@safe enum NameResolver {
  struct Failure: Error, Hashable, CustomStringConvertible {
    let description: String
  }

  /// Whether it is an address already.
  static func isNumeric(_ host: String) -> Bool {
    var space = (UInt64(0), UInt64(0))
    let isFour = unsafe inet_pton(AF_INET, host, &space) == 1
    let isSix = unsafe inet_pton(AF_INET6, host, &space) == 1
    return isFour || isSix
  }

  /// Answers on the loop, once, with a numeric address (of version 4 where there is one). A lookup cannot be called off: whoever does not
  /// want the answer any more ignores it.
  static func resolve(_ host: String, on loop: EventLoop, _ done: @escaping (Result<String, Failure>) -> Void) {
    var ends: [Int32] = [-1, -1]
    guard unsafe cplat_pipe_cloexec(&ends) == 0 else {
      return answer(.failure(Failure(description: "no pipe (error \(errno))")), loop, done)
    }
    let (reading, writing) = (ends[0], ends[1])
    var watch: WatchID?
    func finish(_ result: Result<String, Failure>) {
      watch.map(loop.unwatch)
      watch = nil
      Glibc.close(reading)
      done(result)
    }
    do {
      // The thread writes its answer, shorter than what a pipe takes whole, and closes its end.
      watch = try loop.watch(reading, read: true, write: false) { _ in
        let text = read(reading)
        finish(text.hasPrefix("!") ? .failure(Failure(description: String(text.dropFirst()))) : .success(text))
      }
    } catch {
      Glibc.close(reading)
      Glibc.close(writing)
      return answer(.failure(Failure(description: "\(error)")), loop, done)
    }
    let errand = Errand(host: host, writing: writing)
    var thread = pthread_t()
    let status = unsafe pthread_create(
      &thread, nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        unsafe Unmanaged<Errand>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, Unmanaged.passRetained(errand).toOpaque())
    guard status == 0 else {
      watch.map(loop.unwatch)
      Glibc.close(reading)
      Glibc.close(writing)
      return answer(.failure(Failure(description: "no thread (error \(status))")), loop, done)
    }
    pthread_detach(thread)
  }

  private static func answer(
    _ result: Result<String, Failure>, _ loop: EventLoop, _ done: @escaping (Result<String, Failure>) -> Void
  ) {
    loop.after(.zero) { done(result) }
  }

  private static func read(_ descriptor: Int32) -> String {
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 256)
    while bytes.count < 1024 {
      let count = unsafe Glibc.read(descriptor, &part, part.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += part.prefix(count)
    }
    return bytes.isEmpty ? "!no answer" : String(decoding: bytes, as: UTF8.self)
  }

  /// What the thread is given, and all it touches.
  private final class Errand: Sendable {
    private let host: String
    private let writing: Int32

    init(host: String, writing: Int32) {
      self.host = host
      self.writing = writing
    }

    func run() {
      let text = Array(lookUp().utf8)
      _ = unsafe Glibc.write(writing, text, text.count)
      Glibc.close(writing)
    }

    private func lookUp() -> String {
      var hints = unsafe addrinfo()
      unsafe hints.ai_family = AF_UNSPEC
      unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
      unsafe hints.ai_flags = AI_ADDRCONFIG
      var list: UnsafeMutablePointer<addrinfo>?
      let status = unsafe getaddrinfo(host, nil, &hints, &list)
      guard status == 0 else { return unsafe "!" + String(cString: gai_strerror(status)) }
      defer { unsafe freeaddrinfo(list) }
      var found: [Int32: String] = [:]
      var next = unsafe list
      while let entry = unsafe next {
        var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let family = unsafe entry.pointee.ai_family
        if unsafe getnameinfo(
          entry.pointee.ai_addr, entry.pointee.ai_addrlen, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST) == 0,
          found[family] == nil
        {
          found[family] = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
        unsafe next = entry.pointee.ai_next
      }
      return found[AF_INET] ?? found[AF_INET6] ?? "!no address"
    }
  }
}
