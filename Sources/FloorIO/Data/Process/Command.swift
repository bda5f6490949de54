import CPlat
import Glibc
import Shared

/// Runs another program to its end and takes what it prints: for the operator's commands and for tests.
public enum Command {
  public struct Output: Sendable {
    public let status: ExitCause
    /// Standard output and error together, at most a megabyte.
    public let text: String
    public var succeeded: Bool { status == .code(0) }
  }

  static let outputMax = 1 << 20

  /// - Throws: `SystemError` when it cannot start, `ETIME` when it did not end by the deadline (it is killed then).
  public static func run(
    _ executable: String, _ arguments: [String],
    environment: [String: String] = ChildSpecification.allowedEnvironment(),
    workingDirectory: String = "/", timeout: Duration
  ) throws -> Output {
    let loop = try EventLoop()
    var ends: [Int32] = [-1, -1]
    guard unsafe cplat_pipe_cloexec(&ends) == 0 else { throw SystemError.last("pipe2") }
    let readEnd = ends[0]
    var writeEnd = ends[1]
    defer {
      close(readEnd)
      if writeEnd >= 0 { close(writeEnd) }
    }
    _ = fcntl(readEnd, F_SETFL, O_NONBLOCK)
    var output: [UInt8] = []
    var status: ExitCause?
    let specification = ChildSpecification(
      executable: executable, arguments: arguments, environment: environment, workingDirectory: workingDirectory,
      output: .descriptor(writeEnd))
    let child = try ChildProcess.spawn(specification, on: loop) { status = $0 }
    close(writeEnd)
    writeEnd = -1
    var chunk = [UInt8](repeating: 0, count: 65536)
    /// False at the end of the output. What it leaves running in the background may hold the pipe open: the process's end counts.
    func take() -> Bool {
      while true {
        let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(readEnd, $0.baseAddress!, $0.count) }
        if count <= 0 { return count < 0 && (errno == EAGAIN || errno == EINTR) }
        output.append(contentsOf: chunk[..<min(count, max(0, outputMax - output.count))])
      }
    }
    var watch: WatchID?
    watch = try loop.watch(readEnd, read: true, write: false) { _ in
      if !take(), let ended = watch { loop.unwatch(ended) }
    }
    guard try loop.turn(until: { status != nil }, limit: timeout), let status else {
      child.kill()
      _ = try loop.turn(until: { status != nil }, limit: .seconds(5))
      throw SystemError("run", ETIME, executable)
    }
    _ = take()
    return Output(status: status, text: String(decoding: output, as: UTF8.self))
  }
}
