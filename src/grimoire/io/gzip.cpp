#include "grimoire/io/gzip.h"

#include <memory>

#include <zlib.h>

#include "grimoire/base/error.h"

namespace grim {
namespace {

class Inflater {
 public:
  Inflater(std::string_view bytes, int window_bits) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    GRIM_CHECK(inflateInit2(&stream_, window_bits) == Z_OK, resource, "gzip", "no memory to unpack");
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  int run(char* out, size_t space, size_t& made) {
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(space);
    const int code = inflate(&stream_, Z_NO_FLUSH);
    made = space - stream_.avail_out;
    return code;
  }
  size_t left() const { return stream_.avail_in; }

 private:
  z_stream stream_{};
};

constexpr int kGzipWindow = 15 + 16, kRawWindow = -15;
constexpr size_t kPiece = size_t{1} << 18;

}  // namespace

std::string gunzip(std::string bytes, std::string_view source, size_t limit) {
  std::string out;
  std::string_view rest = bytes;
  bool packed = false;
  const auto piece = std::make_unique_for_overwrite<char[]>(kPiece);
  while (rest.size() >= 2 && rest[0] == '\x1f' && static_cast<unsigned char>(rest[1]) == 0x8b) {
    packed = true;
    GRIM_CHECK(rest.size() < (size_t{1} << 32), resource, "gzip", "{}: more than 4 GiB packed", source);
    Inflater inflater(rest, kGzipWindow);
    for (int code = Z_OK; code != Z_STREAM_END;) {
      size_t made = 0;
      code = inflater.run(piece.get(), kPiece, made);
      out.append(piece.get(), made);
      GRIM_CHECK(code == Z_OK || code == Z_STREAM_END, input, "gzip", "{}: damaged or cut after {} unpacked bytes", source, out.size());
      GRIM_CHECK(out.size() <= limit, resource, "gzip", "{}: unpacks to more than {} bytes", source, limit);
    }
    rest = rest.substr(rest.size() - inflater.left());
  }
  return packed ? out : bytes;
}

std::string inflate_raw(std::string_view bytes, size_t size, std::string_view source) {
  std::string out(size + 1, '\0');
  Inflater inflater(bytes, kRawWindow);
  size_t made = 0;
  const int code = inflater.run(out.data(), out.size(), made);
  GRIM_CHECK(code == Z_STREAM_END && made == size, input, "zip", "{}: damaged: {} bytes unpacked, expected {}", source, made, size);
  out.resize(size);
  return out;
}

}  // namespace grim
