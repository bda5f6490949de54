import Testing

extension Trait where Self == TimeLimitTrait {
  /// Ends a test that hangs. Far above what any takes: a test's time counts from its start, and on a busy machine it then waits minutes for
  /// one of the few threads that all tests share.
  public static var hangLimit: Self { .timeLimit(.minutes(15)) }
}
