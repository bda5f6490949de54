import Glibc

exit(runFloorCLI(CommandLine.arguments))
