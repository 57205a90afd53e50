// What the fuzzer calls and what the ordinary tests replay: bytes as a safetensors file, and bytes as its header alone.
#pragma once

#include <stdexcept>
#include <string_view>

#include "grimoire/base/error.h"
#include "grimoire/io/safetensors_header.h"

namespace grim::fuzz {

inline void hold(bool condition, const char* what) {
  if (!condition) throw std::logic_error(what);
}

// True when the parser took the bytes; false when it refused them.
template <class Parse> bool takes(Parse&& parse) {
  try {
    parse();
    return true;
  } catch (const Error&) {
    return false;
  }
}

// Whatever is accepted must be true: an oracle in 128-bit arithmetic that shares nothing with the parser.
inline void check_accepted(const SafetensorsHeader& header, uint64_t file_size) {
  unsigned __int128 at = header.data_start;
  for (const TensorEntry& e : header.entries) {
    hold(e.type && e.type->safetensors && e.type->bytes > 0, "unknown dtype accepted");
    unsigned __int128 count = 1;
    for (int64_t d : e.shape) {
      hold(d >= 0, "negative size accepted");
      count *= static_cast<uint64_t>(d);
      hold(count >> 64 == 0, "overflow accepted");
    }
    const unsigned __int128 bytes = count * static_cast<uint64_t>(e.type->bytes) / static_cast<uint64_t>(e.type->block);
    hold(e.at == at && bytes == e.bytes && count % static_cast<uint64_t>(e.type->block) == 0, "wrong range accepted");
    at += e.bytes;
  }
  hold(at == file_size, "bytes without an owner accepted");
}

inline bool accepts_file(std::string_view bytes) {
  try {
    const uint64_t n = safetensors_header_length(bytes, bytes.size(), "fuzz");
    check_accepted(parse_safetensors_header(bytes.substr(8, n), bytes.size(), "fuzz"), bytes.size());
    return true;
  } catch (const Error& e) {
    hold(e.kind() == ErrorKind::input, "not an input error");
    return false;
  }
}

// Two bytes say how much data follows the header; the rest is the header. A mutation need not mend the length to get
// inside.
inline bool accepts_header(std::string_view bytes) {
  if (bytes.size() < 2) return false;
  const auto data = static_cast<uint64_t>(static_cast<uint8_t>(bytes[0]) | static_cast<uint8_t>(bytes[1]) << 8);
  const uint64_t size = 8 + (bytes.size() - 2) + data;
  try {
    check_accepted(parse_safetensors_header(bytes.substr(2), size, "fuzz"), size);
    return true;
  } catch (const Error& e) {
    hold(e.kind() == ErrorKind::input, "not an input error");
    return false;
  }
}

}  // namespace grim::fuzz
