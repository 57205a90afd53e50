// The filters of texts and numbers, and the table of all of them.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "grimoire/text/jinja/filters.h"
#include "grimoire/text/jinja/python_text.h"

namespace grim::jinja {
namespace {

Value trim(Run& run, const Value& v, const Arguments& a) {
  const auto p = bind("trim", a, {"chars"});
  const std::string text = to_text(run.meter, v);
  const bool all = !p[0] || p[0]->is(Kind::none);
  return run.text(std::string(stripped(text, all ? std::nullopt : std::optional<std::string_view>(need_text(*p[0], "trim")), true, true)), v.markup());
}

template <std::string (*change)(std::string_view)> Value changed(Run& run, const Value& v, const Arguments& a) {
  bind("the filter", a, {});
  return run.text(change(to_text(run.meter, v)), v.markup() && change != title_words);
}

Value string(Run& run, const Value& v, const Arguments& a) {
  bind("string", a, {});
  return v.is(Kind::text) ? v : run.text(to_text(run.meter, v));
}

Value safe(Run& run, const Value& v, const Arguments& a) {
  bind("safe", a, {});
  return run.text(to_text(run.meter, v), true);
}

Value escape(Run& run, const Value& v, const Arguments& a) {
  bind("escape", a, {});
  return v.markup() ? v : run.text(escape_html(to_text(run.meter, v)), true);
}

Value replace(Run& run, const Value& v, const Arguments& a) {
  const auto p = bind("replace", a, {"old", "new", "count"}, 2);
  const auto plain = [&](const Value& t) { return run.text(to_text(run.meter, t)); };
  Arguments all{{plain(*p[0]), plain(*p[1])}, {}};
  if (p[2] && !p[2]->is(Kind::none)) all.positional.push_back(*p[2]);
  return call_value(run, *method_of(run, plain(v), "replace"), std::move(all));
}

Value indent(Run& run, const Value& v, const Arguments& a) {
  const auto p = bind("indent", a, {"width", "first", "blank"});
  const bool first = p[1] && is_true(*p[1]), blank = p[2] && is_true(*p[2]);
  std::string by(4, ' ');
  if (p[0] && p[0]->is(Kind::text)) {
    by = p[0]->text();
  } else if (p[0]) {
    const int64_t n = need_integer(*p[0], "indent");
    if (n > 10'000) throw Fault("an indent of more than 10,000 characters", ErrorKind::resource);
    by.assign(static_cast<size_t>(std::max<int64_t>(n, 0)), ' ');
  }
  const std::vector<std::string> lines = split_lines(need_text(v, "indent") + "\n");
  run.meter.hold(lines.size() * by.size());
  run.meter.release(lines.size() * by.size());
  std::string out = first ? by + lines[0] : lines[0];
  for (size_t i = 1; i < lines.size(); ++i) out += (blank || !lines[i].empty() ? "\n" + by : "\n") + lines[i];
  return run.text(std::move(out), v.markup());
}

Value tojson(Run& run, const Value& v, const Arguments& a) {
  const auto p = bind("tojson", a, {"ensure_ascii", "indent", "separators", "sort_keys"});
  JsonStyle style;
  style.ensure_ascii = p[0] && is_true(*p[0]);
  style.sort_keys = p[3] && is_true(*p[3]);
  if (p[1] && !p[1]->is(Kind::none)) {
    const int64_t n = p[1]->is(Kind::text) ? 0 : need_integer(*p[1], "tojson: indent");
    if (n > 1000) throw Fault("tojson: an indent of more than 1,000 characters", ErrorKind::resource);
    style.indent = p[1]->is(Kind::text) ? p[1]->text() : std::string(static_cast<size_t>(std::max<int64_t>(n, 0)), ' ');
    style.between_items = ",";
  }
  if (p[2] && !p[2]->is(Kind::none)) {
    const std::vector<Value> two = listed(run, *p[2]);
    if (two.size() != 2) throw Fault("tojson: separators: expected two texts");
    style.between_items = need_text(two[0], "tojson: separators");
    style.behind_key = need_text(two[1], "tojson: separators");
  }
  return run.text(to_json(run.meter, v, style));
}

Value format(Run& run, const Value& v, const Arguments& a) {
  if (!a.positional.empty() && !a.named.empty()) throw Fault("format: can't handle positional and keyword arguments at the same time");
  std::vector<std::pair<Value, Value>> members;
  for (const auto& [name, value] : a.named) members.emplace_back(run.text(name), value);
  const Value values = a.named.empty() ? run.list(a.positional, Sequence::Form::tuple) : make_dict(run.meter, std::move(members));
  return run.text(format_percent(run, to_text(run.meter, v), values, v.markup()), v.markup());
}

constexpr size_t kLongestNumber = 4300;  // Python's own limit for integers

// float(text): decimal digits with an exponent, "inf" and "nan", white space around, underscores between digits.
std::optional<double> real_of(std::string_view text) {
  if (text.size() > kLongestNumber) return std::nullopt;
  std::string t(stripped(text, std::nullopt, true, true));
  for (size_t i = 1; i + 1 < t.size(); ++i) {
    if (t[i] == '_' && std::isdigit(static_cast<unsigned char>(t[i - 1])) && std::isdigit(static_cast<unsigned char>(t[i + 1]))) t.erase(i--, 1);
  }
  const bool plus = t.size() > 1 && t[0] == '+' && t[1] != '-';
  double v = 0;
  const auto read = std::from_chars(t.data() + plus, t.data() + t.size(), v);
  if (read.ec == std::errc::result_out_of_range) return t.find("e-") != std::string::npos ? 0.0 : HUGE_VAL;
  if (read.ec != std::errc() || read.ptr != t.data() + t.size() || t.find('(') != std::string::npos) return std::nullopt;
  return v;
}

std::optional<int64_t> integer_of(std::string_view text, int64_t base) {
  if (base < 2 || base > 36) throw Fault("int: base must be between 2 and 36");
  if (text.size() > kLongestNumber) return std::nullopt;
  std::string t(stripped(text, std::nullopt, true, true));
  const bool negative = t.starts_with('-');
  if (negative || t.starts_with('+')) t.erase(0, 1);
  const char letter = t.size() > 2 && t[0] == '0' ? static_cast<char>(t[1] | 32) : '\0';
  if ((base == 16 && letter == 'x') || (base == 8 && letter == 'o') || (base == 2 && letter == 'b')) t.erase(0, 2);
  for (size_t i = 1; i + 1 < t.size(); ++i) {
    if (t[i] == '_') t.erase(i, 1);
  }
  if (t.empty() || t[0] == '-') return std::nullopt;
  if (negative) t.insert(0, "-");
  int64_t v = 0;
  const auto read = std::from_chars(t.data(), t.data() + t.size(), v, static_cast<int>(base));
  if (read.ec == std::errc::result_out_of_range && read.ptr == t.data() + t.size()) throw Fault("an integer of more than 64 bits");
  if (read.ec != std::errc() || read.ptr != t.data() + t.size()) return std::nullopt;
  return v;
}

Value integer(Run&, const Value& v, const Arguments& a) {
  const auto p = bind("int", a, {"default", "base"});
  const Value otherwise = p[0] ? *p[0] : Value(0);
  if (v.is(Kind::undefined)) throw Fault(v.why_undefined());
  if (v.is_integer()) return v.integer();
  std::optional<double> real = v.is(Kind::real) ? std::optional(v.real()) : std::nullopt;
  if (v.is(Kind::text)) {
    if (const auto whole = integer_of(v.text(), p[1] ? need_integer(*p[1], "int: base") : 10)) return *whole;
    real = real_of(v.text());
  }
  if (!real || !std::isfinite(*real)) return otherwise;
  if (std::fabs(*real) >= 9.2e18) throw Fault("an integer of more than 64 bits");
  return static_cast<int64_t>(*real);
}

Value real(Run&, const Value& v, const Arguments& a) {
  const auto p = bind("float", a, {"default"});
  const Value otherwise = p[0] ? *p[0] : Value(0.0);
  if (v.is(Kind::undefined)) throw Fault(v.why_undefined());
  if (v.is_number()) return v.real();
  const std::optional<double> read = v.is(Kind::text) ? real_of(v.text()) : std::nullopt;
  return read ? Value(*read) : otherwise;
}

Value absolute(Run&, const Value& v, const Arguments& a) {
  bind("abs", a, {});
  if (v.is(Kind::undefined)) throw Fault(v.why_undefined());
  if (!v.is_number()) throw Fault(str("bad operand type for abs(): '{}'", type_name(v)));
  if (v.is(Kind::real)) return std::fabs(v.real());
  return v.integer() < 0 ? negated(v) : Value(v.integer());
}

// Python rounds the decimal digits of a double, half to even where it lies exactly between.
double rounded(double v, int64_t digits) {
  if (!std::isfinite(v) || digits > 320) return v;
  if (digits < -310) return std::copysign(0.0, v);
  char text[700];
  if (digits < 0) {
    const double power = std::pow(10.0, static_cast<double>(-digits));
    return std::nearbyint(v / power) * power;
  }
  const auto end = std::to_chars(text, text + sizeof text, v, std::chars_format::fixed, static_cast<int>(digits)).ptr;
  double out = v;
  std::from_chars(text, end, out);
  return out;
}

Value round(Run& run, const Value& v, const Arguments& a) {
  const auto p = bind("round", a, {"precision", "method"});
  const int64_t digits = p[0] ? need_integer(*p[0], "round: precision") : 0;
  const std::string method = p[1] ? need_text(*p[1], "round: method") : "common";
  if (method != "common" && method != "ceil" && method != "floor") throw Fault("round: method must be common, ceil or floor");
  if (v.is(Kind::undefined)) throw Fault(v.why_undefined());
  if (!v.is_number()) throw Fault(str("round: got {}, expected a number", type_name(v)));
  if (method == "common") {
    if (!v.is_integer()) return rounded(v.real(), digits);
    if (digits >= 0) return v.integer();
    if (digits < -18) return 0;
    const int64_t power = powered(10, -digits).integer(), rest = remainder(run, v, power).integer(), floor = v.integer() - rest;
    const bool up = 2 * rest > power || (2 * rest == power && (floor / power) % 2 != 0);
    return up ? floor + power : floor;
  }
  const Value power = powered(10, digits);
  const double scaled = multiplied(run, v, power).real();
  if (!std::isfinite(scaled)) throw Fault("round: cannot convert float infinity or NaN to integer");
  return divided(method == "ceil" ? std::ceil(scaled) : std::floor(scaled), power);
}

constexpr FilterEntry kFilters[] = {
  {"trim", trim}, {"upper", changed<upper_text>}, {"lower", changed<lower_text>}, {"capitalize", changed<capitalize_text>}, {"title", changed<title_words>},
  {"string", string}, {"safe", safe}, {"escape", escape}, {"e", escape}, {"replace", replace}, {"indent", indent}, {"tojson", tojson}, {"format", format},
  {"int", integer}, {"float", real}, {"abs", absolute}, {"round", round},
};

const FilterEntry* entry_of(std::string_view name) {
  for (const std::span<const FilterEntry> table : {std::span<const FilterEntry>(kFilters), list_filters()}) {
    const auto found = std::find_if(table.begin(), table.end(), [&](const FilterEntry& e) { return e.name == name; });
    if (found != table.end()) return &*found;
  }
  return nullptr;
}

}  // namespace

bool has_filter(std::string_view name) { return entry_of(name) != nullptr; }

Value apply_filter(Run& run, std::string_view name, const Value& v, const Arguments& a) {
  const Run::Nested nested(run);  // map('map', ...)
  if (const FilterEntry* entry = entry_of(name)) return entry->apply(run, v, a);
  std::vector<std::string> known;
  for (const FilterEntry& e : kFilters) known.emplace_back(e.name);
  for (const FilterEntry& e : list_filters()) known.emplace_back(e.name);
  throw Fault(str("no filter is named '{}'", name), ErrorKind::input, did_you_mean(name, known));
}

}  // namespace grim::jinja
