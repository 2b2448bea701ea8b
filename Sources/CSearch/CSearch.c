#include "CSearch.h"
#include <string.h>

// The method is that of Teddy in Hyperscan (Wang et al., NSDI 2019): a table lookup by each half of
// a byte gives the buckets that byte may belong to, and the lookups of neighbouring bytes are anded.

static size_t scalar(const struct CSearchTable *table, const uint8_t *bytes, size_t count,
                     size_t start, uint8_t *buckets) {
  if (count < table->length) return count;
  for (size_t i = start; i + table->length <= count; i++) {
    uint8_t found = 0xFF;
    for (size_t k = 0; k < table->length && found; k++) {
      uint8_t byte = bytes[i + k];
      found &= table->low[k][byte & 15] & table->high[k][byte >> 4];
    }
    if (found) {
      *buckets = found;
      return i;
    }
  }
  return count;
}

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx2"))) static inline __m256i
lookup(__m256i low, __m256i high, __m256i bytes) {
  const __m256i half = _mm256_set1_epi8(15);
  __m256i a = _mm256_shuffle_epi8(low, _mm256_and_si256(bytes, half));
  __m256i b = _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half));
  return _mm256_and_si256(a, b);
}

__attribute__((target("avx2"))) static inline __m256i twice(const uint8_t *row) {
  return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)row));
}

__attribute__((target("avx2"))) static size_t
wide(const struct CSearchTable *table, const uint8_t *bytes, size_t count, size_t start,
     uint8_t *buckets) {
  __m256i low[3], high[3];
  for (int k = 0; k < 3; k++) {
    low[k] = twice(table->low[k]);
    high[k] = twice(table->high[k]);
  }
  size_t i = start;
  // The unaligned loads for the second and third byte reach two further.
  for (; i + 34 <= count; i += 32) {
    __m256i found = lookup(low[0], high[0], _mm256_loadu_si256((const __m256i *)(bytes + i)));
    if (table->length > 1)
      found = _mm256_and_si256(
          found, lookup(low[1], high[1], _mm256_loadu_si256((const __m256i *)(bytes + i + 1))));
    if (table->length > 2)
      found = _mm256_and_si256(
          found, lookup(low[2], high[2], _mm256_loadu_si256((const __m256i *)(bytes + i + 2))));
    uint32_t none =
        (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(found, _mm256_setzero_si256()));
    if (none != 0xFFFFFFFFu) {
      unsigned at = (unsigned)__builtin_ctz(~none);
      uint8_t lanes[32];
      _mm256_storeu_si256((__m256i *)lanes, found);
      *buckets = lanes[at];
      return i + at;
    }
  }
  return scalar(table, bytes, count, i, buckets);
}

__attribute__((target("avx2"))) static inline uint64_t
hits64(const uint8_t *bytes, __m256i wanted) {
  __m256i low = _mm256_loadu_si256((const __m256i *)bytes);
  __m256i high = _mm256_loadu_si256((const __m256i *)(bytes + 32));
  return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted)) |
         (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted)) << 32;
}

// Writes where the bits of `hits` are, counted from `base`, and returns how many there are. `few` are
// written whether they are there or not, so that the branch for more is one that is nearly never
// taken: a branch for each bit is mispredicted at nearly each line (the way of simdjson's
// flatten_bits). Up to 64 are written.
__attribute__((target("avx2,bmi,popcnt"))) static inline size_t
flatten(uint64_t hits, uint32_t base, uint32_t *offsets, int few) {
  int count = __builtin_popcountll(hits);
  for (int k = 0; k < few; k++, hits &= hits - 1) offsets[k] = base + (uint32_t)_tzcnt_u64(hits);
  for (int k = few; k < count; k++, hits &= hits - 1)
    offsets[k] = base + (uint32_t)_tzcnt_u64(hits);
  return (size_t)count;
}

__attribute__((target("avx2,bmi,popcnt"))) static size_t
wideEach(const uint8_t *bytes, size_t count, size_t *start, uint8_t byte, size_t enough,
         uint32_t *offsets, size_t room) {
  const __m256i wanted = _mm256_set1_epi8((char)byte);
  size_t found = 0, i = *start;
  for (; i < count && found < enough && found + 64 <= room; i += 64) {
    uint64_t hits;
    if (i + 64 <= count) {
      hits = hits64(bytes + i, wanted);
    } else {
      // The last bytes, without reading behind them.
      uint8_t rest[64];
      memcpy(rest, bytes + i, count - i);
      hits = hits64(rest, wanted) & (UINT64_MAX >> (64 - (count - i)));
    }
    found += flatten(hits, (uint32_t)i, offsets + found, 2);
  }
  if (found >= enough && found > 0) {
    *start = offsets[enough - 1] + (size_t)1;
    return enough;
  }
  *start = i < count ? i : count;
  return found;
}

__attribute__((target("avx2"))) static inline uint32_t
marks(const uint8_t *bytes, __m256i a, __m256i b, __m256i c) {
  __m256i block = _mm256_loadu_si256((const __m256i *)bytes);
  __m256i hits = _mm256_or_si256(_mm256_cmpeq_epi8(block, a), _mm256_cmpeq_epi8(block, b));
  return (uint32_t)_mm256_movemask_epi8(_mm256_or_si256(hits, _mm256_cmpeq_epi8(block, c)));
}

__attribute__((target("avx2,bmi,popcnt"))) static size_t
wideMarks(const uint8_t *bytes, size_t count, size_t *start, uint8_t a, uint8_t b, uint8_t c,
          uint32_t *offsets, size_t room) {
  const __m256i x = _mm256_set1_epi8((char)a);
  const __m256i y = _mm256_set1_epi8((char)b);
  const __m256i z = _mm256_set1_epi8((char)c);
  size_t found = 0, i = *start;
  for (; i + 64 <= count && found + 64 <= room; i += 64) {
    uint64_t hits = marks(bytes + i, x, y, z) | (uint64_t)marks(bytes + i + 32, x, y, z) << 32;
    found += flatten(hits, (uint32_t)i, offsets + found, 8);
  }
  *start = i;
  return found;
}
#endif

#if defined(__x86_64__)
static int isWide(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
         __builtin_cpu_supports("popcnt");
}
#endif

size_t CSearchEach(const uint8_t *bytes, size_t count, size_t start, uint8_t byte, size_t enough,
                   uint32_t *offsets, size_t room, size_t *next) {
  size_t found = 0, i = start;
#if defined(__x86_64__)
  if (isWide()) {
    found = wideEach(bytes, count, &i, byte, enough, offsets, room);
    *next = i;
    return found;
  }
#endif
  for (; i < count && found < enough && found < room; i++) {
    if (bytes[i] == byte) offsets[found++] = (uint32_t)i;
  }
  *next = i;
  return found;
}

size_t CSearchMarks(const uint8_t *bytes, size_t count, size_t start, uint8_t a, uint8_t b,
                    uint8_t c, uint32_t *offsets, size_t room, size_t *next) {
  size_t found = 0, i = start;
#if defined(__x86_64__)
  if (isWide())
    found = wideMarks(bytes, count, &i, a, b, c, offsets, room);
  if (found + 64 > room) count = i;
#endif
  for (; i < count && found < room; i++) {
    if (bytes[i] == a || bytes[i] == b || bytes[i] == c) offsets[found++] = (uint32_t)i;
  }
  *next = i;
  return found;
}

size_t CSearchNext(const struct CSearchTable *table, const uint8_t *bytes, size_t count,
                   size_t start, uint8_t *buckets) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return wide(table, bytes, count, start, buckets);
#endif
  return scalar(table, bytes, count, start, buckets);
}

#if defined(__SSE2__)
#include <emmintrin.h>

struct Four {
  __m128i a, b, c, d;
};

static inline __m128i isOne(__m128i bytes, struct Four of) {
  __m128i first = _mm_or_si128(_mm_cmpeq_epi8(bytes, of.a), _mm_cmpeq_epi8(bytes, of.b));
  __m128i second = _mm_or_si128(_mm_cmpeq_epi8(bytes, of.c), _mm_cmpeq_epi8(bytes, of.d));
  return _mm_or_si128(first, second);
}

// Of 4 to 15 bytes: the first four or eight and the last, which overlap.
static inline __m128i copyEnds(uint8_t *target, const uint8_t *bytes, size_t count) {
  uint64_t first = 0, last = 0;
  if (count >= 8) {
    memcpy(&first, bytes, 8);
    memcpy(&last, bytes + count - 8, 8);
    memcpy(target, &first, 8);
    memcpy(target + count - 8, &last, 8);
  } else {
    memcpy(&first, bytes, 4);
    memcpy(&last, bytes + count - 4, 4);
    memcpy(target, &first, 4);
    memcpy(target + count - 4, &last, 4);
    // Zeros would be found where zero is looked for.
    first |= first << 32;
    last |= last << 32;
  }
  return _mm_set_epi64x((long long)last, (long long)first);
}

static bool copyWide(uint8_t *target, const uint8_t *bytes, size_t count, uint8_t a, uint8_t b) {
  const struct Four four = {_mm_set1_epi8((char)a), _mm_set1_epi8((char)b), _mm_set1_epi8('\n'),
                            _mm_set1_epi8('\r')};
  if (count < 16) return _mm_movemask_epi8(isOne(copyEnds(target, bytes, count), four)) != 0;
  __m128i found = _mm_setzero_si128();
  for (size_t next = 0; next < count; next += 16) {
    // The last two may overlap.
    size_t i = next + 16 <= count ? next : count - 16;
    __m128i piece = _mm_loadu_si128((const __m128i *)(bytes + i));
    _mm_storeu_si128((__m128i *)(target + i), piece);
    found = _mm_or_si128(found, isOne(piece, four));
  }
  return _mm_movemask_epi8(found) != 0;
}
#endif

bool CSearchCopy(uint8_t *target, const uint8_t *bytes, size_t count, uint8_t a, uint8_t b) {
#if defined(__SSE2__)
  if (count >= 4) return copyWide(target, bytes, count, a, b);
#endif
  bool found = false;
  for (size_t i = 0; i < count; i++) {
    uint8_t byte = bytes[i];
    target[i] = byte;
    found |= byte == a || byte == b || byte == '\n' || byte == '\r';
  }
  return found;
}
