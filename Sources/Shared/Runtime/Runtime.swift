// Runtime: what a process needs to run that is not trading: JSON, configuration, log lines, backoff, circuit breakers, secrets, file
// formats. Pure: bytes, time and chance come in as arguments. Uses Values.
