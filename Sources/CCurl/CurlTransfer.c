#include "CurlTransfer.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// The heads of one answer may be so large together.
static const size_t mostHeads = 1 << 20;
// What a transfer keeps for the next one.
static const size_t mostKept = 64 << 10;

static int append(struct CurlBuffer *buffer, const void *bytes, size_t count) {
  if (buffer->room - buffer->count < count) {
    size_t room = buffer->room ? buffer->room : 1024;
    while (room - buffer->count < count) room *= 2;
    uint8_t *grown = realloc(buffer->bytes, room);
    if (!grown) return 0;
    buffer->bytes = grown;
    buffer->room = room;
  }
  if (count) memcpy(buffer->bytes + buffer->count, bytes, count);
  buffer->count += count;
  return 1;
}

static void clear(struct CurlBuffer *buffer) {
  buffer->count = 0;
  if (buffer->room <= mostKept) return;
  free(buffer->bytes);
  *buffer = (struct CurlBuffer){0};
}

// What libcurl calls

static size_t receive(char *bytes, size_t size, size_t items, void *owner) {
  struct CCurlTransfer *transfer = owner;
  size_t count = size * items, left = transfer->mostReceived - transfer->received.count;
  transfer->hasReceived = 1;
  transfer->isTooLarge = count > left;
  if (!append(&transfer->received, bytes, count > left ? left : count)) return 0;
  return transfer->isTooLarge ? 0 : count;
}

static size_t receiveHead(char *bytes, size_t size, size_t items, void *owner) {
  struct CCurlTransfer *transfer = owner;
  size_t count = size * items;
  transfer->hasReceived = 1;
  // What stood before was an interim answer, or the proxy's.
  if (count >= 5 && memcmp(bytes, "HTTP/", 5) == 0) transfer->heads.count = 0;
  transfer->isAnswered = 1;
  transfer->isTooLarge = transfer->heads.count + count > mostHeads;
  if (transfer->isTooLarge) return 0;
  return append(&transfer->heads, bytes, count) ? count : 0;
}

// Closed at exec from its creation: a child started meanwhile must not hold it.
static curl_socket_t openSocket(void *owner, curlsocktype purpose, struct curl_sockaddr *address) {
  struct CCurlTransfer *transfer = owner;
  (void)purpose;
  int made = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (made >= 0) return made;
  transfer->socketError = errno;
  return CURL_SOCKET_BAD;
}

// Making one, and preparing it

#define SET(option, value) curl.curl_easy_setopt(transfer->easy, option, value)

struct CCurlTransfer *CCurlTransferMake(void) {
  struct CCurlTransfer *transfer = calloc(1, sizeof *transfer);
  if (!transfer || !(transfer->easy = curl.curl_easy_init())) {
    free(transfer);
    return NULL;
  }
  SET(CURLOPT_PRIVATE, transfer);
  SET(CURLOPT_ERRORBUFFER, transfer->words);
  SET(CURLOPT_WRITEFUNCTION, receive);
  SET(CURLOPT_WRITEDATA, transfer);
  SET(CURLOPT_HEADERFUNCTION, receiveHead);
  SET(CURLOPT_HEADERDATA, transfer);
  SET(CURLOPT_OPENSOCKETFUNCTION, openSocket);
  SET(CURLOPT_OPENSOCKETDATA, transfer);
  SET(CURLOPT_NOSIGNAL, 1L);
  SET(CURLOPT_NOPROGRESS, 1L);
  SET(CURLOPT_ACCEPT_ENCODING, "");
  SET(CURLOPT_USERAGENT, "streamline");
  // As OpenSSL and the curl command have it; libcurl by itself knows the system's certificates only.
  const char *certificates = getenv("SSL_CERT_FILE");
  if (certificates && *certificates) SET(CURLOPT_CAINFO, certificates);
#if LIBCURL_VERSION_NUM >= 0x075700
  // A name that is being looked up is left to its thread, not waited for.
  SET(CURLOPT_QUICK_EXIT, 1L);
#endif
  return transfer;
}

static void forget(char **text) {
  if (*text) curl.curl_free(*text);
  *text = NULL;
}

static void forgetRequest(struct CCurlTransfer *transfer) {
  if (transfer->url) curl.curl_url_cleanup(transfer->url);
  transfer->url = NULL;
  forget(&transfer->host);
  forget(&transfer->port);
  forget(&transfer->scheme);
  if (transfer->headers) curl.curl_slist_free_all(transfer->headers);
  transfer->headers = transfer->lastHeader = NULL;
}

void CCurlTransferClear(struct CCurlTransfer *transfer) {
  SET(CURLOPT_CURLU, NULL);
  SET(CURLOPT_HTTPHEADER, NULL);
  SET(CURLOPT_POSTFIELDS, NULL);
  forgetRequest(transfer);
  clear(&transfer->sent);
  clear(&transfer->received);
  clear(&transfer->heads);
}

void CCurlTransferFree(struct CCurlTransfer *transfer) {
  if (!transfer) return;
  curl.curl_easy_cleanup(transfer->easy);
  forgetRequest(transfer);
  free(transfer->sent.bytes);
  free(transfer->received.bytes);
  free(transfer->heads.bytes);
  free(transfer);
}

static enum CCurlURLFault fault(CURLUcode code) {
  switch (code) {
  case CURLUE_OK: return CCURL_URL_GOOD;
  case CURLUE_BAD_SCHEME: return CCURL_URL_NO_SCHEME;
  case CURLUE_UNSUPPORTED_SCHEME: return CCURL_URL_SCHEME;
  case CURLUE_NO_HOST:
  case CURLUE_BAD_HOSTNAME:
  case CURLUE_BAD_IPV6: return CCURL_URL_HOST;
  case CURLUE_BAD_PORT_NUMBER: return CCURL_URL_PORT;
  case CURLUE_BAD_LOGIN:
  case CURLUE_BAD_USER:
  case CURLUE_BAD_PASSWORD: return CCURL_URL_USER;
  default: return CCURL_URL_MALFORMED;
  }
}

enum CCurlURLFault CCurlTransferURL(struct CCurlTransfer *transfer, const char *url) {
  forgetRequest(transfer);
  // A fresh one each time: a relative URL would be taken as one of the URL before it.
  if (!(transfer->url = curl.curl_url())) return CCURL_URL_MALFORMED;
  CURLUcode code = curl.curl_url_set(transfer->url, CURLUPART_URL, url, 0);
  if (!code) code = curl.curl_url_get(transfer->url, CURLUPART_SCHEME, &transfer->scheme, 0);
  if (!code && strcmp(transfer->scheme, "http") && strcmp(transfer->scheme, "https"))
    return CCURL_URL_SCHEME;
  if (!code) code = curl.curl_url_get(transfer->url, CURLUPART_HOST, &transfer->host, 0);
  if (!code)
    code = curl.curl_url_get(transfer->url, CURLUPART_PORT, &transfer->port, CURLU_DEFAULT_PORT);
  if (!code)
    for (char *c = transfer->host; *c; c++)
      if (*c >= 'A' && *c <= 'Z') *c += 'a' - 'A';
  return fault(code);
}

int CCurlTransferHeader(struct CCurlTransfer *transfer, const char *line) {
  // Appending to the last one of a list gives a longer list all the same, without going through it.
  struct curl_slist *grown = curl.curl_slist_append(transfer->lastHeader, line);
  if (!grown) return 0;
  if (!transfer->headers) transfer->headers = grown;
  transfer->lastHeader = transfer->lastHeader ? transfer->lastHeader->next : grown;
  return 1;
}

int CCurlTransferPrepare(struct CCurlTransfer *transfer, const struct CCurlRequest *request) {
  transfer->received.count = transfer->heads.count = transfer->sent.count = 0;
  transfer->mostReceived = request->mostBody;
  transfer->isTooLarge = transfer->isAnswered = transfer->socketError = transfer->hasReceived = 0;
  transfer->uploaded = 0;
  transfer->result = CURLE_OK;
  transfer->words[0] = 0;
  if (!append(&transfer->sent, request->body, request->bodyCount)) return 0;
  const char *method = request->method;
  SET(CURLOPT_CURLU, transfer->url);
  SET(CURLOPT_HTTPHEADER, transfer->headers);
  SET(CURLOPT_UNIX_SOCKET_PATH, request->socketPath);
  SET(CURLOPT_CONNECTTIMEOUT_MS, request->connectMilliseconds);
  // Whether a server takes many requests over one connection is known early with TLS only.
  SET(CURLOPT_PIPEWAIT, strcmp(transfer->scheme, "https") ? 0L : 1L);
  SET(CURLOPT_NOBODY, 0L);
  SET(CURLOPT_HTTPGET, 1L);
  const char *other = NULL;
  if (!strcmp(method, "HEAD")) {
    SET(CURLOPT_NOBODY, 1L);
  } else if (request->body || !strcmp(method, "POST") || !strcmp(method, "PUT") ||
             !strcmp(method, "PATCH")) {
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->sent.count);
    SET(CURLOPT_POSTFIELDS, transfer->sent.bytes ? (char *)transfer->sent.bytes : "");
    if (strcmp(method, "POST")) other = method;
  } else if (strcmp(method, "GET")) {
    other = method;
  }
  return SET(CURLOPT_CUSTOMREQUEST, other) == CURLE_OK;
}

// What came of it

const char *CCurlTransferHost(const struct CCurlTransfer *transfer) { return transfer->host; }
const char *CCurlTransferPort(const struct CCurlTransfer *transfer) { return transfer->port; }
const char *CCurlTransferScheme(const struct CCurlTransfer *transfer) { return transfer->scheme; }
const char *CCurlTransferWords(const struct CCurlTransfer *transfer) { return transfer->words; }

const uint8_t *CCurlTransferBody(const struct CCurlTransfer *transfer, size_t *count) {
  *count = transfer->received.count;
  return transfer->received.bytes;
}

const uint8_t *CCurlTransferHeaders(const struct CCurlTransfer *transfer, size_t *count) {
  *count = transfer->heads.count;
  return transfer->heads.bytes;
}

long CCurlTransferErrno(const struct CCurlTransfer *transfer) {
  long number = transfer->socketError;
  if (number) return number;
  curl.curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &number);
  return number;
}

long CCurlTransferStatus(const struct CCurlTransfer *transfer) {
  long status = 0;
  curl.curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

const char *CCurlTransferLocation(const struct CCurlTransfer *transfer) {
  char *location = NULL;
  curl.curl_easy_getinfo(transfer->easy, CURLINFO_REDIRECT_URL, &location);
  return location;
}

int CCurlTransferHasMoved(struct CCurlTransfer *transfer) {
  curl_off_t uploaded = 0;
  curl.curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
  int hasMoved = transfer->hasReceived || uploaded != transfer->uploaded;
  transfer->hasReceived = 0;
  transfer->uploaded = uploaded;
  return hasMoved;
}

enum CCurlOutcome CCurlTransferOutcome(const struct CCurlTransfer *transfer) {
  switch (transfer->result) {
  case CURLE_OK: return CCURL_ANSWERED;
  case CURLE_WRITE_ERROR: return transfer->isTooLarge ? CCURL_TOO_LARGE : CCURL_NO_MEMORY;
  case CURLE_COULDNT_RESOLVE_HOST: return CCURL_UNKNOWN_HOST;
  case CURLE_COULDNT_RESOLVE_PROXY: return CCURL_UNKNOWN_PROXY;
  case CURLE_COULDNT_CONNECT: return CCURL_NOT_CONNECTED;
  case CURLE_OPERATION_TIMEDOUT: return CCURL_CONNECT_TIME;
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_ISSUER_ERROR: return CCURL_UNTRUSTED;
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_CIPHER: return CCURL_TLS;
  case CURLE_GOT_NOTHING: return CCURL_NO_ANSWER;
  case CURLE_RECV_ERROR:
  case CURLE_SEND_ERROR:
  case CURLE_HTTP2:
  case CURLE_HTTP2_STREAM: return transfer->isAnswered ? CCURL_PARTIAL : CCURL_BROKEN;
  case CURLE_PARTIAL_FILE: return CCURL_PARTIAL;
  case CURLE_BAD_CONTENT_ENCODING: return CCURL_BAD_ENCODING;
  case CURLE_UNSUPPORTED_PROTOCOL:
  case CURLE_WEIRD_SERVER_REPLY: return CCURL_NO_HTTP;
  case CURLE_OUT_OF_MEMORY: return CCURL_NO_MEMORY;
  default: return CCURL_OTHER;
  }
}
