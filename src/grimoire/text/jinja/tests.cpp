// `x is name`: Jinja's tests.
#include <algorithm>

#include "grimoire/text/jinja/python_text.h"
#include "grimoire/text/jinja/run.h"

namespace grim::jinja {
namespace {

using Test = bool (*)(Run&, const Value&, const Arguments&);
struct Entry {
  std::string_view name;
  Test test;
  size_t arguments;
};

bool is_zero(const Value& v) { return v.is_number() && v.real() == 0; }
bool divides(Run& run, const Value& v, const Value& by) { return is_zero(remainder(run, v, by)); }
bool same(Run& run, const Value& a, const Value& b) { return equal(run.meter, a, b); }

bool is_sequence(const Value& v) {
  if (v.is(Kind::sequence)) return v.sequence().form <= Sequence::Form::range;
  return v.is(Kind::text) || v.is(Kind::dict) || v.is(Kind::undefined);
}

bool is_identical(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  return a.identity() ? a.identity() == b.identity() : a.is(Kind::real) ? false : a.integer() == b.integer();
}

bool not_above(Run& run, const Value& a, const Value& b, const char* sign) {
  return less(run.meter, a, b, sign) || same(run, a, b);
}

#define IS(...) [](Run & run, const Value& v, const Arguments& a) -> bool { (void)run, (void)v, (void)a; return __VA_ARGS__; }
constexpr Entry kTests[] = {
  {"defined", IS(!v.is(Kind::undefined)), 0},
  {"undefined", IS(v.is(Kind::undefined)), 0},
  {"none", IS(v.is(Kind::none)), 0},
  {"boolean", IS(v.is(Kind::boolean)), 0},
  {"true", IS(v.is(Kind::boolean) && v.boolean()), 0},
  {"false", IS(v.is(Kind::boolean) && !v.boolean()), 0},
  {"integer", IS(v.is(Kind::integer)), 0},
  {"float", IS(v.is(Kind::real)), 0},
  {"number", IS(v.is_number()), 0},
  {"string", IS(v.is(Kind::text)), 0},
  {"mapping", IS(v.is(Kind::dict)), 0},
  {"sequence", IS(is_sequence(v)), 0},
  {"iterable", IS(is_iterable(v)), 0},
  {"callable", IS(v.is(Kind::callable) || v.is(Kind::undefined) || v.is(Kind::loop)), 0},
  {"escaped", IS(v.markup()), 0},
  {"odd", IS(same(run, remainder(run, v, 2), 1)), 0},
  {"even", IS(divides(run, v, 2)), 0},
  {"divisibleby", IS(divides(run, v, a.positional[0])), 1},
  {"lower", IS(all_cased(to_text(run.meter, v), false)), 0},
  {"upper", IS(all_cased(to_text(run.meter, v), true)), 0},
  {"sameas", IS(is_identical(v, a.positional[0])), 1},
  {"in", IS(contains(run.meter, a.positional[0], v)), 1},
  {"filter", IS(v.is(Kind::text) && has_filter(v.text())), 0},
  {"test", IS(v.is(Kind::text) && has_test(v.text())), 0},
  {"eq", IS(same(run, v, a.positional[0])), 1},
  {"equalto", IS(same(run, v, a.positional[0])), 1},
  {"==", IS(same(run, v, a.positional[0])), 1},
  {"ne", IS(!same(run, v, a.positional[0])), 1},
  {"!=", IS(!same(run, v, a.positional[0])), 1},
  {"lt", IS(less(run.meter, v, a.positional[0])), 1},
  {"lessthan", IS(less(run.meter, v, a.positional[0])), 1},
  {"<", IS(less(run.meter, v, a.positional[0])), 1},
  {"gt", IS(less(run.meter, a.positional[0], v, ">")), 1},
  {"greaterthan", IS(less(run.meter, a.positional[0], v, ">")), 1},
  {">", IS(less(run.meter, a.positional[0], v, ">")), 1},
  {"le", IS(not_above(run, v, a.positional[0], "<=")), 1},
  {"<=", IS(not_above(run, v, a.positional[0], "<=")), 1},
  {"ge", IS(not_above(run, a.positional[0], v, ">=")), 1},
  {">=", IS(not_above(run, a.positional[0], v, ">=")), 1},
};
#undef IS

const Entry* entry_of(std::string_view name) {
  const Entry* found = std::find_if(std::begin(kTests), std::end(kTests), [&](const Entry& e) { return e.name == name; });
  return found == std::end(kTests) ? nullptr : found;
}

}  // namespace

bool has_test(std::string_view name) { return entry_of(name) != nullptr; }

bool apply_test(Run& run, std::string_view name, const Value& v, const Arguments& a) {
  const Entry* entry = entry_of(name);
  if (!entry) {
    std::vector<std::string> known;
    for (const Entry& e : kTests) known.emplace_back(e.name);
    throw Fault(str("no test is named '{}'", name), ErrorKind::input, did_you_mean(name, known));
  }
  if (a.positional.size() != entry->arguments || !a.named.empty()) throw Fault(str("the test '{}' takes {} argument(s)", name, entry->arguments));
  return entry->test(run, v, a);
}

}  // namespace grim::jinja
