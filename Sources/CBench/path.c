#define _GNU_SOURCE
#include "cbench.h"

#include <arpa/inet.h>
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int dial(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
  struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || connect(fd, (struct sockaddr *)&name, sizeof name) != 0) return -1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

static int put(int fd, const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t done = send(fd, bytes, count, MSG_NOSIGNAL);
    if (done <= 0) return 1;
    bytes += done;
    count -= (size_t)done;
  }
  return 0;
}

// The text after `key` up to the next quote, comma or brace; the first occurrence counts.
static int field(const char *text, size_t length, const char *key, char *out, size_t room) {
  const char *at = memmem(text, length, key, strlen(key));
  if (!at) return 1;
  at += strlen(key);
  size_t count = 0;
  while (at + count < text + length && !strchr("\",}", at[count]) && count + 1 < room) count++;
  memcpy(out, at, count);
  out[count] = 0;
  return 0;
}

static int publish_tick(redisContext *redis, const char *text, size_t length) {
  char token[128], bid[16], ask[16], stamp[32], sent[32], out[512];
  if (field(text, length, "\"asset_id\":\"", token, sizeof token) || field(text, length, "\"best_bid\":\"", bid, sizeof bid) ||
      field(text, length, "\"best_ask\":\"", ask, sizeof ask) || field(text, length, "\"timestamp\":\"", stamp, sizeof stamp) ||
      field(text, length, "\"t\":", sent, sizeof sent))
    return 0;
  int count = snprintf(out, sizeof out, "{\"asset\":\"%s\",\"bid\":%s,\"ask\":%s,\"ts\":\"%s\",\"t\":%s}", token, bid, ask, stamp, sent);
  redisReply *reply = redisCommand(redis, "PUBLISH ticks %b", out, (size_t)count);
  if (!reply) return 1;
  freeReplyObject(reply);
  return 0;
}

int cbench_path_ingest(int port, const char *redis_socket) {
  redisContext *redis = redisConnectUnix(redis_socket);
  int fd = dial(port);
  if (!redis || redis->err || fd < 0) return 1;
  static const char hello[] =
      "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  if (put(fd, hello, sizeof hello - 1)) return 1;
  static char buffer[1 << 20];
  size_t filled = 0;
  int isOpen = 0;
  for (;;) {
    ssize_t got = read(fd, buffer + filled, sizeof buffer - filled);
    if (got <= 0) return 0;
    filled += (size_t)got;
    size_t at = 0;
    if (!isOpen) {
      char *end = memmem(buffer, filled, "\r\n\r\n", 4);
      if (!end) continue;
      at = (size_t)(end + 4 - buffer);
      isOpen = 1;
      if (put(fd, "\x81\x82\0\0\0\0{}", 8)) return 1;
    }
    while (filled - at >= 4) {
      size_t head = 2, length = (uint8_t)buffer[at + 1] & 127;
      if (length == 126) {
        length = (size_t)(uint8_t)buffer[at + 2] << 8 | (uint8_t)buffer[at + 3];
        head = 4;
      }
      if (filled - at < head + length) break;
      if ((buffer[at] & 15) == 8) return 0;
      if ((buffer[at] & 15) == 1 && publish_tick(redis, buffer + at + head, length)) return 1;
      at += head + length;
    }
    memmove(buffer, buffer + at, filled -= at);
  }
}

// The indicators of a small bot: moving mean and variance, cumulative sums of the deviation.
static double mean, variance, up, down;
static long seen;

static int wants(double bid, double ask) {
  double mid = (bid + ask) * 0.5, distance = mid - mean;
  if (seen == 0) mean = mid, distance = 0;
  if (seen >= 20) {
    double deviation = sqrt(variance), z = distance / (deviation > 0.001 ? deviation : 0.001);
    up = fmax(0, up + z - 0.5);
    down = fmax(0, down - z - 0.5);
  }
  mean += 2.0 / 21 * distance;
  variance = (1 - 2.0 / 21) * (variance + 2.0 / 21 * distance * distance);
  seen++;
  return ask <= 0.45;
}

int cbench_path_trader(const char *redis_socket, int port) {
  redisContext *redis = redisConnectUnix(redis_socket);
  int fd = dial(port);
  if (!redis || redis->err || fd < 0) return 1;
  redisReply *reply = redisCommand(redis, "SUBSCRIBE ticks");
  if (!reply) return 1;
  freeReplyObject(reply);
  void *message = NULL;
  while (redisGetReply(redis, &message) == REDIS_OK) {
    reply = message;
    const char *text = reply->element[2]->str;
    size_t length = reply->element[2]->len;
    char token[128], bid[32], ask[32], sent[32], body[384], request[768];
    if (!field(text, length, "\"asset\":\"", token, sizeof token) && !field(text, length, "\"bid\":", bid, sizeof bid) &&
        !field(text, length, "\"ask\":", ask, sizeof ask) && !field(text, length, "\"t\":", sent, sizeof sent) &&
        wants(strtod(bid, NULL), strtod(ask, NULL))) {
      int size = snprintf(body, sizeof body, "{\"asset\":\"%s\",\"price\":%s,\"size\":10,\"side\":\"BUY\",\"t\":%s}", token, ask, sent);
      int count = snprintf(
          request, sizeof request,
          "POST /order HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", size, body);
      if (put(fd, request, (size_t)count) || read(fd, request, sizeof request) <= 0) return 1;
    }
    freeReplyObject(reply);
  }
  return 0;
}
