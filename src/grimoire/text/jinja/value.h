// Values of the template language: Python's, as Jinja's sandbox shows them. Immutable but for namespaces and iterators.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grimoire/base/json.h"
#include "grimoire/text/jinja/meter.h"

namespace grim::jinja {

enum class Kind : uint8_t { undefined, none, boolean, integer, real, text, sequence, dict, space, loop, callable };

// What lives on the heap. It gives back to the meter what it took; `level` is how deep it nests, from 0.
struct Object {
  Object() = default;
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  virtual ~Object() {
    if (meter) meter->release(held);
  }
  Meter* meter = nullptr;
  size_t held = 0;
  int level = 0;
};
struct Text;
struct Sequence;
struct Dict;
struct Space;
struct Loop;
struct Callable;

class Value {
 public:
  Value() = default;  // none
  Value(bool v) : kind_(Kind::boolean), integer_(v) {}
  template <std::integral T> Value(T v) : kind_(Kind::integer), integer_(static_cast<int64_t>(v)) {}
  Value(double v) : kind_(Kind::real), real_(v) {}
  Value(Kind kind, std::shared_ptr<Object> object) : kind_(kind), object_(std::move(object)) {}

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }
  bool is_number() const { return kind_ == Kind::boolean || kind_ == Kind::integer || kind_ == Kind::real; }
  bool is_integer() const { return kind_ == Kind::boolean || kind_ == Kind::integer; }  // Python's bool is an int
  int64_t integer() const { return integer_; }                                          // of what is_integer()
  double real() const { return kind_ == Kind::real ? real_ : static_cast<double>(integer_); }  // of what is_number()
  bool boolean() const { return integer_ != 0; }
  const std::string& text() const;
  bool markup() const;  // a text that is escaped already
  const Sequence& sequence() const;
  const Dict& dict() const;
  Space& space() const;
  Loop& loop() const;
  Callable& callable() const;
  const std::string& why_undefined() const;
  const Object* identity() const { return object_.get(); }

 private:
  Kind kind_ = Kind::none;
  union {
    int64_t integer_ = 0;
    double real_;
  };
  std::shared_ptr<Object> object_;
};

struct Text : Object {
  std::string text;
  bool markup = false;
};
struct Sequence : Object {
  enum class Form : uint8_t { list, tuple, range, keys, values, items, iterator };
  Form form = Form::list;
  std::vector<Value> values;
  int64_t range[3] = {};       // first, end, step
  mutable size_t taken = 0;    // of an iterator, which is passed once
};
struct Dict : Object {
  std::vector<std::pair<Value, Value>> members;
  const Value* find(std::string_view key) const;
  const Value* find(Meter& meter, const Value& key) const;
};
struct Space : Object {  // namespace()
  std::vector<std::pair<std::string, Value>> members;
  const Value* find(std::string_view name) const;
};
struct Loop : Object {  // `loop` inside for
  std::vector<Value> values;
  size_t at = 0;
  int depth = 1;
  std::optional<std::vector<Value>> last_seen;  // by changed()
};
struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;
};
struct Run;
struct Callable : Object {
  virtual Value call(Run& run, Arguments arguments) = 0;
  std::string name;
};

Value make_text(Meter& meter, std::string text, bool markup = false);
Value constant_text(std::string text);  // of the template itself: not metered
Value make_undefined(Meter& meter, std::string why);
Value make_sequence(Meter& meter, std::vector<Value> values, Sequence::Form form = Sequence::Form::list);
Value make_range(Meter& meter, int64_t first, int64_t end, int64_t step);  // throws: Fault, more than 100,000 long
Value make_dict(Meter& meter, std::vector<std::pair<Value, Value>> members);  // of equal keys the last value stays, at the first one's place
Value from_json(Meter& meter, const Json& json);

// Takes what a new object needs and finds its level.
void admit(Meter& meter, Object& object, size_t bytes, int level = 0);

const char* type_name(const Value& v);  // as Python names it: "str", "NoneType"
bool is_true(const Value& v);
bool equal(Meter& meter, const Value& a, const Value& b);
bool less(Meter& meter, const Value& a, const Value& b, const char* symbol = "<");  // throws: Fault, no order
bool contains(Meter& meter, const Value& container, const Value& item);
int64_t length(Meter& meter, const Value& v);
bool is_iterable(const Value& v);
// The items of anything iterable, as a sequence; an iterator's are taken.
Value items_of(Meter& meter, const Value& v);
void need_hashable(const Value& v);

}  // namespace grim::jinja
