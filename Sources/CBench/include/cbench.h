// The same work in C, for comparison in the same run: a pair of plain hiredis programs, blocking, the fastest simple form there is.
#pragma once
#include <stdint.h>

/// Publishes `count` messages of `size` bytes, each beginning with its monotonic send time in decimal, one every `interval_ns`, waiting for
/// each reply. 0 on success.
int cbench_bus_publish(const char *socket_path, const char *channel, int count, int size, int64_t interval_ns);

/// Subscribes, writes "ready\n" to `ready_fd`, receives `count` messages and stores how long each was on its way. 0 on success.
int cbench_bus_receive(const char *socket_path, const char *channel, int count, int ready_fd, int64_t *latencies_ns);
