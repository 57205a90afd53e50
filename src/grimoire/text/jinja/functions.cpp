// Jinja's global functions, and those that transformers gives to chat templates.
#include <ctime>

#include "grimoire/base/clock.h"
#include "grimoire/text/jinja/python_text.h"
#include "grimoire/text/jinja/run.h"

namespace grim::jinja {
namespace {

Value range(Run& run, const Arguments& a) {
  if (!a.named.empty()) throw Fault("range() takes no keyword arguments");
  const auto v = bind("range", a, {"start", "stop", "step"}, 1);
  const int64_t first = need_integer(*v[0], "range()");
  if (!v[1]) return make_range(run.meter, 0, first, 1);
  return make_range(run.meter, first, need_integer(*v[1], "range()"), v[2] ? need_integer(*v[2], "range()") : 1);
}

// The members that dict(...) and namespace(...) are given: a mapping or pairs, and names.
std::vector<std::pair<Value, Value>> members_of(Run& run, const char* function, const Arguments& a) {
  if (a.positional.size() > 1) throw Fault(str("{} expected at most 1 argument, got {}", function, a.positional.size()));
  std::vector<std::pair<Value, Value>> members;
  if (!a.positional.empty() && a.positional[0].is(Kind::undefined)) throw Fault(a.positional[0].why_undefined());
  if (!a.positional.empty() && a.positional[0].is(Kind::dict)) {
    members = a.positional[0].dict().members;
  } else if (!a.positional.empty()) {
    for (const Value& pair : listed(run, a.positional[0])) {
      std::vector<Value> two = listed(run, pair);
      if (two.size() != 2) throw Fault(str("{}: an element has length {}, expected 2: a key and a value", function, two.size()));
      members.emplace_back(std::move(two[0]), std::move(two[1]));
    }
  }
  for (const auto& [name, value] : a.named) members.emplace_back(run.text(name), value);
  return members;
}

Value dict(Run& run, const Arguments& a) { return make_dict(run.meter, members_of(run, "dict", a)); }

Value raise_exception(Run& run, const Arguments& a) {
  const auto v = bind("raise_exception", a, {"message"}, 1);
  throw Fault(str("the template refuses these messages: {}", to_text(run.meter, *v[0])));
}

Value strftime_now(Run& run, const Arguments& a) {
  const std::string& format = need_text(*bind("strftime_now", a, {"format"}, 1)[0], "strftime_now()");
  const auto now = static_cast<std::time_t>(unix_milliseconds() / 1000);
  std::tm local{};
  localtime_r(&now, &local);
  char out[1024];
  const std::string marked = format + "|";  // so that nothing written is told from too much
  const size_t n = std::strftime(out, sizeof out, marked.c_str(), &local);
  if (n == 0) throw Fault(str("strftime_now() writes more than {} bytes", sizeof out), ErrorKind::resource);
  return run.text(std::string(out, n - 1));
}

}  // namespace

Value make_space(Run& run, const Arguments& a);

const Value* find_global(Run& run, std::string_view name, Value& storage) {
  constexpr std::pair<std::string_view, Value (*)(Run&, const Arguments&)> kFunctions[] = {
    {"range", range}, {"dict", dict}, {"namespace", make_space}, {"raise_exception", raise_exception}, {"strftime_now", strftime_now}};
  for (const auto& [known, function] : kFunctions) {
    if (known != name) continue;
    storage = make_function(run, std::string(name), function);
    return &storage;
  }
  constexpr std::string_view kOthers[] = {"lipsum", "cycler", "joiner"};
  for (const std::string_view other : kOthers) {
    if (other == name) throw Fault(str("the function '{}' is not supported in chat templates", name));
  }
  return nullptr;
}

Value make_space(Run& run, const Arguments& a) {
  auto made = std::make_shared<Space>();
  admit(run.meter, *made, sizeof(Space), 1);
  const Value members = make_dict(run.meter, members_of(run, "namespace", a));
  for (const auto& [key, value] : members.dict().members) {
    const std::string& name = need_text(key, "namespace()");
    if (name.starts_with('_')) throw Fault(str("a namespace cannot hold the name '{}': it begins with an underscore", name));
    made->members.emplace_back(name, value);
  }
  run.spaces.push_back(made);
  return Value(Kind::space, std::move(made));
}

}  // namespace grim::jinja
