// The functions of libcurl, found when the first pipeline with an `http` stage is prepared: linked
// directly they add 4 ms to every start, and a machine without the library could run nothing.
#pragma once
#define CURL_DISABLE_TYPECHECK
#define CURL_DISABLE_DEPRECATION
#include <curl/curl.h>

// The names as the library has them, with the types of its header.
#define CURL_FUNCTIONS(apply)                                                                      \
  apply(curl_global_init) apply(curl_easy_init) apply(curl_easy_cleanup) apply(curl_easy_setopt)   \
  apply(curl_easy_getinfo) apply(curl_slist_append) apply(curl_slist_free_all) apply(curl_url)     \
  apply(curl_url_cleanup) apply(curl_url_set) apply(curl_url_get) apply(curl_free)                 \
  apply(curl_getdate) apply(curl_multi_init) apply(curl_multi_cleanup)                             \
  apply(curl_multi_add_handle) apply(curl_multi_remove_handle) apply(curl_multi_setopt)            \
  apply(curl_multi_perform) apply(curl_multi_poll) apply(curl_multi_wakeup)                        \
  apply(curl_multi_info_read)

struct CurlLibrary {
#define MEMBER(name) __typeof__(&name) name;
  CURL_FUNCTIONS(MEMBER)
#undef MEMBER
};

extern struct CurlLibrary curl;
