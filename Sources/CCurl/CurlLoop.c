#include "CurlTransfer.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { lowDescriptors = 1024 };

struct CCurlLoop {
  CURLM *multi;
};

// What one of the lower descriptors stands for, if a child would inherit it; else 0.
struct Inherited {
  dev_t device;
  ino_t node;
};

static void findInherited(struct Inherited *found) {
  for (int number = 0; number < lowDescriptors; number++) {
    int flags = fcntl(number, F_GETFD);
    struct stat facts;
    int isInherited = flags >= 0 && !(flags & FD_CLOEXEC) && fstat(number, &facts) == 0;
    found[number] = isInherited ? (struct Inherited){facts.st_dev, facts.st_ino}
                                : (struct Inherited){0, 0};
  }
}

// The library opens the pair that wakes it without closing it at exec. All else that stays open is
// closed there, so what a child would inherit now and not before is that pair. A number alone says
// too little: libdispatch opens a file of /proc for a moment in the same way, and its number may be
// the next one free.
static CURLM *makeMulti(void) {
  struct Inherited before[lowDescriptors], after[lowDescriptors];
  findInherited(before);
  CURLM *multi = curl.curl_multi_init();
  findInherited(after);
  for (int number = 0; number < lowDescriptors; number++)
    if (after[number].node && (after[number].device != before[number].device ||
                               after[number].node != before[number].node))
      fcntl(number, F_SETFD, FD_CLOEXEC);
  return multi;
}

struct CCurlLoop *CCurlLoopMake(long connections) {
  struct CCurlLoop *loop = calloc(1, sizeof *loop);
  if (!loop || !(loop->multi = makeMulti())) {
    free(loop);
    return NULL;
  }
  curl.curl_multi_setopt(loop->multi, CURLMOPT_MAXCONNECTS, connections);
  return loop;
}

void CCurlLoopFree(struct CCurlLoop *loop) {
  if (!loop) return;
  curl.curl_multi_cleanup(loop->multi);
  free(loop);
}

int CCurlLoopAdd(struct CCurlLoop *loop, struct CCurlTransfer *transfer, uint64_t id) {
  transfer->id = id;
  return curl.curl_multi_add_handle(loop->multi, transfer->easy) == CURLM_OK;
}

void CCurlLoopRemove(struct CCurlLoop *loop, struct CCurlTransfer *transfer) {
  curl.curl_multi_remove_handle(loop->multi, transfer->easy);
}

void CCurlLoopWork(struct CCurlLoop *loop) {
  int running;
  curl.curl_multi_perform(loop->multi, &running);
}

int CCurlLoopFinished(struct CCurlLoop *loop, uint64_t *id) {
  CURLMsg *message;
  int left;
  while ((message = curl.curl_multi_info_read(loop->multi, &left))) {
    if (message->msg != CURLMSG_DONE) continue;
    char *owner = NULL;
    CURL *easy = message->easy_handle;
    CURLcode result = message->data.result;
    curl.curl_easy_getinfo(easy, CURLINFO_PRIVATE, &owner);
    struct CCurlTransfer *transfer = (struct CCurlTransfer *)owner;
    transfer->result = result;
    *id = transfer->id;
    curl.curl_multi_remove_handle(loop->multi, easy);
    return 1;
  }
  return 0;
}

void CCurlLoopWait(struct CCurlLoop *loop) {
  // libcurl wakes earlier by itself where one of its own limits is due.
  curl.curl_multi_poll(loop->multi, NULL, 0, 1000 * 1000, NULL);
}

void CCurlLoopWake(struct CCurlLoop *loop) { curl.curl_multi_wakeup(loop->multi); }
