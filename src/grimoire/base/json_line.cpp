#include "grimoire/base/json_line.h"

namespace grim {

void JsonLine::key(std::string_view name) {
  if (!empty_) part_ += ", ";
  empty_ = false;
  part_ += Json(name).dump() + ": ";
}

void JsonLine::write_if(bool due) {
  if (!due) return;
  write_(part_);
  part_.clear();
}

void JsonLine::member(std::string_view name, const Json& value) {
  key(name);
  part_ += value.dump();
  write_if(part_.size() >= kPart);
}

void JsonLine::list(std::string_view name, size_t n, const std::function<Json(size_t)>& item) {
  key(name);
  part_ += '[';
  for (size_t i = 0; i < n; ++i) {
    if (i) part_ += ", ";
    part_ += item(i).dump();
    write_if(part_.size() >= kPart);
  }
  part_ += ']';
}

void JsonLine::end() {
  part_ += "}\n";
  write_if(true);
}

}  // namespace grim
