// One rendering: what filters, tests, methods and functions need of it.
#pragma once

#include <functional>
#include <initializer_list>
#include <string_view>

#include "grimoire/text/jinja/value.h"

namespace grim::jinja {

struct Run {
  explicit Run(const Limits& limits) : meter(limits) {}
  ~Run() {
    for (const auto& space : spaces) space->members.clear();  // which may hold themselves
    for (const Value& v : loops) v.loop().last_seen.reset();
  }
  Meter meter;  // goes last: values give back to it
  std::vector<std::shared_ptr<Space>> spaces;
  std::vector<Value> loops;  // that remember values
  int depth = 0;
  struct Nested {  // throws: Fault, too deep
    explicit Nested(Run& r) : run(r) {
      if (++run.depth > run.meter.limits().run_depth) {
        --run.depth;
        throw Fault(str("more than {} levels of statements, expressions and macros inside one another", run.meter.limits().run_depth), ErrorKind::resource);
      }
    }
    ~Nested() { --run.depth; }
    Run& run;
  };

  Value text(std::string t, bool markup = false) { return make_text(meter, std::move(t), markup); }
  Value undefined(std::string why) { return make_undefined(meter, std::move(why)); }
  Value list(std::vector<Value> values, Sequence::Form form = Sequence::Form::list) { return make_sequence(meter, std::move(values), form); }
  Value list(const std::vector<std::string>& texts, bool markup = false);
};

// Arguments by the names of parameters; absent ones are null. throws: Fault, too many, twice, unknown, missing
std::vector<const Value*> bind(std::string_view function, const Arguments& a, std::initializer_list<const char*> parameters, size_t required = 0);
int64_t need_integer(const Value& v, std::string_view what);
const std::string& need_text(const Value& v, std::string_view what);
std::vector<Value> listed(Run& run, const Value& v);  // list(v)

Value make_function(Run& run, std::string name, std::function<Value(Run&, const Arguments&)> f);
Value call_value(Run& run, const Value& callee, Arguments arguments);
const Value* find_global(Run& run, std::string_view name, Value& storage);  // range, dict, namespace, raise_exception, strftime_now

// object.name and object[key], as the sandbox sees them: what is not there, or not allowed, is undefined.
Value attribute_of(Run& run, const Value& object, std::string_view name);
Value item_of(Run& run, const Value& object, const Value& key);
// object[begin:end:step], each of which may be null. throws: Fault, no sequence
Value slice_of(Run& run, const Value& object, const Value& begin, const Value& end, const Value& step);
// A method of a text, a list or a dictionary; null when there is none of this name.
std::optional<Value> method_of(Run& run, const Value& object, std::string_view name);

Value negated(const Value& v);
Value added(Run& run, const Value& a, const Value& b);
Value subtracted(const Value& a, const Value& b);
Value multiplied(Run& run, const Value& a, const Value& b);
Value divided(const Value& a, const Value& b);
Value floor_divided(const Value& a, const Value& b);
Value remainder(Run& run, const Value& a, const Value& b);  // of texts: printf-style formatting
Value powered(const Value& a, const Value& b);

// "%s" % values, and "{}".format(...); `escaping`: what is not escaped yet is, as where the format is markup.
std::string format_percent(Run& run, const std::string& format, const Value& values, bool escaping);
std::string format_braces(Run& run, const std::string& format, const Arguments& a, bool escaping);

Value apply_filter(Run& run, std::string_view name, const Value& v, const Arguments& a);
bool apply_test(Run& run, std::string_view name, const Value& v, const Arguments& a);
bool has_filter(std::string_view name);
bool has_test(std::string_view name);

}  // namespace grim::jinja
