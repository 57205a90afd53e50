// gzip and zlib streams, through zlib.
#pragma once

#include <string>
#include <string_view>

namespace grim {

// The bytes themselves, or what they unpack to when they begin with gzip's magic number. Members that follow each other are
// joined. `limit` bounds the result. throws: input, damaged or cut; resource, larger than the limit
std::string gunzip(std::string bytes, std::string_view source, size_t limit = size_t{1} << 34);
// A raw deflate stream of known size, as zip archives hold. throws: input
std::string inflate_raw(std::string_view bytes, size_t size, std::string_view source);

}  // namespace grim
