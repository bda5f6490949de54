import Glibc

exit(runFloorBench(CommandLine.arguments))
