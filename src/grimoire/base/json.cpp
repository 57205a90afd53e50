#include "grimoire/base/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>

#include <nlohmann/json.hpp>

#include "grimoire/base/error.h"

namespace grim {

const char* name_of(Json::Kind kind) {
  constexpr const char* names[] = {"null", "boolean", "integer", "real", "text", "array", "object"};
  return names[static_cast<int>(kind)];
}

// --- parsing ---------------------------------------------------------------------------------------------------------

// Takes the events of nlohmann's parser and builds the tree; `stack` holds the open arrays and objects.
struct JsonBuilder {
  std::string_view whole;
  std::shared_ptr<const std::string> source;
  size_t values_left;
  Json root = {};
  std::vector<Json> stack = {};
  std::vector<std::string> pending_keys = {};  // of the open objects that wait for a value
  const std::vector<Json::Sink>* sinks = nullptr;
  const Json::Sink* sink = nullptr;  // that of the innermost open container that has one
  size_t sink_depth = 0;             // of that container in `stack`, from 1
  Json shown = {};                   // to a sink: one value for all of them, since a vocabulary has hundreds of thousands

  [[noreturn]] void refuse(const std::string& problem) const {
    fail(ErrorKind::input, "json", *source + ": " + problem);
  }

  void count() {
    if (values_left-- == 0) refuse("too many values");
  }
  bool in_sink() const { return sink && stack.size() == sink_depth; }
  bool show(const Json& value) {
    const bool keyed = stack.back().kind_ == Json::Kind::object;
    sink->take(keyed ? std::string_view(pending_keys.back()) : std::string_view(), value);
    if (keyed) pending_keys.pop_back();
    return true;
  }
  bool add_integer(int64_t v) {
    if (!in_sink()) return add(v);
    count();
    shown.kind_ = Json::Kind::integer;
    shown.integer_ = v;
    return show(shown);
  }
  bool add_text(const std::string& v) {
    if (!in_sink()) return add(v);
    count();
    shown.kind_ = Json::Kind::text;
    shown.text_ = v;
    return show(shown);
  }
  bool add(Json value) {
    count();
    value.source_ = source;
    if (stack.empty()) {
      root = std::move(value);
    } else {
      if (in_sink()) return show(value);
      Json& open = stack.back();
      if (open.kind_ == Json::Kind::object) {
        open.keys_.push_back(std::move(pending_keys.back()));
        pending_keys.pop_back();
      }
      open.items_.push_back(std::move(value));
    }
    return true;
  }
  bool open(Json value) {
    if (stack.size() >= Json::kMaxDepth) refuse(str("nested deeper than {} levels", Json::kMaxDepth));
    stack.push_back(std::move(value));
    if (sinks && !sink)
      for (const Json::Sink& s : *sinks)
        if (s.path.size() + 1 == stack.size() && s.path == pending_keys) sink = &s, sink_depth = stack.size(), shown.source_ = source;
    return true;
  }
  bool close() {
    if (sink && stack.size() == sink_depth) sink = nullptr;
    Json done = std::move(stack.back());
    stack.pop_back();
    refuse_duplicates(done.keys_);
    return add(std::move(done));
  }
  void refuse_duplicates(const std::vector<std::string>& keys) const {
    std::vector<std::string_view> sorted(keys.begin(), keys.end());
    std::sort(sorted.begin(), sorted.end());
    const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
    if (twice != sorted.end()) refuse(str("key '{}' appears twice", *twice));
  }

  // The interface that nlohmann::json::sax_parse calls.
  bool null() { return add({}); }
  bool boolean(bool v) { return add(v); }
  bool number_integer(int64_t v) { return add_integer(v); }
  bool number_unsigned(uint64_t v) { return v <= INT64_MAX ? add_integer(static_cast<int64_t>(v)) : add(static_cast<double>(v)); }
  bool number_float(double v, const std::string&) { return add(v); }
  bool string(const std::string& v) { return add_text(v); }
  bool binary(nlohmann::json::binary_t&) { return false; }
  bool start_object(size_t) { return open(Json::object()); }
  bool end_object() { return close(); }
  bool start_array(size_t) { return open(Json::array()); }
  bool end_array() { return close(); }
  bool key(const std::string& name) {
    pending_keys.push_back(name);
    return true;
  }
  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception& e) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing ..."
    std::string detail = e.what();
    if (const size_t colon = detail.find(": "); colon != std::string::npos) detail.erase(0, colon + 2);
    if (detail.size() > 200) detail.replace(100, detail.size() - 200, " ... ");
    refuse_at(position > 0 ? position - 1 : 0, detail);
  }
  [[noreturn]] void refuse_at(size_t position, const std::string& problem) const {
    const std::string_view before = whole.substr(0, std::min(position, whole.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    refuse(str("line {}, column {}: {}", line, before.size() - line_start + 1, problem));
  }
};

namespace {

Json parsed(JsonBuilder builder) {
  // nlohmann's parser takes a NUL byte for the end and would overlook what follows.
  if (const size_t nul = builder.whole.find('\0'); nul != std::string_view::npos) builder.refuse_at(nul, "a NUL byte is not JSON");
  nlohmann::json::sax_parse(builder.whole.begin(), builder.whole.end(), &builder);
  return std::move(builder.root);
}

}  // namespace

Json Json::parse(std::string_view text, std::string_view source, size_t max_values) {
  return parsed({.whole = text, .source = std::make_shared<const std::string>(source), .values_left = max_values});
}

Json Json::parse(std::string_view text, std::string_view source, const std::vector<Sink>& sinks) {
  return parsed({.whole = text, .source = std::make_shared<const std::string>(source), .values_left = SIZE_MAX, .sinks = &sinks});
}

// --- writing ---------------------------------------------------------------------------------------------------------

namespace {

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void write_real(std::string& out, double v) {
  if (!std::isfinite(v)) {
    out += std::isnan(v) ? R"("NaN")" : v > 0 ? R"("Infinity")" : R"("-Infinity")";
    return;
  }
  char digits[32];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, v);
  out.append(digits, end);
  if (std::find_if(digits, end, [](char c) { return c == '.' || c == 'e'; }) == end) out += ".0";
}

}  // namespace

void Json::write(std::string& out, int level) const {
  switch (kind_) {
    case Kind::null: out += "null"; return;
    case Kind::boolean: out += integer_ ? "true" : "false"; return;
    case Kind::integer: out += std::to_string(integer_); return;
    case Kind::real: write_real(out, real_); return;
    case Kind::text: out += quoted(text_); return;
    default: break;
  }
  const bool object = kind_ == Kind::object;
  const bool nested =
      object || std::any_of(items_.begin(), items_.end(), [](const Json& v) { return v.kind_ >= Kind::array; });
  const bool rows = level >= 0 && nested && !items_.empty();
  const std::string line = rows ? "\n" + std::string(static_cast<size_t>(2 * level + 2), ' ') : "";
  out += object ? '{' : '[';
  for (size_t i = 0; i < items_.size(); ++i) {
    if (i) out += rows ? "," : ", ";
    out += line;
    if (object) out += quoted(keys_[i]) + ": ";
    items_[i].write(out, level < 0 ? level : level + 1);
  }
  if (rows) out += "\n" + std::string(static_cast<size_t>(2 * level), ' ');
  out += object ? '}' : ']';
}

std::string Json::dump() const {
  std::string out;
  write(out, -1);
  return out;
}

std::string Json::dump_pretty() const {
  std::string out;
  write(out, 0);
  return out + "\n";
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
int64_t Json::as_integer() const { return integer_or_fail(""); }
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
