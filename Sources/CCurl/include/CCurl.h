// What of libcurl the HTTP client needs: requests that are prepared by any thread, and one loop that
// carries many of them out at once.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Loads the library with the first call, by any thread. 0 if it is not there or too old.
int CCurlLoad(void);

// Transfers: one request and its answer, used again and again. Each belongs to one thread at a time.

struct CCurlTransfer;

/// NULL without memory. The library has to be loaded.
struct CCurlTransfer *CCurlTransferMake(void);
void CCurlTransferFree(struct CCurlTransfer *transfer);

enum CCurlURLFault {
  CCURL_URL_GOOD,
  CCURL_URL_MALFORMED,
  CCURL_URL_NO_SCHEME,
  /// A scheme that is neither http nor https.
  CCURL_URL_SCHEME,
  CCURL_URL_HOST,
  CCURL_URL_PORT,
  CCURL_URL_USER,
};

/// Reads the URL as libcurl itself will. What was prepared before is forgotten.
enum CCurlURLFault CCurlTransferURL(struct CCurlTransfer *transfer, const char *url);
/// Of the URL last read: lower case, an IPv6 address in brackets.
const char *CCurlTransferHost(const struct CCurlTransfer *transfer);
/// Of the URL last read, that of the scheme if it names none.
const char *CCurlTransferPort(const struct CCurlTransfer *transfer);
/// Of the URL last read: `http` or `https`.
const char *CCurlTransferScheme(const struct CCurlTransfer *transfer);

/// One more header, `Name: value`; `Name;` for an empty value, `Name:` for none at all. 0 without memory.
int CCurlTransferHeader(struct CCurlTransfer *transfer, const char *line);

struct CCurlRequest {
  const char *method;
  /// NULL: none. Copied.
  const uint8_t *body;
  size_t bodyCount;
  /// NULL: the host is asked.
  const char *socketPath;
  long connectMilliseconds;
  /// The most bytes that the answer's body may have.
  size_t mostBody;
};

/// Makes the URL and the headers given so far a request. 0 without memory.
int CCurlTransferPrepare(struct CCurlTransfer *transfer, const struct CCurlRequest *request);

/// How a transfer ended.
enum CCurlOutcome {
  CCURL_ANSWERED,
  /// The body outgrew what it may have: what was received of it is there.
  CCURL_TOO_LARGE,
  CCURL_UNKNOWN_HOST,
  CCURL_UNKNOWN_PROXY,
  CCURL_NOT_CONNECTED,
  /// The time for connecting is over.
  CCURL_CONNECT_TIME,
  CCURL_TLS,
  CCURL_UNTRUSTED,
  CCURL_NO_ANSWER,
  /// The connection broke.
  CCURL_BROKEN,
  /// The answer ended before its length.
  CCURL_PARTIAL,
  CCURL_BAD_ENCODING,
  CCURL_NO_HTTP,
  CCURL_NO_MEMORY,
  CCURL_OTHER,
};

enum CCurlOutcome CCurlTransferOutcome(const struct CCurlTransfer *transfer);
/// The library's own words about a failure; may be empty.
const char *CCurlTransferWords(const struct CCurlTransfer *transfer);
/// The errno of a connection that failed, or 0.
long CCurlTransferErrno(const struct CCurlTransfer *transfer);
long CCurlTransferStatus(const struct CCurlTransfer *transfer);
const uint8_t *CCurlTransferBody(const struct CCurlTransfer *transfer, size_t *count);
/// The status line and the headers of the last answer, each with its line end.
const uint8_t *CCurlTransferHeaders(const struct CCurlTransfer *transfer, size_t *count);
/// Where a redirect leads, as an absolute URL; NULL if the answer is none.
const char *CCurlTransferLocation(const struct CCurlTransfer *transfer);
/// Whether bytes were sent or received since it was last asked; for the thread of the loop.
int CCurlTransferHasMoved(struct CCurlTransfer *transfer);
/// Forgets request and answer; memory of a large one is given back.
void CCurlTransferClear(struct CCurlTransfer *transfer);

/// Seconds since 1970 of an HTTP date, or -1.
long long CCurlDate(const char *text);

// The loop: belongs to one thread, but for CCurlLoopWake.

struct CCurlLoop;

/// NULL without memory or descriptors.
/// - connections: the most that are kept open when nobody uses them.
struct CCurlLoop *CCurlLoopMake(long connections);
/// Closes every connection. No transfer may be left in it.
void CCurlLoopFree(struct CCurlLoop *loop);
/// Begins a transfer that was prepared; `id` is told by CCurlLoopFinished. 0 if it can not be.
int CCurlLoopAdd(struct CCurlLoop *loop, struct CCurlTransfer *transfer, uint64_t id);
/// Breaks a transfer off: its connection is closed, or its stream reset.
void CCurlLoopRemove(struct CCurlLoop *loop, struct CCurlTransfer *transfer);
/// Does what can be done now.
void CCurlLoopWork(struct CCurlLoop *loop);
/// The id of a transfer that has ended, which is then out of the loop; 0 if there is none.
int CCurlLoopFinished(struct CCurlLoop *loop, uint64_t *id);
/// Sleeps until there is something to do or the loop is woken.
void CCurlLoopWait(struct CCurlLoop *loop);
/// Ends the present or the next sleep; by any thread.
void CCurlLoopWake(struct CCurlLoop *loop);
