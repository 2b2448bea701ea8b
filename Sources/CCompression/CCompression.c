#include "CCompression.h"
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

// The few declarations of zlib.h and zstd.h that are needed, both stable since their libraries have
// the names below: so neither header has to be installed.

struct Deflated {
  const uint8_t *nextIn;
  unsigned availableIn;
  unsigned long totalIn;
  uint8_t *nextOut;
  unsigned availableOut;
  unsigned long totalOut;
  const char *message;
  void *state;
  void *(*allocate)(void *, unsigned, unsigned);
  void (*release)(void *, void *);
  void *opaque;
  int dataType;
  unsigned long adler;
  unsigned long reserved;
};
struct ZstdIn { const void *bytes; size_t size, position; };
struct ZstdOut { void *bytes; size_t size, position; };

static const char *(*zlibVersion)(void);
static int (*inflateInit2_)(struct Deflated *, int, const char *, int);
static int (*inflate)(struct Deflated *, int);
static int (*inflateReset)(struct Deflated *);
static int (*inflateEnd)(struct Deflated *);
static void *(*ZSTD_createDStream)(void);
static size_t (*ZSTD_freeDStream)(void *);
static size_t (*ZSTD_decompressStream)(void *, struct ZstdOut *, struct ZstdIn *);
static unsigned (*ZSTD_isError)(size_t);
static int (*ZSTD_getErrorCode)(size_t);

#define FIND(library, name) ((*(void **)(&name) = dlsym(library, #name)) != NULL)

static int loadZlib(void) {
  if (inflateEnd) return 1;
  void *library = dlopen("libz.so.1", RTLD_NOW | RTLD_LOCAL);
  return library && FIND(library, zlibVersion) && FIND(library, inflateInit2_) &&
         FIND(library, inflate) && FIND(library, inflateReset) && FIND(library, inflateEnd);
}

static int loadZstd(void) {
  if (ZSTD_getErrorCode) return 1;
  void *library = dlopen("libzstd.so.1", RTLD_NOW | RTLD_LOCAL);
  return library && FIND(library, ZSTD_createDStream) && FIND(library, ZSTD_freeDStream) &&
         FIND(library, ZSTD_decompressStream) && FIND(library, ZSTD_isError) &&
         FIND(library, ZSTD_getErrorCode);
}

enum CCompressionKind CCompressionOf(const uint8_t *bytes, size_t count) {
  if (count >= 3 && memcmp(bytes, "\x1f\x8b\x08", 3) == 0) return CCOMPRESSION_GZIP;
  if (count >= 4 && memcmp(bytes, "\x28\xb5\x2f\xfd", 4) == 0) return CCOMPRESSION_ZSTD;
  return CCOMPRESSION_NONE;
}

struct CCompressionStream {
  enum CCompressionKind kind;
  struct Deflated deflated;
  void *zstd;
  int isComplete;
};

struct CCompressionStream *CCompressionOpen(enum CCompressionKind kind) {
  if (kind == CCOMPRESSION_NONE || !(kind == CCOMPRESSION_GZIP ? loadZlib() : loadZstd())) return NULL;
  struct CCompressionStream *stream = calloc(1, sizeof *stream);
  if (!stream) return NULL;
  stream->kind = kind;
  // 15 is the largest window there is, 16 more asks for gzip's header and checksum.
  int isReady = kind == CCOMPRESSION_GZIP
                    ? inflateInit2_(&stream->deflated, 15 + 16, zlibVersion(),
                                    (int)sizeof stream->deflated) == 0
                    : (stream->zstd = ZSTD_createDStream()) != NULL;
  if (isReady) return stream;
  free(stream);
  return NULL;
}

void CCompressionClose(struct CCompressionStream *stream) {
  if (!stream) return;
  if (stream->kind == CCOMPRESSION_GZIP) inflateEnd(&stream->deflated);
  else ZSTD_freeDStream(stream->zstd);
  free(stream);
}

static enum CCompressionOutcome readGzip(struct CCompressionStream *stream, const uint8_t *in,
                                         size_t *inCount, uint8_t *out, size_t *outCount) {
  struct Deflated *deflated = &stream->deflated;
  if (stream->isComplete) inflateReset(deflated);
  stream->isComplete = 0;
  deflated->nextIn = in;
  deflated->availableIn = (unsigned)*inCount;
  deflated->nextOut = out;
  deflated->availableOut = (unsigned)*outCount;
  int result = inflate(deflated, 0);
  *inCount -= deflated->availableIn;
  *outCount -= deflated->availableOut;
  if (result == 1) {
    stream->isComplete = 1;
    return CCOMPRESSION_COMPLETE;
  }
  // -5 says that there was nothing to do, which is no fault.
  return result == 0 || result == -5 ? CCOMPRESSION_GOES_ON : CCOMPRESSION_DAMAGED;
}

static enum CCompressionOutcome readZstd(struct CCompressionStream *stream, const uint8_t *in,
                                         size_t *inCount, uint8_t *out, size_t *outCount) {
  struct ZstdIn input = {in, *inCount, 0};
  struct ZstdOut output = {out, *outCount, 0};
  size_t result = ZSTD_decompressStream(stream->zstd, &output, &input);
  *inCount = input.position;
  *outCount = output.position;
  if (!ZSTD_isError(result)) return result == 0 ? CCOMPRESSION_COMPLETE : CCOMPRESSION_GOES_ON;
  // ZSTD_error_frameParameter_windowTooLarge (zstd_errors.h).
  return ZSTD_getErrorCode(result) == 16 ? CCOMPRESSION_TOO_LARGE : CCOMPRESSION_DAMAGED;
}

enum CCompressionOutcome CCompressionRead(struct CCompressionStream *stream, const uint8_t *in,
                                          size_t *inCount, uint8_t *out, size_t *outCount) {
  return stream->kind == CCOMPRESSION_GZIP ? readGzip(stream, in, inCount, out, outCount)
                                           : readZstd(stream, in, inCount, out, outCount);
}
