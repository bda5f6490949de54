#include "cbench.h"

#include <secp256k1.h>
#include <secp256k1_recovery.h>
#include <string.h>
#include <time.h>

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int cbench_sign(const uint8_t *key, int count, uint8_t *last, int64_t *taken_ns) {
  secp256k1_context *context = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
  if (!context) return 1;
  int status = 0;
  int64_t start = now_ns();
  for (int i = 0; i < count && !status; i++) {
    uint8_t digest[32] = {0};
    memcpy(digest, &i, sizeof i);
    secp256k1_ecdsa_recoverable_signature signature;
    int recovery = 0;
    if (!secp256k1_ecdsa_sign_recoverable(context, &signature, digest, key, NULL, NULL)) status = 1;
    secp256k1_ecdsa_recoverable_signature_serialize_compact(context, last, &recovery, &signature);
    last[64] = (uint8_t)(27 + recovery);
  }
  *taken_ns = now_ns() - start;
  secp256k1_context_destroy(context);
  return status;
}
