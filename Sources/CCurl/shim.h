#pragma once
#include <curl/curl.h>

// curl_easy_setopt, curl_easy_getinfo and curl_multi_setopt are variadic, which Swift cannot call: one form per kind of value.
static inline CURLcode shim_curl_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode shim_curl_text(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode shim_curl_headers(CURL *handle, struct curl_slist *value) {
  return curl_easy_setopt(handle, CURLOPT_HTTPHEADER, value);
}
// Copies the body: the caller's bytes may go.
static inline CURLcode shim_curl_body(CURL *handle, const void *bytes, curl_off_t count) {
  CURLcode result = curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, count);
  return result ? result : curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, bytes);
}
typedef size_t (*shim_curl_receive)(char *bytes, size_t size, size_t count, void *user);
static inline CURLcode shim_curl_receivers(CURL *handle, shim_curl_receive body, shim_curl_receive header, void *user) {
  CURLcode result = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, body);
  if (!result) result = curl_easy_setopt(handle, CURLOPT_WRITEDATA, user);
  if (!result) result = curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, header);
  return result ? result : curl_easy_setopt(handle, CURLOPT_HEADERDATA, user);
}
static inline CURLcode shim_curl_info_long(CURL *handle, CURLINFO info, long *value) {
  return curl_easy_getinfo(handle, info, value);
}
typedef int (*shim_curl_socket)(CURL *handle, curl_socket_t socket, int what, void *user, void *socket_user);
typedef int (*shim_curl_timer)(CURLM *multi, long milliseconds, void *user);
static inline CURLMcode shim_curl_events(CURLM *multi, shim_curl_socket socket, shim_curl_timer timer, void *user) {
  CURLMcode result = curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket);
  if (!result) result = curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, user);
  if (!result) result = curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer);
  return result ? result : curl_multi_setopt(multi, CURLMOPT_TIMERDATA, user);
}
static inline CURLMcode shim_curl_multi_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}
