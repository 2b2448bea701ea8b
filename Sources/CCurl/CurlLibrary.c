#include "CurlLibrary.h"
#include "CCurl.h"
#include <dlfcn.h>
#include <pthread.h>

struct CurlLibrary curl;
static int isLoaded;

static int find(void *library) {
#define FIND(name)                                                                                 \
  if (!(*(void **)(&curl.name) = dlsym(library, #name))) return 0;
  CURL_FUNCTIONS(FIND)
#undef FIND
  return 1;
}

static void load(void) {
  // Debian's libcurl4, and its flavour with GnuTLS, whose functions are the same.
  static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
  for (size_t i = 0; i < sizeof names / sizeof *names && !isLoaded; i++) {
    void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (library) isLoaded = find(library) && curl.curl_global_init(CURL_GLOBAL_ALL) == CURLE_OK;
  }
}

int CCurlLoad(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return isLoaded;
}

long long CCurlDate(const char *text) { return curl.curl_getdate(text, NULL); }
