// Reading gzip and zstd, by libraries that are loaded when the first such file is met.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum CCompressionKind { CCOMPRESSION_NONE, CCOMPRESSION_GZIP, CCOMPRESSION_ZSTD };

/// What data that begins with these bytes is; four are enough to tell.
enum CCompressionKind CCompressionOf(const uint8_t *bytes, size_t count);

struct CCompressionStream;

/// NULL if the library is not there, or no memory. At most one call at a time.
struct CCompressionStream *CCompressionOpen(enum CCompressionKind kind);
void CCompressionClose(struct CCompressionStream *stream);

enum CCompressionOutcome {
  /// All input is used, or all space is filled.
  CCOMPRESSION_GOES_ON,
  /// A member or frame is complete; what follows may be another one.
  CCOMPRESSION_COMPLETE,
  CCOMPRESSION_DAMAGED,
  /// It asks for more than 128 MiB of memory.
  CCOMPRESSION_TOO_LARGE,
};

/// Makes bytes of `in` into bytes of `out` and sets both counts to how many were used.
enum CCompressionOutcome CCompressionRead(struct CCompressionStream *stream, const uint8_t *in,
                                          size_t *inCount, uint8_t *out, size_t *outCount);
