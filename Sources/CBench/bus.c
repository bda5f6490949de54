#define _GNU_SOURCE
#include "cbench.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int cbench_bus_publish(const char *socket_path, const char *channel, int count, int size, int64_t interval_ns) {
  redisContext *c = redisConnectUnix(socket_path);
  if (!c || c->err) return 1;
  char *message = malloc((size_t)size + 1);
  if (!message) return 1;
  memset(message, 'x', (size_t)size);
  int64_t due = now_ns();
  for (int i = 0; i < count; i++) {
    due += interval_ns;
    struct timespec until = {due / 1000000000, due % 1000000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0) {}
    int written = snprintf(message, (size_t)size, "%019" PRId64, now_ns());
    message[written] = 'x';
    const char *argv[3] = {"PUBLISH", channel, message};
    size_t lengths[3] = {7, strlen(channel), (size_t)size};
    redisReply *reply = redisCommandArgv(c, 3, argv, lengths);
    if (!reply) return 1;
    freeReplyObject(reply);
  }
  free(message);
  redisFree(c);
  return 0;
}

int cbench_bus_receive(const char *socket_path, const char *channel, int count, int ready_fd, int64_t *latencies_ns) {
  redisContext *c = redisConnectUnix(socket_path);
  if (!c || c->err) return 1;
  redisReply *reply = redisCommand(c, "SUBSCRIBE %s", channel);
  if (!reply) return 1;
  freeReplyObject(reply);
  if (write(ready_fd, "ready\n", 6) != 6) return 1;
  for (int i = 0; i < count; i++) {
    void *message = NULL;
    if (redisGetReply(c, &message) != REDIS_OK) return 1;
    reply = message;
    latencies_ns[i] = now_ns() - strtoll(reply->element[2]->str, NULL, 10);
    freeReplyObject(reply);
  }
  redisFree(c);
  return 0;
}
