import Glibc

exit(runTraderAgent(CommandLine.arguments))
