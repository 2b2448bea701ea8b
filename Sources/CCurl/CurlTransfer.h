// One request and its answer, as the loop sees them.
#pragma once
#include "CCurl.h"
#include "CurlLibrary.h"

struct CurlBuffer {
  uint8_t *bytes;
  size_t count, room;
};

struct CCurlTransfer {
  CURL *easy;
  CURLU *url;
  char *host, *port, *scheme;
  struct curl_slist *headers, *lastHeader;
  struct CurlBuffer sent, received, heads;
  size_t mostReceived;
  int isTooLarge, isAnswered, socketError, hasReceived;
  curl_off_t uploaded;
  CURLcode result;
  uint64_t id;
  char words[CURL_ERROR_SIZE];
};
