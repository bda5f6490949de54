import Shared

@testable import FloorIOData

/// Ends a private server and removes its directory when this test process ends, however it ends: a shell waits for the end of its lifeline.
final class ServerReaper {
  private let loop: EventLoop
  private let child: ChildProcess

  init(directory: String) throws {
    loop = try EventLoop()
    // Only servers that were started with this directory on their command line, whichever of them lives at the end.
    let script = """
      cat <&3 >/dev/null
      end() {
        for process in /proc/[0-9]*; do
          case "$(cat "$process/comm" 2>/dev/null)" in postgres | redis-server) ;; *) continue ;; esac
          if tr '\\0' ' ' <"$process/cmdline" 2>/dev/null | grep -qF "$2"; then kill "-$1" "${process#/proc/}" && found=yes; fi
        done
      }
      found=no
      end QUIT "$1"
      end CONT "$1"
      if [ $found = yes ]; then sleep 2; fi
      end KILL "$1"
      rm -rf -- "$1"
      """
    let birth = BirthDocument(
      process: "reaper", stateDirectory: "/", runDirectory: "/", epoch: Epoch(1), boot: "b", lifeline: true)
    child = try ChildProcess.spawn(
      ChildSpecification(
        executable: "/bin/sh", arguments: ["-c", script, "reaper", directory], birth: birth),
      on: loop
    ) { _ in }
  }

  deinit { child.closeLifeline() }
}
