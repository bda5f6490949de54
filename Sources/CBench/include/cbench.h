// The same work in C, for comparison in the same run: a pair of plain hiredis programs, blocking, the fastest simple form there is.
#pragma once
#include <stdint.h>

/// Publishes `count` messages of `size` bytes, each beginning with its monotonic send time in decimal, one every `interval_ns`, waiting for
/// each reply. 0 on success.
int cbench_bus_publish(const char *socket_path, const char *channel, int count, int size, int64_t interval_ns);

/// Subscribes, writes "ready\n" to `ready_fd`, receives `count` messages and stores how long each was on its way. 0 on success.
int cbench_bus_receive(const char *socket_path, const char *channel, int count, int ready_fd, int64_t *latencies_ns);

/// The market-data half of a two-process bot: reads the venue's ticks from `ws://127.0.0.1:port/ws` and publishes each on channel
/// `ticks`, waiting for each reply. Ends with the connection.
int cbench_path_ingest(int port, const char *redis_socket);

/// The trading half: takes the ticks, runs a small bot's indicators, and posts an order for each that offers at or below 0.45, waiting
/// for each answer. Neither signs nor records anything. Ends with the connection.
int cbench_path_trader(const char *redis_socket, int port);
