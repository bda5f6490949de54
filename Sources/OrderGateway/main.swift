import Glibc

exit(runOrderGateway(CommandLine.arguments))
