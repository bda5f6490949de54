// The same work in C, for comparison in the same run: plain hiredis programs, blocking, the fastest simple
// form there is; the fastest reader of JSON that Debian has; libsecp256k1 as it stands.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

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

/// Reads `count` frames of the market channel that stand behind each other in `text` with simdjson (its tree, or On-Demand) and sums every
/// price, size and best price in 10^-6. `capacity` counts from `text`, with at least 64 readable bytes behind the last frame. 0 on success;
/// CBENCH_NO_SIMDJSON where the program was built without it.
#define CBENCH_NO_SIMDJSON (-2)
int cbench_json(
    const uint8_t *text, size_t capacity, const size_t *lengths, int count, int on_demand, int64_t *sum, int64_t *taken_ns);

/// Signs `count` digests (the number in its first four bytes) with libsecp256k1; the last signature, r, s and v, goes to `last` (65 bytes).
/// 0 on success.
int cbench_sign(const uint8_t *key, int count, uint8_t *last, int64_t *taken_ns);

/// How often this thread has asked the allocator for memory.
uint64_t cbench_allocations(void);

#ifdef __cplusplus
}
#endif
