#include "grimoire/text/jinja/value.h"

#include <algorithm>

#include "grimoire/base/utf8.h"

namespace grim::jinja {

const std::string& Value::text() const { return static_cast<const Text&>(*object_).text; }
bool Value::markup() const { return kind_ == Kind::text && static_cast<const Text&>(*object_).markup; }
const Sequence& Value::sequence() const { return static_cast<const Sequence&>(*object_); }
const Dict& Value::dict() const { return static_cast<const Dict&>(*object_); }
Space& Value::space() const { return static_cast<Space&>(*object_); }
Loop& Value::loop() const { return static_cast<Loop&>(*object_); }
Callable& Value::callable() const { return static_cast<Callable&>(*object_); }
const std::string& Value::why_undefined() const { return static_cast<const Text&>(*object_).text; }

namespace {

int level_of(const Value& v) { return v.identity() ? v.identity()->level : 0; }

template <class Members> int level_above(const Members& values) {
  int level = 0;
  for (const auto& v : values) level = std::max(level, level_of(v) + 1);
  return level;
}

}  // namespace

void admit(Meter& meter, Object& object, size_t bytes, int level) {
  if (level > meter.limits().value_depth) throw Fault(str("values nest more than {} deep", meter.limits().value_depth), ErrorKind::resource);
  object.level = level;
  constexpr size_t kUnseen = 48;  // what counts the owners, what the allocator adds
  meter.step();
  meter.hold(bytes + kUnseen);
  object.meter = &meter;
  object.held = bytes + kUnseen;
}

Value make_text(Meter& meter, std::string text, bool markup) {
  auto made = std::make_shared<Text>();
  admit(meter, *made, sizeof(Text) + text.size());
  made->text = std::move(text);
  made->markup = markup;
  return Value(Kind::text, std::move(made));
}

Value constant_text(std::string text) {
  auto made = std::make_shared<Text>();
  made->text = std::move(text);
  return Value(Kind::text, std::move(made));
}

Value make_undefined(Meter& meter, std::string why) {
  auto made = std::make_shared<Text>();
  admit(meter, *made, sizeof(Text) + why.size());
  made->text = std::move(why);
  return Value(Kind::undefined, std::move(made));
}

Value make_sequence(Meter& meter, std::vector<Value> values, Sequence::Form form) {
  auto made = std::make_shared<Sequence>();
  admit(meter, *made, sizeof(Sequence) + values.size() * sizeof(Value), level_above(values));
  meter.step(values.size() / 8);
  made->values = std::move(values);
  made->form = form;
  return Value(Kind::sequence, std::move(made));
}

Value make_range(Meter& meter, int64_t first, int64_t end, int64_t step) {
  constexpr int64_t kMost = 100'000;
  if (step == 0) throw Fault("range() arg 3 must not be zero");
  const auto apart = step > 0 ? static_cast<long double>(end) - first : static_cast<long double>(first) - end;
  if (apart / (step > 0 ? static_cast<long double>(step) : -static_cast<long double>(step)) > kMost) {
    throw Fault(str("range too big: the sandbox blocks ranges longer than {}", kMost), ErrorKind::resource);
  }
  std::vector<Value> values;
  if (apart > 0) {
    const int64_t n = static_cast<int64_t>((apart - 1) / (step > 0 ? static_cast<long double>(step) : -static_cast<long double>(step))) + 1;
    values.reserve(static_cast<size_t>(n));
    for (int64_t i = 0; i < n; ++i) values.emplace_back(first + i * step);
  }
  Value made = make_sequence(meter, std::move(values), Sequence::Form::range);
  auto& range = const_cast<Sequence&>(made.sequence()).range;
  range[0] = first, range[1] = end, range[2] = step;
  return made;
}

Value make_dict(Meter& meter, std::vector<std::pair<Value, Value>> members) {
  auto made = std::make_shared<Dict>();
  int level = 0;
  for (auto& [key, value] : members) {
    need_hashable(key);
    level = std::max(level, level_of(value) + 1);
    if (Value* known = const_cast<Value*>(made->find(meter, key))) *known = std::move(value);
    else made->members.emplace_back(std::move(key), std::move(value));
  }
  admit(meter, *made, sizeof(Dict) + made->members.size() * 2 * sizeof(Value), level);
  return Value(Kind::dict, std::move(made));
}

Value from_json(Meter& meter, const Json& json) {
  switch (json.kind()) {
    case Json::Kind::null: return {};
    case Json::Kind::boolean: return json.as_boolean();
    case Json::Kind::integer: return json.as_integer();
    case Json::Kind::real: return json.as_real();
    case Json::Kind::text: return make_text(meter, json.as_text());
    case Json::Kind::array: {
      std::vector<Value> values;
      for (const Json& v : json.items()) values.push_back(from_json(meter, v));
      return make_sequence(meter, std::move(values));
    }
    case Json::Kind::object: break;
  }
  auto made = std::make_shared<Dict>();  // its keys differ already
  int level = 0;
  for (size_t i = 0; i < json.size(); ++i) {
    made->members.emplace_back(make_text(meter, json.keys()[i]), from_json(meter, json.items()[i]));
    level = std::max(level, level_of(made->members.back().second) + 1);
  }
  admit(meter, *made, sizeof(Dict) + json.size() * 2 * sizeof(Value), level);
  return Value(Kind::dict, std::move(made));
}

const Value* Dict::find(std::string_view key) const {
  for (const auto& [k, v] : members) {
    if (k.is(Kind::text) && k.text() == key) return &v;
  }
  return nullptr;
}
const Value* Dict::find(Meter& meter, const Value& key) const {
  for (const auto& [k, v] : members) {
    if (equal(meter, k, key)) return &v;
  }
  return nullptr;
}
const Value* Space::find(std::string_view name) const {
  for (const auto& [k, v] : members) {
    if (k == name) return &v;
  }
  return nullptr;
}

const char* type_name(const Value& v) {
  switch (v.kind()) {
    case Kind::undefined: return "Undefined";
    case Kind::none: return "NoneType";
    case Kind::boolean: return "bool";
    case Kind::integer: return "int";
    case Kind::real: return "float";
    case Kind::text: return v.markup() ? "Markup" : "str";
    case Kind::dict: return "dict";
    case Kind::space: return "Namespace";
    case Kind::loop: return "LoopContext";
    case Kind::callable: return "function";
    case Kind::sequence: break;
  }
  constexpr const char* kForms[] = {"list", "tuple", "range", "dict_keys", "dict_values", "dict_items", "generator"};
  return kForms[static_cast<int>(v.sequence().form)];
}

bool is_true(const Value& v) {
  switch (v.kind()) {
    case Kind::undefined:
    case Kind::none: return false;
    case Kind::boolean:
    case Kind::integer: return v.integer() != 0;
    case Kind::real: return v.real() != 0;
    case Kind::text: return !v.text().empty();
    case Kind::sequence: return v.sequence().form == Sequence::Form::iterator || !v.sequence().values.empty();
    case Kind::dict: return !v.dict().members.empty();
    default: return true;
  }
}

namespace {

bool equal_sequences(Meter& meter, const Sequence& a, const Sequence& b) {
  if (a.form != b.form) return false;
  if (a.form == Sequence::Form::iterator || a.form == Sequence::Form::values) return &a == &b;
  const auto same = [&](const Value& x, const Value& y) { return equal(meter, x, y); };
  return a.values.size() == b.values.size() && std::equal(a.values.begin(), a.values.end(), b.values.begin(), same);
}

bool equal_dicts(Meter& meter, const Dict& a, const Dict& b) {
  if (a.members.size() != b.members.size()) return false;
  return std::all_of(a.members.begin(), a.members.end(), [&](const auto& member) {
    const Value* other = b.find(meter, member.first);
    return other && equal(meter, member.second, *other);
  });
}

// Exact for 64-bit integers against doubles too: a long double holds both.
int order_of(const Value& a, const Value& b) {
  const long double x = a.is(Kind::real) ? a.real() : static_cast<long double>(a.integer());
  const long double y = b.is(Kind::real) ? b.real() : static_cast<long double>(b.integer());
  return x < y ? -1 : x == y ? 0 : x > y ? 1 : 2;  // 2: not a number
}

}  // namespace

bool equal(Meter& meter, const Value& a, const Value& b) {
  meter.step();
  if (a.is_number() && b.is_number()) return order_of(a, b) == 0;
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::undefined:
    case Kind::none: return true;
    case Kind::text: meter.step(a.text().size() / 64); return a.text() == b.text();
    case Kind::sequence: return equal_sequences(meter, a.sequence(), b.sequence());
    case Kind::dict: return equal_dicts(meter, a.dict(), b.dict());
    default: return a.identity() == b.identity();
  }
}

bool less(Meter& meter, const Value& a, const Value& b, const char* symbol) {
  meter.step();
  if (a.is(Kind::undefined)) throw Fault(a.why_undefined());
  if (b.is(Kind::undefined)) throw Fault(b.why_undefined());
  if (a.is_number() && b.is_number()) return order_of(a, b) == -1;
  if (a.is(Kind::text) && b.is(Kind::text)) return a.text() < b.text();  // UTF-8 sorts by code points
  using Form = Sequence::Form;
  if (a.is(Kind::sequence) && b.is(Kind::sequence) && a.sequence().form == b.sequence().form && a.sequence().form <= Form::tuple) {
    const auto &x = a.sequence().values, &y = b.sequence().values;
    for (size_t i = 0; i < x.size() && i < y.size(); ++i) {
      if (!equal(meter, x[i], y[i])) return less(meter, x[i], y[i], symbol);
    }
    return x.size() < y.size();
  }
  throw Fault(str("'{}' not supported between instances of '{}' and '{}'", symbol, type_name(a), type_name(b)));
}

bool contains(Meter& meter, const Value& container, const Value& item) {
  switch (container.kind()) {
    case Kind::undefined: return false;
    case Kind::text:
      if (!item.is(Kind::text)) throw Fault(str("'in <string>' requires string as left operand, not {}", type_name(item)));
      meter.step(container.text().size() / 32);
      return container.text().find(item.text()) != std::string::npos;
    case Kind::dict: need_hashable(item); return container.dict().find(meter, item) != nullptr;
    case Kind::sequence: {
      const Sequence& s = container.sequence();
      for (size_t i = s.taken; i < s.values.size(); ++i) {
        if (s.form == Sequence::Form::iterator) s.taken = i + 1;
        if (equal(meter, s.values[i], item)) return true;
      }
      return false;
    }
    default: throw Fault(str("argument of type '{}' is not iterable", type_name(container)));
  }
}

int64_t length(Meter& meter, const Value& v) {
  switch (v.kind()) {
    case Kind::undefined: return 0;
    case Kind::text: meter.step(v.text().size() / 32); return count_code_points(v.text());
    case Kind::dict: return static_cast<int64_t>(v.dict().members.size());
    case Kind::loop: return static_cast<int64_t>(v.loop().values.size());
    case Kind::sequence:
      if (v.sequence().form != Sequence::Form::iterator) return static_cast<int64_t>(v.sequence().values.size());
      [[fallthrough]];
    default: throw Fault(str("object of type '{}' has no len()", type_name(v)));
  }
}

bool is_iterable(const Value& v) { return v.is(Kind::undefined) || v.is(Kind::text) || v.is(Kind::sequence) || v.is(Kind::dict) || v.is(Kind::loop); }

Value items_of(Meter& meter, const Value& v) {
  std::vector<Value> items;
  switch (v.kind()) {
    case Kind::undefined: break;
    case Kind::text:
      for (size_t at = 0; at < v.text().size();) {
        const size_t begin = at;
        next_code_point(v.text(), at);
        items.push_back(make_text(meter, v.text().substr(begin, at - begin)));
      }
      break;
    case Kind::dict:
      for (const auto& member : v.dict().members) items.push_back(member.first);
      break;
    case Kind::sequence: {
      const Sequence& s = v.sequence();
      if (s.form != Sequence::Form::iterator) return v;
      items.assign(s.values.begin() + static_cast<std::ptrdiff_t>(s.taken), s.values.end());
      s.taken = s.values.size();
      break;
    }
    default: throw Fault(str("'{}' object is not iterable", type_name(v)));
  }
  return make_sequence(meter, std::move(items));
}

void need_hashable(const Value& v) {
  const bool list = v.is(Kind::sequence) && v.sequence().form == Sequence::Form::list;
  if (list || v.is(Kind::dict)) throw Fault(str("unhashable type: '{}'", type_name(v)));
  if (v.is(Kind::sequence) && v.sequence().form == Sequence::Form::tuple) {
    for (const Value& item : v.sequence().values) need_hashable(item);
  }
}

}  // namespace grim::jinja
