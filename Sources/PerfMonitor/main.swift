import Glibc

exit(runPerfMonitor(CommandLine.arguments))
