import Glibc

exit(runFloorWeb(CommandLine.arguments))
