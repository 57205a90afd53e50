#include "grimoire/generate/stop_finder.h"

#include <algorithm>

#include "grimoire/base/utf8.h"

namespace grim {

std::string StopFinder::text() const { return well_formed(std::string_view(text_).substr(0, found_)); }

void StopFinder::read(std::span<const int64_t> ids) {
  for (const int64_t id : ids) text_ += stream_.put(id);
  begun_ = given_ = text_.size();
}

void StopFinder::look(size_t from) {
  for (const std::string& s : stops_) found_ = std::min(found_, text_.find(s, std::max(begun_, from - std::min(from, s.size()))));
}

// The longest end of the text that is a part of a character, or that a stop begins with.
size_t StopFinder::waiting() const {
  size_t most = part_at_end(std::string_view(text_).substr(given_));
  for (const std::string& s : stops_)
    for (size_t n = std::min(s.size() - 1, text_.size() - given_); n > most; --n)
      if (text_.ends_with(std::string_view(s).substr(0, n))) most = n;
  return most;
}

std::string StopFinder::give(size_t end) {
  const size_t begin = std::min(given_, end);
  given_ = end;
  return well_formed(std::string_view(text_).substr(begin, end - begin));
}

std::string StopFinder::put(int64_t id) {
  const size_t before = text_.size();
  text_ += stream_.put(id);
  look(before);
  return give(found() ? found_ : text_.size() - waiting());
}

std::string StopFinder::rest() {
  const size_t before = text_.size();
  text_ += stream_.rest();
  look(before);
  return give(found() ? found_ : text_.size());
}

}  // namespace grim
