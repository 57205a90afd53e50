#include "grimoire/io/reader.h"

#include "grimoire/base/error.h"

namespace grim {

void Reader::refuse(std::string_view what, const std::string& problem) const {
  fail(ErrorKind::input, "read", str("{}: at byte {}: {}: {}", file_, at_, what, problem));
}

void Reader::refuse_range(std::string_view what, const std::string& got, const std::string& low,
                          const std::string& high) const {
  refuse(what, str("got {}, expected {} to {}", got, low, high));
}

std::string_view Reader::take(uint64_t bytes, std::string_view what) {
  if (bytes > remaining()) refuse(what, str("the file ends too early: {} bytes needed, {} left", bytes, remaining()));
  const std::string_view taken = bytes_.substr(at_, bytes);
  at_ += bytes;
  return taken;
}

void Reader::align(uint64_t to, std::string_view what) {
  if (to == 0) refuse(what, "alignment: got 0");
  take((to - at_ % to) % to, what);
}

void Reader::expect(std::string_view magic, std::string_view what) {
  if (remaining() < magic.size() || bytes_.substr(at_, magic.size()) != magic)
    refuse(what, str("expected '{}'", magic));
  at_ += magic.size();
}

}  // namespace grim
