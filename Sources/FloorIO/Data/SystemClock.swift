import CLinux
import Glibc
import Shared

/// The machine's clocks. Only the shells read them; the cores are told the time.
public enum SystemClock {
  public static func wall() -> WallTime { WallTime(nanoseconds: read(CLOCK_REALTIME)) }
  public static func monotonic() -> MonotonicTime { MonotonicTime(nanoseconds: read(CLOCK_MONOTONIC)) }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    let result = unsafe clock_gettime(clock, &time)
    precondition(result == 0, "the machine has no such clock")
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
