// Json: a JSON value as a plain tree. Objects keep the order of their keys; a duplicate key is refused when parsing.
// Values that came from a file remember its name, so that a wrong type reads "config.json: key 'n_head': got text,
// expected integer". Every getter throws Error(input).
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace grim {

class Json {
 public:
  enum class Kind : uint8_t { null, boolean, integer, real, text, array, object };
  using Member = std::pair<std::string_view, Json>;
  static constexpr int kMaxDepth = 128;

  Json() = default;  // null
  Json(bool v) : kind_(Kind::boolean), integer_(v) {}
  template <std::integral T> Json(T v) : kind_(Kind::integer), integer_(static_cast<int64_t>(v)) {}
  template <std::floating_point T> Json(T v) : kind_(Kind::real), real_(static_cast<double>(v)) {}
  Json(std::string_view v) : kind_(Kind::text), text_(v) {}
  Json(const std::string& v) : kind_(Kind::text), text_(v) {}
  Json(const char* v) : kind_(Kind::text), text_(v) {}
  static Json array(std::initializer_list<Json> items = {});
  static Json object(std::initializer_list<Member> members = {});  // {{"steps", 10}, {"rate", 0.1}}
  template <class Range> static Json array_of(const Range& range) {
    Json a = array();
    for (const auto& v : range) a.push(v);
    return a;
  }

  // The whole text must be one value, UTF-8, nested at most 128 deep, with at most max_values values in it (a value
  // takes about 120 bytes, so a hostile file could ask for 60 times its size). `source` names it in errors.
  // throws: input, "config.json: line 3, column 14: ..." where it is not JSON, columns in characters
  static Json parse(std::string_view text, std::string_view source = "json", size_t max_values = SIZE_MAX);

  // A large container that is not to become a tree: each of its values is shown as it is read, with its key in an object, and the container itself
  // stays empty; duplicate keys are for who takes them to find. `path` is its keys from the root on.
  struct Sink {
    std::vector<std::string> path;
    std::function<void(std::string_view key, const Json& value)> take;
  };
  static Json parse(std::string& text, std::string_view source, const std::vector<Sink>& sinks);  // the text keeps its contents and gets room behind them

  // Invalid UTF-8 is written as U+FFFD; reals keep every bit and a ".0". JSON has no numbers for NaN and the infinities: they are
  // written as the texts "NaN", "Infinity" and "-Infinity" (as protobuf's JSON mapping has them), which as_real() takes back, so that
  // none of them is lost or mistaken for null, which means that there is no value.
  std::string dump() const;         // one line: {"a": 1, "b": [1, 2]}
  std::string dump_pretty() const;  // two spaces a level, arrays of plain values on one line, newline at the end

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::null; }
  bool is_object() const { return kind_ == Kind::object; }
  bool is_array() const { return kind_ == Kind::array; }

  bool as_boolean() const;
  int64_t as_integer(std::string_view key = "") const;  // the key under which it stands, for a message
  double as_real() const;  // integers are taken too, and the texts of NaN and infinities
  const std::string& as_text() const;

  // Arrays and objects. items() of an object are its values, in the order of keys().
  size_t size() const { return items_.size(); }
  const std::vector<Json>& items() const { return items_; }
  const std::vector<std::string>& keys() const { return keys_; }
  const Json& operator[](size_t i) const;  // throws: outside

  // Members, found by looking through the keys: iterate when an object is large and all of it is wanted.
  const Json* find(std::string_view key) const;  // nullptr when missing
  const Json& at(std::string_view key) const;    // throws: missing, with the nearest key as a hint
  bool boolean(std::string_view key) const;
  int64_t integer(std::string_view key) const;
  double real(std::string_view key) const;
  const std::string& text(std::string_view key) const;
  const std::vector<Json>& list(std::string_view key) const;  // the items of an array
  // The same, or the fallback when the key is missing or null.
  bool boolean(std::string_view key, bool fallback) const;
  int64_t integer(std::string_view key, int64_t fallback) const;
  double real(std::string_view key, double fallback) const;
  std::string text(std::string_view key, std::string_view fallback) const;

  void set(std::string_view key, Json value);  // replaces or appends; null becomes an object
  void append(std::string_view key, Json value);  // as set, for a key that is known to be new (large objects)
  void push(Json value);                       // null becomes an array

  bool operator==(const Json& other) const;  // the same tree; 1 and 1.0 differ

 private:
  friend struct JsonBuilder;
  [[noreturn]] void wrong_kind(const char* expected, std::string_view key) const;
  [[noreturn]] void fail_here(const std::string& problem, std::string hint = "") const;
  bool boolean_or_fail(std::string_view key) const;
  int64_t integer_or_fail(std::string_view key) const;
  double real_or_fail(std::string_view key) const;
  const std::string& text_or_fail(std::string_view key) const;
  void write(std::string& out, int level) const;  // level < 0: one line

  Kind kind_ = Kind::null;
  int64_t integer_ = 0;
  double real_ = 0;
  std::string text_;
  std::vector<Json> items_;
  std::vector<std::string> keys_;
  std::shared_ptr<const std::string> source_;
};

inline Json value_or_null(double v) { return v != v ? Json() : Json(v); }  // of what does not exist where v is NaN

const char* name_of(Json::Kind kind);

}  // namespace grim
