// An object of JSON on one line that is too long to be held, as a tree or as text: member by member, a list item by item, it is written in parts that
// are, end to end, what Json::dump() makes of the whole.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "grimoire/base/json.h"

namespace grim {

class JsonLine {
 public:
  explicit JsonLine(std::function<void(const std::string& part)> write) : write_(std::move(write)) {}
  void member(std::string_view key, const Json& value);  // of keys that differ
  void list(std::string_view key, size_t n, const std::function<Json(size_t i)>& item);
  void end();  // the object, its line, and the last part

 private:
  static constexpr size_t kPart = size_t{1} << 16;  // bytes
  void key(std::string_view name);
  void write_if(bool due);

  std::function<void(const std::string&)> write_;
  std::string part_ = "{";
  bool empty_ = true;
};

}  // namespace grim
