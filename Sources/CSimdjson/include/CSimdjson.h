// The first half of simdjson: where in a JSON text its tokens begin.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Working memory for one text at a time: four bytes for each byte of the largest one seen.
struct CSimdjsonIndex;

enum CSimdjsonOutcome {
  CSIMDJSON_INDEXED,
  /// Nothing but white space.
  CSIMDJSON_EMPTY,
  CSIMDJSON_NOT_UTF8,
  CSIMDJSON_OPEN_STRING,
  /// A string with a control character that is not escaped.
  CSIMDJSON_CONTROL_CHARACTER,
  CSIMDJSON_NO_MEMORY,
};

/// Readable bytes that have to follow a text.
extern const size_t CSimdjsonPadding;

/// Loads the library with the first call, by any thread. NULL if it is not there, or no memory.
struct CSimdjsonIndex *CSimdjsonMake(void);
void CSimdjsonFree(struct CSimdjsonIndex *index);

/// Finds the tokens of a text that is followed by `CSimdjsonPadding` readable bytes, whatever they
/// are, and checks what can be checked on the way.
enum CSimdjsonOutcome CSimdjsonRead(struct CSimdjsonIndex *index, const uint8_t *bytes, size_t count);

/// The offsets of the tokens of the last text: brackets, braces, commas and colons outside of strings,
/// the opening quotes of strings and the first bytes of all else.
const uint32_t *CSimdjsonTokens(const struct CSimdjsonIndex *index);
size_t CSimdjsonTokenCount(const struct CSimdjsonIndex *index);

#ifdef __cplusplus
}
#endif
