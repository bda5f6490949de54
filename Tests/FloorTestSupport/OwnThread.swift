import Dispatch
import Testing

/// Runs a suite's tests on a thread of their own. All other tests share as many threads as there are cores, and one that waits for
/// processes blocks its thread meanwhile: minutes of waiting in one suite would be minutes for all.
public struct OwnThread: SuiteTrait, TestTrait, TestScoping {
  private final class Executor: TaskExecutor {
    private let queue = DispatchQueue(label: "tests on a thread of their own")

    func enqueue(_ job: consuming ExecutorJob) {
      let job = UnownedJob(job)
      let executor = unsafe asUnownedTaskExecutor()
      queue.async { unsafe job.runSynchronously(on: executor) }
    }
  }

  /// One thread for all that share it.
  fileprivate static let turns = OwnThread()

  private let executor = Executor()
  public let isRecursive = true

  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await withTaskExecutorPreference(testCase == nil ? nil : executor, operation: function)
  }
}

extension Trait where Self == OwnThread {
  public static var ownThread: Self { OwnThread() }

  /// As `ownThread`, and one after another: suites that alone keep the machine busy. Together they would show that deadlines of seconds
  /// are missed, and nothing else.
  public static var oneAtATime: Self { OwnThread.turns }
}
