import Glibc

exit(runMarketFeed(CommandLine.arguments))
