import Glibc

exit(runSimVenue(CommandLine.arguments))
