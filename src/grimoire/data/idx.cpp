#include "grimoire/data/idx.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/reader.h"
#include "grimoire/io/gzip.h"

namespace grim {
namespace {

template <class U> U swapped(U v) {
  U out = 0;
  for (size_t i = 0; i < sizeof(U); ++i) out = static_cast<U>(out << 8 | (v >> (8 * i) & 0xff));
  return out;
}

template <class Bits, class From, class To> void read_big_endian(std::string_view bytes, To* out) {
  for (size_t i = 0; i * sizeof(Bits) < bytes.size(); ++i) {
    Bits bits;
    std::memcpy(&bits, bytes.data() + i * sizeof(Bits), sizeof(Bits));
    out[i] = static_cast<To>(std::bit_cast<From>(swapped(bits)));
  }
}

int type_size(int type) {
  switch (type) {
    case 0x08:
    case 0x09: return 1;
    case 0x0B: return 2;
    case 0x0C:
    case 0x0D: return 4;
    case 0x0E: return 8;
    default: return 0;
  }
}

}  // namespace

bool looks_like_idx(std::string_view bytes) {
  return bytes.size() >= 8 && bytes[0] == 0 && bytes[1] == 0 && type_size(bytes[2]) > 0 && bytes[3] >= 1 && bytes[3] <= 8;
}

Tensor parse_idx(std::string_view bytes, const std::string& source) {
  GRIM_CHECK(looks_like_idx(bytes), input, "idx", "{}: not an IDX file", source);
  Reader reader(bytes, source);
  const int type = reader.read<uint32_t>("magic") >> 16 & 0xff, rank = bytes[3];
  Shape shape;
  uint64_t count = static_cast<uint64_t>(type_size(type)), sizes = 1;
  for (int axis = 0; axis < rank; ++axis) {
    const uint32_t n = swapped(reader.read<uint32_t>("size"));
    GRIM_CHECK(multiply(count, n, count) && count <= reader.remaining() + 32 && multiply(sizes, std::max(n, 1u), sizes) && sizes >> 48 == 0,
               input, "idx", "{}: its sizes ask for more bytes than it has", source);
    shape.push_back(n);
  }
  const std::string_view data = reader.take(count, "numbers");
  GRIM_CHECK(reader.at_end(), input, "idx", "{}: {} bytes follow the last number", source, reader.remaining());
  const Tensor t = Tensor::empty(shape, type == 0x08 ? Dtype::u8 : type == 0x0D ? Dtype::f32 : type == 0x0E ? Dtype::f64 : Dtype::i32);
  if (type == 0x08) std::memcpy(t.raw(), data.data(), data.size());
  if (type == 0x09) read_big_endian<uint8_t, int8_t>(data, t.data<int32_t>());
  if (type == 0x0B) read_big_endian<uint16_t, int16_t>(data, t.data<int32_t>());
  if (type == 0x0C) read_big_endian<uint32_t, int32_t>(data, t.data<int32_t>());
  if (type == 0x0D) read_big_endian<uint32_t, float>(data, t.data<float>());
  if (type == 0x0E) read_big_endian<uint64_t, double>(data, t.data<double>());
  return t;
}

Tensor read_idx(const std::string& path) { return parse_idx(gunzip(read_file(path), path), path); }

}  // namespace grim
