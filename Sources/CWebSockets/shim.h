#pragma once
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// LWS_PRE is a macro expression that the importer does not show: free bytes that lws_write needs before the payload.
enum { SHIM_LWS_PRE = LWS_PRE };

// A protocol list of one. lws keeps the pointer, so it lives until the context is gone; the caller frees it then.
static inline struct lws_protocols *shim_lws_protocol(const char *name, lws_callback_function *callback) {
  struct lws_protocols *list = (struct lws_protocols *)calloc(2, sizeof *list);
  if (list) {
    list[0].name = name;
    list[0].callback = callback;
  }
  return list;
}

// The creation structs are filled here because their members depend on build options and hold macros the importer leaves out.
// No extensions: permessage-deflate stays off. The descriptor table follows the process's limit up to 65,536, beyond that lws would
// allocate it in vain and searches a small table instead.
static inline struct lws_context *shim_lws_context(void *user, int tls) {
  struct lws_context_creation_info info;
  memset(&info, 0, sizeof info);
  info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
  if (tls) info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  info.user = user;
  info.gid = (gid_t)-1;
  info.uid = (uid_t)-1;
  info.max_http_header_data = 8192;
  if (sysconf(_SC_OPEN_MAX) > 65536) info.fd_limit_per_thread = 4096;
  return lws_create_context(&info);
}

// A vhost for outgoing connections and adopted descriptors. `authorities` (a PEM file) is set only when TLS is wanted.
static inline struct lws_vhost *shim_lws_client(struct lws_context *context, const struct lws_protocols *protocols,
                                                const char *authorities) {
  struct lws_context_creation_info info;
  memset(&info, 0, sizeof info);
  info.vhost_name = "client";
  info.protocols = protocols;
  info.port = CONTEXT_PORT_NO_LISTEN;
  info.timeout_secs = 10;
  if (authorities) {
    info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    info.client_ssl_ca_filepath = authorities;
  }
  return lws_create_vhost(context, &info);
}

// lws takes a union by value, which the importer makes awkward.
static inline struct lws *shim_lws_adopt_file(struct lws_vhost *vhost, int fd, const char *protocol) {
  lws_sock_file_fd_type which;
  which.filefd = fd;
  return lws_adopt_descriptor_vhost(vhost, LWS_ADOPT_RAW_FILE_DESC, which, protocol, NULL);
}

static inline struct lws *shim_lws_connect(struct lws_context *context, struct lws_vhost *vhost, const char *address,
                                           int port, int tls, const char *path, const char *host, void *owner,
                                           struct lws **early) {
  struct lws_client_connect_info info;
  memset(&info, 0, sizeof info);
  info.context = context;
  info.vhost = vhost;
  info.address = address;
  info.port = port;
  info.ssl_connection = tls ? LCCSCF_USE_SSL : 0;
  info.path = path;
  info.host = host;
  info.local_protocol_name = "floor";
  info.ietf_version_or_minus_one = -1;
  info.opaque_user_data = owner;
  info.pwsi = early;
  return lws_client_connect_via_info(&info);
}

// Function-like macro.
static inline void shim_lws_kill(struct lws *wsi) {
  lws_set_timeout(wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_ASYNC);
}
