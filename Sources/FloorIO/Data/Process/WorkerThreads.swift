import Glibc

/// Work that fills all cores: the same body on several threads, and the caller waits for all of them.
public enum WorkerThreads {
  private final class Errand: Sendable {
    let index: Int
    let body: @Sendable (Int) -> Void

    init(_ index: Int, _ body: @escaping @Sendable (Int) -> Void) {
      self.index = index
      self.body = body
    }
  }

  /// Cores that this process may use.
  public static var cores: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

  /// Calls `body(0)` … `body(count - 1)`, each on a thread of its own, the last on the caller's. Returns when all have returned.
  ///
  /// Throws `SystemError` when a thread cannot be made; those already begun are waited for first.
  public static func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) throws {
    var threads: [pthread_t] = []
    defer { for thread in threads { pthread_join(thread, nil) } }
    for index in 0..<max(0, count - 1) {
      let errand = unsafe Unmanaged.passRetained(Errand(index, body))
      var thread = pthread_t()
      let status = unsafe pthread_create(
        &thread, nil,
        { argument in
          guard let argument = unsafe argument else { return nil }
          let errand = unsafe Unmanaged<Errand>.fromOpaque(argument).takeRetainedValue()
          errand.body(errand.index)
          return nil
        }, unsafe errand.toOpaque())
      guard status == 0 else {
        unsafe errand.release()
        throw SystemError("pthread_create", status, "worker \(index)")
      }
      threads.append(thread)
    }
    if count > 0 { body(count - 1) }
  }
}
