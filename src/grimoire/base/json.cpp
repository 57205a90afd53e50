#include "grimoire/base/json.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "grimoire/base/error.h"

namespace grim {

const char* name_of(Json::Kind kind) {
  constexpr const char* names[] = {"null", "boolean", "integer", "real", "text", "array", "object"};
  return names[static_cast<int>(kind)];
}

// --- building --------------------------------------------------------------------------------------------------------

Json Json::array(std::initializer_list<Json> items) {
  Json a;
  a.kind_ = Kind::array;
  a.items_ = items;
  return a;
}

Json Json::object(std::initializer_list<Member> members) {
  Json o;
  o.kind_ = Kind::object;
  for (const Member& m : members) o.set(m.first, m.second);
  return o;
}

void Json::set(std::string_view key, Json value) {
  if (kind_ == Kind::null) kind_ = Kind::object;
  if (kind_ != Kind::object) wrong_kind("object", "");
  const auto found = std::find(keys_.begin(), keys_.end(), key);
  if (found != keys_.end()) {
    items_[static_cast<size_t>(found - keys_.begin())] = std::move(value);
    return;
  }
  append(key, std::move(value));
}

void Json::append(std::string_view key, Json value) {
  if (kind_ == Kind::null) kind_ = Kind::object;
  if (kind_ != Kind::object) wrong_kind("object", "");
  keys_.emplace_back(key);
  items_.push_back(std::move(value));
}

void Json::push(Json value) {
  if (kind_ == Kind::null) kind_ = Kind::array;
  if (kind_ != Kind::array) wrong_kind("array", "");
  items_.push_back(std::move(value));
}

bool Json::operator==(const Json& other) const {
  return kind_ == other.kind_ && integer_ == other.integer_ && real_ == other.real_ && text_ == other.text_ &&
         keys_ == other.keys_ && items_ == other.items_;
}

// --- reading ---------------------------------------------------------------------------------------------------------

void Json::fail_here(const std::string& problem, std::string hint) const {
  fail(ErrorKind::input, "json", (source_ ? *source_ + ": " : "") + problem, std::move(hint));
}

void Json::wrong_kind(const char* expected, std::string_view key) const {
  fail_here((key.empty() ? "" : str("key '{}': ", key)) + str("got {}, expected {}", name_of(kind_), expected));
}

bool Json::boolean_or_fail(std::string_view key) const {
  if (kind_ != Kind::boolean) wrong_kind("boolean", key);
  return integer_ != 0;
}
int64_t Json::integer_or_fail(std::string_view key) const {
  if (kind_ != Kind::integer) wrong_kind("integer", key);
  return integer_;
}
double Json::real_or_fail(std::string_view key) const {
  if (kind_ == Kind::integer) return static_cast<double>(integer_);
  if (kind_ == Kind::text) {  // as write_real has them
    if (text_ == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (text_ == "Infinity" || text_ == "-Infinity") return std::copysign(std::numeric_limits<double>::infinity(), text_[0] == '-' ? -1 : 1);
  }
  if (kind_ != Kind::real) wrong_kind("number", key);
  return real_;
}
const std::string& Json::text_or_fail(std::string_view key) const {
  if (kind_ != Kind::text) wrong_kind("text", key);
  return text_;
}

bool Json::as_boolean() const { return boolean_or_fail(""); }
int64_t Json::as_integer(std::string_view key) const { return integer_or_fail(key); }
double Json::as_real() const { return real_or_fail(""); }
const std::string& Json::as_text() const { return text_or_fail(""); }

const Json& Json::operator[](size_t i) const {
  if (i >= items_.size()) fail_here(str("index {} outside an array of {}", i, items_.size()));
  return items_[i];
}

const Json* Json::find(std::string_view key) const {
  if (kind_ != Kind::object) wrong_kind("object", "");
  const auto found = std::find(keys_.begin(), keys_.end(), key);
  return found == keys_.end() ? nullptr : &items_[static_cast<size_t>(found - keys_.begin())];
}

const Json& Json::at(std::string_view key) const {
  if (const Json* value = find(key)) return *value;
  fail_here(str("key '{}' is missing", key), did_you_mean(key, keys_));
}

bool Json::boolean(std::string_view key) const { return at(key).boolean_or_fail(key); }
int64_t Json::integer(std::string_view key) const { return at(key).integer_or_fail(key); }
double Json::real(std::string_view key) const { return at(key).real_or_fail(key); }
const std::string& Json::text(std::string_view key) const { return at(key).text_or_fail(key); }
const std::vector<Json>& Json::list(std::string_view key) const {
  const Json& v = at(key);
  if (!v.is_array()) v.wrong_kind("array", key);
  return v.items_;
}

bool Json::boolean(std::string_view key, bool fallback) const {
  const Json* v = find(key);
  return v && !v->is_null() ? v->boolean_or_fail(key) : fallback;
}
int64_t Json::integer(std::string_view key, int64_t fallback) const {
  const Json* v = find(key);
  return v && !v->is_null() ? v->integer_or_fail(key) : fallback;
}
double Json::real(std::string_view key, double fallback) const {
  const Json* v = find(key);
  return v && !v->is_null() ? v->real_or_fail(key) : fallback;
}
std::string Json::text(std::string_view key, std::string_view fallback) const {
  const Json* v = find(key);
  return v && !v->is_null() ? v->text_or_fail(key) : std::string(fallback);
}

}  // namespace grim
