#include "grimoire/base/reader.h"

#include <algorithm>

#include "grimoire/base/error.h"

namespace grim {

void Reader::refuse(std::string_view what, const std::string& problem) const {
  fail(ErrorKind::input, "read", str("{}: at byte {}: {}: {}", file_, at_, what, problem));
}

void Reader::refuse_range(std::string_view what, const std::string& got, const std::string& low,
                          const std::string& high) const {
  refuse(what, str("got {}, expected {} to {}", got, low, high));
}

std::string_view Reader::ahead(uint64_t bytes) {
  constexpr uint64_t kPiece = 1 << 16;
  if (!from_) return bytes_.substr(at_, bytes);
  if (at_ < piece_at_ || at_ + bytes > piece_at_ + piece_.size()) {
    piece_.resize(std::min(std::max(bytes, kPiece), remaining()));
    piece_at_ = at_;
    from_->read_at(static_cast<int64_t>(at_), piece_.data(), piece_.size());
  }
  return std::string_view(piece_).substr(at_ - piece_at_, bytes);
}

void Reader::skip(uint64_t bytes, std::string_view what) {
  if (bytes > remaining()) refuse(what, str("the file ends too early: {} bytes needed, {} left", bytes, remaining()));
  at_ += bytes;
}

std::string_view Reader::take(uint64_t bytes, std::string_view what) {
  skip(bytes, what);
  at_ -= bytes;
  const std::string_view taken = ahead(bytes);
  at_ += bytes;
  return taken;
}

void Reader::align(uint64_t to, std::string_view what) {
  if (to == 0) refuse(what, "alignment: got 0");
  skip((to - at_ % to) % to, what);
}

void Reader::expect(std::string_view magic, std::string_view what) {
  if (remaining() < magic.size() || ahead(magic.size()) != magic) refuse(what, str("expected '{}'", magic));
  at_ += magic.size();
}

}  // namespace grim
