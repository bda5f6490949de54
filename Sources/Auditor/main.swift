import Glibc

exit(runAuditor(CommandLine.arguments))
