import Glibc

exit(runFloorBoss(CommandLine.arguments))
