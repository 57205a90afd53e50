// What a value's names give: members, methods, and what the sandbox refuses.
#include <algorithm>

#include "grimoire/text/jinja/python_text.h"
#include "grimoire/text/jinja/run.h"

namespace grim::jinja {
namespace {

// Names that Python's types have and chat templates have no use for: calling them says so, and they hide a dictionary's key as they do there.
constexpr std::string_view kTextNames[] = {"casefold", "center", "encode", "expandtabs", "format_map", "isascii", "isdecimal", "isidentifier", "isprintable",
  "istitle", "maketrans", "swapcase", "translate"};
constexpr std::string_view kDictNames[] = {"fromkeys"};
constexpr std::string_view kNumberNames[] = {"as_integer_ratio", "bit_count", "bit_length", "conjugate", "denominator", "from_bytes", "fromhex", "hex", "imag",
  "is_integer", "numerator", "real", "to_bytes"};
constexpr std::string_view kDictChanges[] = {"clear", "pop", "popitem", "setdefault", "update"};
constexpr std::string_view kListChanges[] = {"append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove"};

template <class Names> bool among(std::string_view name, const Names& names) { return std::find(std::begin(names), std::end(names), name) != std::end(names); }

bool is_plain_list(const Value& v) { return v.is(Kind::sequence) && v.sequence().form == Sequence::Form::list; }

std::optional<Value> loop_attribute(Run& run, const Value& v, std::string_view name) {
  const Loop& loop = v.loop();
  const auto n = static_cast<int64_t>(loop.values.size()), at = static_cast<int64_t>(loop.at);
  if (name == "index") return at + 1;
  if (name == "index0") return at;
  if (name == "revindex") return n - at;
  if (name == "revindex0") return n - at - 1;
  if (name == "first") return at == 0;
  if (name == "last") return at == n - 1;
  if (name == "length") return n;
  if (name == "depth") return loop.depth;
  if (name == "depth0") return loop.depth - 1;
  if (name == "previtem") return at > 0 ? loop.values[loop.at - 1] : run.undefined("there is no previous item");
  if (name == "nextitem") return at + 1 < n ? loop.values[loop.at + 1] : run.undefined("there is no next item");
  if (name == "cycle") {
    return make_function(run, "cycle", [v](Run&, const Arguments& a) {
      if (a.positional.empty()) throw Fault("no items for cycling given");
      return a.positional[v.loop().at % a.positional.size()];
    });
  }
  if (name == "changed") {
    return make_function(run, "changed", [v](Run& r, const Arguments& a) {
      std::optional<std::vector<Value>>& last = v.loop().last_seen;
      const auto same = [&](const Value& x, const Value& y) { return equal(r.meter, x, y); };
      const bool changed = !last || !std::equal(last->begin(), last->end(), a.positional.begin(), a.positional.end(), same);
      if (!last) r.loops.push_back(v);
      if (changed) last = a.positional;
      return Value(changed);
    });
  }
  return std::nullopt;
}

// A name that Python finds on the object before it looks among the keys.
std::optional<Value> own_attribute(Run& run, const Value& object, std::string_view name) {
  const auto unsafe = [&] {
    return run.undefined(str("access to attribute '{}' of '{}' object is unsafe: a chat template may not change or open its values", name, type_name(object)));
  };
  if (object.is(Kind::dict) && among(name, kDictChanges)) return unsafe();
  if (is_plain_list(object) && among(name, kListChanges)) return unsafe();
  if (auto method = method_of(run, object, name)) return method;
  const bool number = object.is_number() && among(name, kNumberNames);
  if (number || (object.is(Kind::text) && among(name, kTextNames)) || (object.is(Kind::dict) && among(name, kDictNames))) {
    return make_function(run, std::string(name), [what = str("'{}' of '{}' objects is not supported in chat templates", name, type_name(object))](
      Run&, const Arguments&) -> Value { throw Fault(what); });
  }
  if (object.is(Kind::space)) {
    if (const Value* found = object.space().find(name)) return *found;
  }
  if (object.is(Kind::loop)) return loop_attribute(run, object, name);
  if (object.is(Kind::callable) && name == "name") return run.text(object.callable().name);
  const bool dunder = name.starts_with("__") && name.ends_with("__");
  if (dunder && !(object.is(Kind::dict) && object.dict().find(name))) return unsafe();
  return std::nullopt;
}

}  // namespace

Value attribute_of(Run& run, const Value& object, std::string_view name) {
  if (object.is(Kind::undefined)) throw Fault(object.why_undefined());
  if (auto own = own_attribute(run, object, name)) return *own;
  if (object.is(Kind::dict)) {
    run.meter.step(object.dict().members.size() / 16);
    if (const Value* found = object.dict().find(name)) return *found;
  }
  return run.undefined(str("'{} object' has no attribute '{}'", object.is(Kind::none) ? "None" : type_name(object), name));
}

Value Run::list(const std::vector<std::string>& texts, bool markup) {
  std::vector<Value> values;
  for (const std::string& t : texts) values.push_back(text(t, markup));
  return list(std::move(values));
}

namespace {

struct Function : Callable {
  std::function<Value(Run&, const Arguments&)> body;
  Value call(Run& run, Arguments arguments) override { return body(run, arguments); }
};

}  // namespace

Value make_function(Run& run, std::string name, std::function<Value(Run&, const Arguments&)> f) {
  auto made = std::make_shared<Function>();
  admit(run.meter, *made, sizeof(Function) + 64, 1);
  made->name = std::move(name);
  made->body = std::move(f);
  return Value(Kind::callable, std::move(made));
}

Value call_value(Run& run, const Value& callee, Arguments arguments) {
  if (callee.is(Kind::undefined)) throw Fault(callee.why_undefined());
  if (!callee.is(Kind::callable)) throw Fault(str("'{}' object is not callable", type_name(callee)));
  return callee.callable().call(run, std::move(arguments));
}

std::vector<const Value*> bind(std::string_view function, const Arguments& a, std::initializer_list<const char*> parameters, size_t required) {
  std::vector<const Value*> out(parameters.size());
  if (a.positional.size() > parameters.size()) {
    throw Fault(str("{}() takes at most {} arguments, got {}", function, parameters.size(), a.positional.size()));
  }
  for (size_t i = 0; i < a.positional.size(); ++i) out[i] = &a.positional[i];
  for (const auto& [name, value] : a.named) {
    const auto* known = std::find(parameters.begin(), parameters.end(), name);
    if (known == parameters.end()) throw Fault(str("{}() got an unexpected keyword argument '{}'", function, name));
    const Value*& slot = out[static_cast<size_t>(known - parameters.begin())];
    if (slot) throw Fault(str("{}() got multiple values for argument '{}'", function, name));
    slot = &value;
  }
  for (size_t i = 0; i < required; ++i) {
    if (!out[i]) throw Fault(str("{}() misses its argument '{}'", function, parameters.begin()[i]));
  }
  return out;
}

int64_t need_integer(const Value& v, std::string_view what) {
  if (v.is(Kind::undefined)) throw Fault(v.why_undefined());
  if (!v.is_integer()) throw Fault(str("{}: got {}, expected int", what, type_name(v)));
  return v.integer();
}

const std::string& need_text(const Value& v, std::string_view what) {
  if (v.is(Kind::undefined)) throw Fault(v.why_undefined());
  if (!v.is(Kind::text)) throw Fault(str("{}: got {}, expected str", what, type_name(v)));
  return v.text();
}

std::vector<Value> listed(Run& run, const Value& v) {
  const Value items = items_of(run.meter, v);
  run.meter.step(items.sequence().values.size());
  return items.sequence().values;
}

}  // namespace grim::jinja
