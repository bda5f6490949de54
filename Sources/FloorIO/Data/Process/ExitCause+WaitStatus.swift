import CPlat
import Shared

extension ExitCause {
  /// From the status word of `waitpid`.
  init(waitStatus: Int32) {
    if cplat_wifexited(waitStatus) != 0 {
      self = .code(cplat_wexitstatus(waitStatus))
    } else if cplat_wifsignaled(waitStatus) != 0 {
      self = .signal(cplat_wtermsig(waitStatus))
    } else {
      self = .unknown
    }
  }
}
